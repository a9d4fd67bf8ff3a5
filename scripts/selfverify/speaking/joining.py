"""Segments to one clip: silence trimmed where they meet, pauses between them.

A text's own ends stay as they were heard: cut close, a short clip is heard otherwise, and what was
verified would not be what is written.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from selfverify.speaking.text import Pause, TextSegment

# Seconds, a convention: a breath at a comma, a longer one at a full stop, the longest before a new
# paragraph.
PAUSES_S = {Pause.NONE: 0.0, Pause.CLAUSE: 0.15, Pause.SENTENCE: 0.4, Pause.PARAGRAPH: 0.8}
EDGE_S = 0.05  # kept around speech, so that soft consonants stay
FLOOR_DB = -40.0  # below the loudest 10 ms: silence
BLOCK_S = 0.01


class Spoken(Protocol):
    """What joining needs of a segment."""

    @property
    def source(self) -> TextSegment:
        """What text it speaks."""
        ...

    @property
    def index(self) -> int:
        """Within its text, from 0."""
        ...

    @property
    def is_last(self) -> bool:
        """Whether its text ends there."""
        ...

    @property
    def audio(self) -> np.ndarray:
        """Samples, float32 of shape (num_samples,)."""
        ...

    @property
    def sample_rate(self) -> int:
        """Hz."""
        ...


def trim_silence(
    audio: np.ndarray, sample_rate: int, *, start: bool = True, end: bool = True
) -> np.ndarray:
    """Returns mono audio (num_samples,) without silence at its ends, but for `EDGE_S` of it.

    Args:
        audio: float samples.
        sample_rate: Hz.
        start: whether to trim there.
        end: likewise.
    """
    block = round(BLOCK_S * sample_rate)
    num_blocks = len(audio) // block
    if not num_blocks:
        return audio
    blocks = audio[: num_blocks * block].reshape(num_blocks, block)
    power = np.square(blocks, dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (FLOOR_DB / 10))
    if not loud.size:
        return audio[:0] if start and end else audio
    edge = round(EDGE_S * sample_rate)
    first = max(0, loud[0] * block - edge) if start else 0
    last = (loud[-1] + 1) * block + edge if end else len(audio)
    return audio[first:last]


def with_pause(segment: Spoken) -> np.ndarray:
    """Returns a segment's audio with the pause after it, trimmed where it meets another."""
    audio = trim_silence(
        segment.audio, segment.sample_rate, start=segment.index > 0, end=not segment.is_last
    )
    pause_s = 0.0 if segment.is_last else PAUSES_S[segment.source.pause]
    return np.pad(audio, (0, round(pause_s * segment.sample_rate)))


def join_audio(segments: Sequence[Spoken]) -> np.ndarray:
    """Returns the segments of one text as one clip, float32 (num_samples,)."""
    return np.concatenate([with_pause(segment) for segment in segments])
