"""A release gate: is the failure rate shown to be below a limit, above it, or neither?

Both answers are one-sided exact tests at the confidence asked for (Clopper and Pearson 1934). Clips
are taken as independent. A clip that is *not judged*, or was never written, may be either: below is
shown if it would be with all of them failures, above if it would be with none.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from scipy import stats

from selfverify.errors import InputError
from selfverify.scoring.decisions import FAIL, NOT_JUDGED

MAX_CLIPS = 10_000_000  # more is not searched for


class Answer(IntEnum):
    """Of a gate; the exit status. 3 is that of a gate that could not be asked."""

    BELOW = 0
    ABOVE = 1
    CANNOT_TELL = 2


@dataclass(frozen=True)
class Gate:
    """An answer with what it rests on."""

    answer: Answer
    num_failed: int
    num_not_judged: int
    num_clips: int
    max_rate: float
    confidence: float
    low: float  # one-sided lower bound of the rate, no clip that is not judged a failure
    high: float  # one-sided upper bound, all of them failures
    num_needed: int | None  # clips that would tell at the same rates; None if no number would


def check_limits(max_rate: float, confidence: float) -> None:
    """Raises `InputError` if a limit or a confidence is no number between 0 and 1."""
    check_share("--max-rate", max_rate)
    check_share("--confidence", confidence)


def check_share(option: str, value: float) -> None:
    """Raises `InputError` if an option's value is no number between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise InputError(f"{option} {value}: a number between 0 and 1, such as .02")


def ask_gate(decisions: Sequence[str], *, max_rate: float, confidence: float = 0.95) -> Gate:
    """Returns whether a failure rate is shown to be below or above `max_rate`.

    Args:
        decisions: of `scoring.decisions`, one per clip, at least one; a row that could not be
            scored is not judged.
        max_rate: the limit.
        confidence: of either answer.
    """
    check_limits(max_rate, confidence)
    counts = Counter(decisions)
    num_failed, num_not_judged = counts[FAIL], counts[NOT_JUDGED]
    num_clips = counts.total()
    low = lower_bound(num_failed, num_clips, confidence)
    high = upper_bound(num_failed + num_not_judged, num_clips, confidence)
    answer = Answer.BELOW if high <= max_rate else Answer.ABOVE if low > max_rate else None
    needed = num_clips
    if answer is None:
        rates = num_failed / num_clips, (num_failed + num_not_judged) / num_clips
        needed = _num_needed(*rates, num_clips, max_rate, confidence)
    return Gate(
        Answer.CANNOT_TELL if answer is None else answer,
        num_failed, num_not_judged, num_clips, max_rate, confidence, low, high, needed,
    )  # fmt: skip


def upper_bound(k: int, n: int, confidence: float) -> float:
    """Returns the exact one-sided upper bound of a rate of which k of n were seen."""
    return 1.0 if k == n else float(stats.beta.ppf(confidence, k + 1, n - k))


def lower_bound(k: int, n: int, confidence: float) -> float:
    """Returns the exact one-sided lower bound of a rate of which k of n were seen."""
    return 0.0 if k == 0 else float(stats.beta.ppf(1 - confidence, k, n - k + 1))


def _num_needed(
    least: float, most: float, num_clips: int, max_rate: float, confidence: float
) -> int | None:
    """Clips at which rates of `least` (not judged: none) and `most` (all) would tell."""
    if most < max_rate:
        return _first(lambda n: upper_bound(round(most * n), n, confidence) <= max_rate, num_clips)
    if least > max_rate:
        return _first(lambda n: lower_bound(round(least * n), n, confidence) > max_rate, num_clips)
    return None


def _first(tells: Callable[[int], bool], start: int) -> int | None:
    """The least number that tells, to within the steps of rounding a count."""
    low, high = start, start
    while not tells(high):
        low, high = high, 2 * high
        if high > MAX_CLIPS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if tells(middle) else (middle, high)
    return high


def in_words(gate: Gate) -> str:
    """Returns the answer in a line."""
    limit, sure = f"{gate.max_rate:.2%}", f"{gate.confidence:.0%} confidence"
    seen = f"{gate.num_failed}/{gate.num_clips} failed"
    if gate.num_not_judged:
        seen += f", {gate.num_not_judged} not judged or not read"
    if gate.answer is Answer.BELOW:
        return f"gate: passed: {seen}, at most {gate.high:.2%} with {sure}, limit {limit}"
    if gate.answer is Answer.ABOVE:
        return f"gate: FAILED: {seen}, at least {gate.low:.2%} with {sure}, limit {limit}"
    bounds = f"{gate.low:.2%} to {gate.high:.2%} with {sure}, limit {limit}"
    if gate.num_needed is None:
        cure = "more clips at these rates would not tell"
    else:
        cure = f"about {gate.num_needed} clips at the same rates would tell"
    return f"gate: cannot tell: {seen}, {bounds}; {cure}"
