"""Audio files, the record beside each, and the manifest of a folder of them."""

import csv
import json
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from selfverify.errors import InputError
from selfverify.speaking.joining import with_pause
from selfverify.speaking.segments import Segment
from selfverify.speaking.setup import Setup, listing_sha256
from selfverify.speaking.speaker import Speaker
from selfverify.speaking.verifying import JudgedTake
from selfverify.storage.checkpoints import file_sha256
from selfverify.storage.files import atomic_path

FORMATS = {".wav": "WAV", ".flac": "FLAC", ".mp3": "MP3"}


class AudioWriter:
    """A file that grows by segments and has its name only once it is closed.

    Args:
        path: its suffix, a key of `FORMATS`, says the format.
        sample_rate: Hz.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.path, self.sample_rate = path, sample_rate
        self.segments: list[dict[str, Any]] = []
        self.num_samples = 0

    @contextmanager
    def open(self) -> Iterator["AudioWriter"]:
        """Yields the writer; an interrupt keeps the segments so far, an error nothing."""
        kept: KeyboardInterrupt | None = None
        audio_format = FORMATS[self.path.suffix.lower()]
        with (
            _as_input_error(self.path, sf.LibsndfileError),
            atomic_path(self.path) as temporary,
            sf.SoundFile(temporary, "w", self.sample_rate, channels=1, format=audio_format) as file,
        ):
            self._file = file
            try:
                yield self
            except KeyboardInterrupt as interrupt:
                if not self.segments:
                    raise
                kept = interrupt
            # A FLAC or an MP3 without a sample is no audio.
            if not self.num_samples and audio_format != "WAV":
                self.num_samples = self.sample_rate // 10
                file.write(np.zeros(self.num_samples))
        if kept:
            raise kept

    def add(self, segment: Segment) -> None:
        """Appends a segment and the pause after it; beyond ±1 samples are clipped."""
        audio = np.clip(with_pause(segment), -1.0, 1.0)
        start_s = self.num_samples / self.sample_rate
        end_s = (self.num_samples + len(audio)) / self.sample_rate
        times = {"start_s": round(start_s, 3), "end_s": round(end_s, 3)}
        with _interrupt_waits():
            # That all was written soundfile asserts.
            with _as_input_error(self.path, AssertionError):
                self._file.write(audio)
            self.num_samples += len(audio)
            self.segments.append(describe_segment(segment) | times)


@contextmanager
def _as_input_error(path: Path, kind: type[Exception]) -> Iterator[None]:
    """Of a full disk libsndfile says no more than "System error."."""
    try:
        yield
    except kind as error:
        raise InputError(
            f"{path} cannot be written ({error}); free some space, or choose another place with -o"
        ) from error


@contextmanager
def _interrupt_waits() -> Iterator[None]:
    """Lets Ctrl-C come after the block: samples without their record would be unexplained."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def describe_segment(segment: Segment) -> dict[str, Any]:
    """Returns what was tried for a segment and why one was kept, fit for JSON."""
    return {
        "text": segment.source.text,
        "pause": segment.source.pause.value,
        "verified": segment.is_verified,
        "kept": segment.kept,
        "takes": [_describe_take(take) for take in segment.takes],
    }


def _describe_take(judged: JudgedTake) -> dict[str, Any]:
    return {
        "seed": judged.take.seed,
        "temperature": judged.take.temperature,
        "failure_mode": judged.failure_mode.value,
        "cer": judged.cer,
        "heard": judged.hypothesis,
        "judged_by": judged.stage,
        "duration_s": round(judged.duration_s, 3),
    }


def write_sidecar(writer: AudioWriter, text_id: str, speaker: Speaker, num_segments: int) -> None:
    """Writes PATH.json: all that the same samples need, and what was tried."""
    record = {
        "audio": writer.path.name,
        "id": text_id,
        "audio_sha256": file_sha256(writer.path),
        "sample_rate": writer.sample_rate,
        "duration_s": round(writer.num_samples / writer.sample_rate, 3),
        "complete": len(writer.segments) == num_segments,
        "system": speaker.setup.name,
        "checkpoint_sha256": speaker.setup.checkpoint_sha256,
        "codec": speaker.setup.system["codec"],
        "codec_sha256": listing_sha256(speaker.setup.codec_checkpoint),
        "recognisers": speaker.recognisers,
        "verifier": speaker.verifier_name,
        "seed": speaker.seed,
        "temperature": speaker.start.temperature,
        "n": speaker.start.n,
        "policy": speaker.policy_name,
        "good_cer": speaker.start.good_cer,
        "retry_after": speaker.retry_after,
        "retry_temperature": speaker.retry_temperature,
        "draws_per_hearing": speaker.draws_per_hearing,
        "max_segment_s": speaker.max_segment_s,
        "started_from": speaker.start.source,
        "segments": writer.segments,
    }
    with atomic_path(sidecar_path(writer.path)) as temporary:
        text = json.dumps(record, indent=1, ensure_ascii=False)
        temporary.write_text(f"{text}\n", encoding="utf-8")


def sidecar_path(audio: Path) -> Path:
    """Returns where the record of an audio file is."""
    return audio.with_name(f"{audio.name}.json")


def write_manifest(folder: Path, rows: Iterable[dict[str, str]]) -> Path:
    """Writes manifest.csv, which `selfverify score` reads, and returns its path."""
    path = folder / "manifest.csv"
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["audio", "text", "id", "system", "verified"])
        table.writeheader()
        table.writerows(rows)
    return path


def remove_audio(path: Path) -> None:
    """Removes audio and record of a run before, so that they cannot be taken for this one's."""
    for old in (path, sidecar_path(path)):
        old.unlink(missing_ok=True)


def check_writable(out: Path, *, is_folder: bool) -> None:
    """Tries to write where output will go, before any work; leaves nothing there.

    Raises:
        InputError: if the suffix is no format's, or nothing can be written there.
    """
    if not is_folder and out.suffix.lower() not in FORMATS:
        raise InputError(f"{out}: audio is written as {', '.join(FORMATS)}; choose one as suffix")
    folder = out if is_folder else out.parent
    try:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        probe = existing / f".{out.name}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}; choose another place with -o") from None


def shown_start(setup: Setup, speaker: Speaker) -> str:
    """Returns a line on what is spoken with."""
    start = speaker.start
    good = f", at most {start.good_cer:.0%} of characters wrong"
    few = speaker.draws_per_hearing
    drawn = f"takes (each the least unsure of {few} draws)" if few > 1 else "draws"
    end = {"good": f" until one is good{good}", "accepted": " until one is accepted"}
    return (
        f"{setup.name}, {speaker.sample_rate} Hz, temperature {start.temperature:g}, at most "
        f"{start.n} {drawn}{end.get(speaker.policy_name, '')} ({start.source}); "
        f"verified by {' and '.join(speaker.recognisers)}"
    )
