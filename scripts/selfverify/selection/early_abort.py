"""Candidates that are lost before they are heard: told from their codes, in seconds.

Two rules. Over-long is the metric's own runaway, so that what it ends could not have been accepted.
A cycle is the same frames, in every codebook, again and again without one exception: a sampler that
is stuck. Speech and its pauses do not do this for as long as `min_cycle_s`; on the clean references
neither rule fires once (6 clips so far, docs/speak.md).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AbortRules:
    """When to give a candidate up."""

    max_share: float = 2.5  # over-long: a multiple of the expected duration, the metric's runaway
    max_period_s: float = 0.5  # cycle: its longest period
    min_cycle_s: float = 1.0  # cycle: how long it has gone on without an exception
    min_periods: int = 3  # cycle: and how often it has been gone through


def over_long_s(expected_s: float, max_audio_s: float, rules: AbortRules) -> float:
    """Returns the seconds after which a candidate is over-long for its text, at most the cap."""
    return min(max_audio_s, rules.max_share * expected_s)


def cycle_end_s(codes: np.ndarray, frame_rate: float, rules: AbortRules) -> float | None:
    """Returns the second at which a cycle has gone on for too long, None where none does.

    Args:
        codes: shape (K, T).
        frame_rate: of the codes, Hz.
        rules: the limits.
    """
    num_frames = codes.shape[1]
    ends = []
    for period in range(1, min(num_frames, int(rules.max_period_s * frame_rate)) + 1):
        same = (codes[:, period:] == codes[:, :-period]).all(axis=0)
        # `needed` frames in a row equal to those a period before: with these, the whole cycle.
        needed = (
            max(int(np.ceil(rules.min_cycle_s * frame_rate)), rules.min_periods * period) - period
        )
        end = _first_run_end(same, max(1, needed))
        if end is not None:
            ends.append(end + period)
    return min(ends) / frame_rate if ends else None


def _first_run_end(flags: np.ndarray, length: int) -> int | None:
    """The end, exclusive, of the first run of `length` true flags."""
    if len(flags) < length:
        return None
    sums = np.convolve(flags, np.ones(length, dtype=int), mode="valid")
    full = np.flatnonzero(sums == length)
    return int(full[0]) + length if full.size else None
