"""From files to measures and transcripts: all of scoring that needs samples or a model.

Each clip's result is appended to a file at once, under a key made of its bytes and of what heard
it, so that a killed run goes on where it was, whatever became of the table in between.
"""

import hashlib
import io
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path

import numpy as np
import soundfile as sf

from selfverify.asr.base import Hypothesis, Recogniser
from selfverify.asr.clips import transcribe_batches
from selfverify.audio.clips import describe_clip
from selfverify.errors import InputError
from selfverify.scoring.manifest import BadRow, Row
from selfverify.scoring.wav import close_wav
from selfverify.storage.records import Clip
from selfverify.workflow.progress import progress

BATCHES_AT_ONCE = 8  # sorted by length together; so many batches of samples are held in memory
CANCELLED = 0.01  # power of the mean against the loudest channel; mono in 7.1 has 1/64


@dataclass(frozen=True)
class Heard:
    """What was measured and heard in a clip."""

    key: str  # SHA-256 over the file and what heard it
    duration_s: float
    speech_s: float
    rms_db: float
    hypothesis: str
    avg_logprob: float = nan  # the recogniser's own confidence, mean over tokens, nats


def read_audio(data: bytes) -> tuple[np.ndarray, int]:
    """Returns mono float32 samples (num_samples,) and the sample rate in Hz.

    Channels are averaged; where that cancels them out (`CANCELLED`), the loudest one is taken. A
    WAV whose header was never closed is read to the end of the file.

    Args:
        data: a file of any kind that libsndfile reads, such as WAV, FLAC, MP3 or Ogg.

    Raises:
        InputError: if it is none, is cut short of what its header promises (WAV), or has samples
            that are no numbers.
    """
    try:
        audio, sample_rate = sf.read(io.BytesIO(close_wav(data)), dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise InputError(f"unreadable audio: {error.error_string}") from None
    if not np.isfinite(audio).all():
        raise InputError("unreadable audio: samples that are no finite numbers")
    return _mix(audio), sample_rate


def _mix(audio: np.ndarray) -> np.ndarray:
    """Mono of (num_samples, num_channels)."""
    mean = audio.mean(axis=1)
    power = np.square(audio, dtype=np.float64).sum(axis=0)
    if np.square(mean, dtype=np.float64).sum() < CANCELLED * power.max():
        return audio[:, power.argmax()]
    return mean


def read_finished(path: Path) -> dict[str, Heard]:
    """Returns what a killed run had heard, by key, and cuts off a line that it was writing."""
    if not path.exists():
        return {}
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    os.truncate(path, end)
    finished = [Heard(**json.loads(line)) for line in data[:end].splitlines()]
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
    """
    keys: dict[int, str] = {}
    bad: list[BadRow] = []
    bar = progress(name="score", total=len(rows), unit="clip")
    size = BATCHES_AT_ONCE * recogniser.batch_size
    with partial.open("a") as log:
        for start in range(0, len(rows), size):
            chunk = rows[start : start + size]
            clips = _open(chunk, identity, finished, keys, bad)
            bar.update(len(chunk) - len(clips))
            results = transcribe_batches(recogniser, clips, min_speech_s=min_speech_s)
            for index, hypothesis in results:
                heard = _heard(clips[index], hypothesis)
                print(json.dumps(asdict(heard)), file=log, flush=True)
                finished[heard.key] = heard
                bar.update()
    bar.close()
    return {row: finished[key] for row, key in keys.items()}, bad


def _open(
    rows: Iterable[Row],
    identity: str,
    finished: dict[str, Heard],
    keys: dict[int, str],
    bad: list[BadRow],
) -> list[Clip]:
    """Clips that are still to be heard, no two alike; every row goes into `keys` or into `bad`."""
    clips: dict[str, Clip] = {}
    for row in rows:
        try:
            data = row.path.read_bytes()
            key = hashlib.sha256(identity.encode() + data).hexdigest()
            if key not in finished and key not in clips:
                clips[key] = describe_clip(key, 0, *read_audio(data))
            keys[row.row] = key
        except (InputError, OSError) as error:
            bad.append(BadRow(row.row, row.audio, str(error)))
    return list(clips.values())


def _heard(clip: Clip, hypothesis: Hypothesis) -> Heard:
    return Heard(
        clip.utterance_id, clip.duration_s, clip.speech_s, clip.rms_db, hypothesis.text,
        hypothesis.avg_logprob,
    )  # fmt: skip
