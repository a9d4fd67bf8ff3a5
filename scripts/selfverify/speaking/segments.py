"""Segments: while they are worked on, and spoken."""

from dataclasses import dataclass, field, replace

import numpy as np

from selfverify.speaking.text import TextSegment
from selfverify.speaking.verifying import JudgedTake, score_table
from selfverify.storage.records import StopReason
from selfverify.systems.base import SampledCodes


@dataclass(frozen=True)
class Segment:
    """A segment of a text, spoken: the take that is kept, and all that were tried."""

    text_id: str
    index: int  # within its text, from 0
    source: TextSegment
    is_last: bool  # of its text
    takes: tuple[JudgedTake, ...]
    kept: int  # index among the takes
    audio: np.ndarray  # float32 (num_samples,)
    sample_rate: int  # Hz

    @property
    def best(self) -> JudgedTake:
        """The take that is kept."""
        return self.takes[self.kept]

    @property
    def is_verified(self) -> bool:
        """Whether the verifier accepts what is kept."""
        return self.best.is_accepted


@dataclass
class Job:
    """A segment that is being worked on."""

    text_id: str
    index: int
    source: TextSegment
    is_last: bool
    expected_s: float
    takes: list[JudgedTake] = field(default_factory=list)

    @property
    def scores(self) -> np.ndarray:
        """Of its takes, by family, shape (k, F)."""
        return score_table(self.takes)


def cut(sampled: SampledCodes, num_frames: int) -> SampledCodes:
    """Returns what was sampled up to a number of frames, as if the cap had been there.

    What a batch with a longer text let go on longer is then the same as drawn alone.
    """
    if sampled.codes.shape[1] <= num_frames:
        return sampled
    return replace(sampled, codes=sampled.codes[:, :num_frames], stop_reason=StopReason.CAP)
