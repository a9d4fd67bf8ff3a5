"""Retrying with changed conditions: k draws under the first, and if all are refused the next."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from selfverify.selection.verifiers import ACCEPTED_BELOW
from selfverify.statistics.best_of_n import first_accepted


@dataclass(frozen=True)
class Pool:
    """Judged candidates of one prompt under one condition, arrays (M,)."""

    scores: np.ndarray  # the verifier's
    fails: np.ndarray  # the evaluator's word, bool


def expect_retry(first: Pool, second: Pool, retry_after: int, num_draws: int) -> float:
    """Returns the chance that what is kept fails, exact over all orders of both pools.

    Stops at the first accepted; of refused ones alone the lowest score is kept, the first on ties.

    Args:
        first: of which `retry_after` are drawn at most.
        second: of which the rest is drawn.
        retry_after: k, below n and at most the first pool's size.
        num_draws: n.
    """
    left = num_draws - retry_after
    accepted, accepted_then = first.scores < ACCEPTED_BELOW, second.scores < ACCEPTED_BELOW
    refused = _all_refused(first.scores, accepted, retry_after)
    refused_then = _all_refused(second.scores, accepted_then, left)
    failure = 0.0
    if accepted.any():
        failure += (1 - refused) * float(first.fails[accepted].mean())
    if accepted_then.any():
        failure += refused * (1 - refused_then) * float(second.fails[accepted_then].mean())
    if refused * refused_then:
        kept = [
            _kept_fails(first, drawn, second, then)
            for drawn in _subsets(~accepted, retry_after)
            for then in _subsets(~accepted_then, left)
        ]
        failure += refused * refused_then * float(np.mean(kept))
    return failure


def _all_refused(scores: np.ndarray, accepted: np.ndarray, num_drawn: int) -> float:
    """Chance that all n drawn are refused."""
    return first_accepted(scores, accepted, ~accepted, num_drawn)[0]


def _subsets(of: np.ndarray, size: int) -> Iterable[list[int]]:
    return map(list, combinations(np.flatnonzero(of).tolist(), size))


def _kept_fails(first: Pool, drawn: list[int], second: Pool, then: list[int]) -> float:
    """Whether the lowest score of two subsets fails, ties within a pool at random."""
    lowest, lowest_then = first.scores[drawn].min(), second.scores[then].min()
    pool, indices, low = (
        (first, drawn, lowest) if lowest <= lowest_then else (second, then, lowest_then)
    )
    return float(pool.fails[indices][pool.scores[indices] == low].mean())
