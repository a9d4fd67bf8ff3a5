"""From a file to mono samples at the recogniser's rate, in one pass and bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from selfverify.audio.samples import RECOGNISER_RATE, SILENCE_DB
from selfverify.errors import InputError
from selfverify.scoring.decoding import Source, decode

CANCELLED = 0.01  # power of the mean against the loudest channel; mono in 7.1 has 1/64
MAX_HEARD_S = 3600.0  # of a file; 230 MB of samples


@dataclass(frozen=True)
class Opened:
    """A file's samples and its measures."""

    audio: np.ndarray  # mono float32 (num_samples,) at RECOGNISER_RATE, MAX_HEARD_S at most
    duration_s: float  # of the whole file
    rms_db: float  # likewise
    preparation: str  # what was done to the samples, empty if nothing


@dataclass
class _Totals:
    """Running sums over a file."""

    num_samples: int = 0
    mono: float = 0.0  # power
    channels: np.ndarray | None = None  # power of each
    peak: float = 0.0

    def add(self, block: np.ndarray, mono: np.ndarray) -> None:
        if not (np.isfinite(block).all() and np.isfinite(mono).all()):
            raise InputError("unreadable audio: samples that are no finite numbers")
        power = np.square(block, dtype=np.float64).sum(axis=0)
        self.channels = power if self.channels is None else self.channels + power
        self.mono += float(np.square(mono, dtype=np.float64).sum())
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
        self.num_samples += len(block)


def open_audio(path: Path) -> Opened:
    """Returns a file's samples as one channel at `RECOGNISER_RATE`.

    Channels are averaged; where that cancels them out (`CANCELLED`), the loudest one is taken. Of a
    file longer than `MAX_HEARD_S` the samples after that are measured and not kept.

    Raises:
        InputError: if it is no audio (`scoring.decoding`), or has samples that are no numbers.
    """
    opened, totals = _read(path, None)
    channels = totals.channels
    if channels is not None and totals.mono < CANCELLED * channels.max():
        return _read(path, int(channels.argmax()))[0]
    return opened


def measure_seconds(path: Path) -> float:
    """Returns how long a file is, as `open_audio` measures it; errors as of `scoring.decoding`."""
    with decode(path) as source:
        return sum(map(len, source.blocks)) / source.sample_rate


def _read(path: Path, channel: int | None) -> tuple[Opened, _Totals]:
    totals, max_samples = _Totals(), int(MAX_HEARD_S * RECOGNISER_RATE)
    parts, num_kept = [], 0
    with decode(path) as source:
        for part in _resampled(source, channel, totals):
            kept = part[: max_samples - num_kept]
            parts.append(kept)
            num_kept += len(kept)
    power = totals.mono / max(totals.num_samples, 1)
    return Opened(
        audio=np.concatenate(parts) if parts else np.zeros(0, np.float32),
        duration_s=totals.num_samples / source.sample_rate,
        rms_db=max(10.0 * np.log10(power), SILENCE_DB) if power else SILENCE_DB,
        preparation="; ".join(_notes(source, channel, totals)),
    ), totals


def _resampled(source: Source, channel: int | None, totals: _Totals) -> Iterator[np.ndarray]:
    """One channel at `RECOGNISER_RATE`, block by block; all that is read goes into `totals`."""
    if source.sample_rate == RECOGNISER_RATE:
        yield from _mono(source, channel, totals)
        return
    stream = soxr.ResampleStream(source.sample_rate, RECOGNISER_RATE, 1, dtype="float32")
    for mono in _mono(source, channel, totals):
        yield stream.resample_chunk(mono)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _mono(source: Source, channel: int | None, totals: _Totals) -> Iterator[np.ndarray]:
    for block in source.blocks:
        with np.errstate(over="ignore"):  # it is told as a bad row
            mono = block.mean(axis=1) if channel is None else block[:, channel]
        totals.add(block, mono)
        yield np.ascontiguousarray(mono)


def _notes(source: Source, channel: int | None, totals: _Totals) -> Iterator[str]:
    yield from source.notes
    num_channels = 0 if totals.channels is None else len(totals.channels)
    if channel is not None:
        yield f"channel {channel + 1} of {num_channels} alone, their mean cancels"
    elif num_channels > 1:
        yield f"mean of {num_channels} channels"
    if source.sample_rate != RECOGNISER_RATE:
        yield f"resampled from {source.sample_rate} Hz"
    if totals.peak > 1.0:
        beyond_db = 20 * np.log10(totals.peak)
        shown = f"{beyond_db:.1f}" if beyond_db >= 0.05 else "less than 0.1"
        yield f"{shown} dB beyond full scale, lowered"
    if totals.num_samples > MAX_HEARD_S * source.sample_rate:
        yield f"the first {MAX_HEARD_S:.0f} s heard alone"
