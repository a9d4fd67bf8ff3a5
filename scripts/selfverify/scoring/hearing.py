"""From files to measures and transcripts: all of scoring that needs samples or a model.

Each clip's result is appended to a file at once, under a key made of its bytes and of what heard
it, so that a killed run goes on where it was, whatever became of the table in between.
"""

import hashlib
import json
import os
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path

from selfverify.asr.base import Hypothesis, Recogniser
from selfverify.asr.clips import transcribe_batches
from selfverify.audio.samples import RECOGNISER_RATE, encode_flac
from selfverify.errors import InputError
from selfverify.scoring.opening import Opened, open_audio
from selfverify.scoring.outputs import writing
from selfverify.scoring.preparation import prepare
from selfverify.scoring.rows import BadRow, Row, printable
from selfverify.storage.records import Clip, StopReason
from selfverify.workflow.progress import progress

BATCHES_AT_ONCE = 8  # sorted by length together; so many batches of samples are held in memory
MAX_BYTES = 2**27  # of compressed samples, likewise: an hour or two of speech


@dataclass(frozen=True)
class Heard:
    """What was measured and heard in a clip."""

    key: str  # SHA-256 over the file and what heard it
    duration_s: float
    speech_s: float
    rms_db: float
    hypothesis: str
    preparation: str = ""  # what was done to the file's samples
    avg_logprob: float = nan  # the recogniser's own confidence, mean over tokens, nats


def read_finished(path: Path) -> dict[str, Heard]:
    """Returns what a killed run had heard, by key, and cuts off a line that it was writing.

    Raises:
        InputError: if the file cannot be read or cut, or is no such file.
    """
    with writing(path):
        if not path.exists():
            return {}
        data = path.read_bytes()
        end = data.rfind(b"\n") + 1
        os.truncate(path, end)
    try:
        finished = [Heard(**json.loads(line)) for line in data[:end].splitlines()]
    except (ValueError, TypeError):
        raise InputError(f"{path}: not what a killed run left; remove it and run again") from None
    return {heard.key: heard for heard in finished}


def hear_rows(
    recogniser: Recogniser,
    rows: Sequence[Row],
    *,
    finished: dict[str, Heard],
    partial: Path,
    identity: str,
    min_speech_s: float,
) -> tuple[dict[int, Heard], list[BadRow]]:
    """Returns what was heard by row number, and the rows whose audio cannot be read.

    Args:
        recogniser: what listens.
        rows: of the manifest.
        finished: by key, never heard again; what is new is added.
        partial: file that what is new is appended to at once.
        identity: of the recogniser, part of each key.
        min_speech_s: a clip with less speech is not shown to the recogniser.

    Raises:
        InputError: if `partial` cannot be written.
    """
    keys: dict[int, str] = {}
    bad: list[BadRow] = []
    bar = progress(name="score", total=len(rows), unit="clip")
    opened = _Opening(identity, finished, keys, bad)
    for num_rows, clips, notes in opened.chunks(rows, BATCHES_AT_ONCE * recogniser.batch_size):
        bar.update(num_rows - len(clips))
        results = transcribe_batches(recogniser, clips, min_speech_s=min_speech_s)
        for index, hypothesis in results:
            heard = _heard(clips[index], hypothesis, notes[index])
            _keep(heard, partial)
            finished[heard.key] = heard
            bar.update()
    bar.close()
    return {row: finished[key] for row, key in keys.items()}, bad


@dataclass(frozen=True)
class _Opening:
    """Rows to clips that are still to be heard; every row goes into `keys` or into `bad`."""

    identity: str
    finished: dict[str, Heard]
    keys: dict[int, str]
    bad: list[BadRow]

    def chunks(
        self, rows: Sequence[Row], max_rows: int
    ) -> Iterator[tuple[int, list[Clip], list[str]]]:
        """Rows so far, clips, no two alike, and what was done to each, within the bounds."""
        clips: dict[str, tuple[Clip, str]] = {}
        num_rows = num_bytes = 0
        for row in rows:
            num_rows += 1
            if found := self._open(row, clips):
                clip, note = found
                clips[clip.utterance_id] = clip, note
                num_bytes += len(clip.audio["bytes"]) if clip.audio else 0
            if num_rows == max_rows or num_bytes > MAX_BYTES:
                yield num_rows, *_columns(clips)
                clips, num_rows, num_bytes = {}, 0, 0
        yield num_rows, *_columns(clips)

    def _open(self, row: Row, known: Container[str]) -> tuple[Clip, str] | None:
        try:
            key = _key(row.path, self.identity)
            new = key not in self.finished and key not in known
            found = _clip(key, open_audio(row.path)) if new else None
            self.keys[row.row] = key
        except (InputError, OSError) as error:
            self.bad.append(BadRow(row.row, row.audio, printable(error)))
            return None
        return found


def _keep(heard: Heard, partial: Path) -> None:
    """Appends a line. The file is opened for it alone: closing writes again what failed before."""
    with writing(partial), partial.open("a") as log:
        print(json.dumps(asdict(heard)), file=log)


def _columns(clips: dict[str, tuple[Clip, str]]) -> tuple[list[Clip], list[str]]:
    return [clip for clip, _ in clips.values()], [note for _, note in clips.values()]


def _key(path: Path, identity: str) -> str:
    digest = hashlib.sha256(identity.encode())
    with path.open("rb") as file:
        while data := file.read(2**20):
            digest.update(data)
    return digest.hexdigest()


def _clip(key: str, opened: Opened) -> tuple[Clip, str]:
    """What is shown to the recogniser, with the measures of the file, and what was done to it."""
    shown, speech_s = prepare(opened.audio)
    clip = Clip(
        utterance_id=key,
        candidate_index=0,
        audio={"bytes": encode_flac(shown, RECOGNISER_RATE), "path": None} if shown.size else None,
        sample_rate=RECOGNISER_RATE,
        duration_s=opened.duration_s,
        speech_s=speech_s,
        rms_db=opened.rms_db,
        stop_reason=StopReason.EOS,
    )
    return clip, opened.preparation


def _heard(clip: Clip, hypothesis: Hypothesis, preparation: str) -> Heard:
    return Heard(
        clip.utterance_id, clip.duration_s, clip.speech_s, clip.rms_db, hypothesis.text,
        preparation, hypothesis.avg_logprob,
    )  # fmt: skip
