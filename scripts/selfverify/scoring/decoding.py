"""Audio files block by block: what libsndfile reads by it, all other kinds by FFmpeg (PyAV)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_COPY, mmap
from pathlib import Path
from typing import Any

import av
import av.container
import av.error
import numpy as np
import soundfile as sf

from selfverify.errors import InputError
from selfverify.scoring.headers import check_ogg, close_wav, tells_length

BLOCK = 2**18  # samples per channel
# Headers of these say how long the stream is; of other kinds FFmpeg may have guessed it.
TELL_DURATION = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
MAX_MISSING_S = 0.5  # of what a header says; encoders pad, players cut


@dataclass(frozen=True)
class Source:
    """A file that is being read."""

    sample_rate: int  # Hz
    blocks: Iterator[np.ndarray]  # float32, (num_samples, num_channels)
    notes: tuple[str, ...] = ()  # what had to be done to read it


@contextmanager
def decode(path: Path) -> Iterator[Source]:
    """Opens an audio file: WAV, FLAC, MP3 or Ogg, else what FFmpeg reads, such as M4A or WebM.

    A WAV whose header was never closed is read to the end of the file.

    Raises:
        InputError: here or from the blocks, if it is no audio, or cut short of what its header
            promises.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise InputError("unreadable audio: an empty file")
        with mmap(file.fileno(), 0, access=ACCESS_COPY) as data:
            file_like: Any = data  # it reads, seeks and tells, which is all that is asked for
            check_ogg(data)
            notes = ("header closed",) if close_wav(data) else ()
            try:
                sound = sf.SoundFile(file_like)
            except sf.LibsndfileError as error:
                reason = error.error_string
            else:
                with sound:
                    blocks = _of_libsndfile(sound, is_promised=tells_length(data))
                    yield Source(sound.samplerate, blocks, notes)
                return
    with _ffmpeg(path, reason) as source:
        yield source


def _of_libsndfile(sound: sf.SoundFile, *, is_promised: bool) -> Iterator[np.ndarray]:
    num_samples = 0
    try:
        # Read until there is no more: `sound.blocks` wants as many as the header says.
        while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
            num_samples += len(block)
            yield block
    except sf.LibsndfileError as error:
        raise InputError(f"unreadable audio: {error.error_string}") from None
    if is_promised:
        _check_length(num_samples / sound.samplerate, sound.frames / sound.samplerate)


def _check_length(duration_s: float, promised_s: float) -> None:
    if promised_s > duration_s + MAX_MISSING_S:
        raise InputError(f"cut short: {duration_s:.1f} of {promised_s:.1f} s; write it again")


@contextmanager
def _ffmpeg(path: Path, reason: str) -> Iterator[Source]:
    """`reason` is what libsndfile has against the file."""
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, ValueError):
        raise InputError(f"unreadable audio: {reason}") from None
    with container:
        if not container.streams.audio:
            raise InputError(f"unreadable audio: {reason}")
        rate = container.streams.audio[0].rate
        name = container.format.name
        yield Source(rate, _of_ffmpeg(container), (f"decoded as {name.split(',')[0]}",))


def _of_ffmpeg(container: av.container.InputContainer) -> Iterator[np.ndarray]:
    stream = container.streams.audio[0]
    to_float = av.AudioResampler(format="fltp", rate=stream.rate)
    num_samples = 0
    try:
        for frame in container.decode(stream):
            for part in to_float.resample(frame):
                samples = part.to_ndarray().T
                num_samples += len(samples)
                yield samples
    except av.error.FFmpegError as error:
        raise InputError(f"unreadable audio: {error.strerror}") from None
    if container.format.name in TELL_DURATION:
        _check_length(num_samples / stream.rate, (container.duration or 0) / av.time_base)
