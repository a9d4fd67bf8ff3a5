"""Rates with intervals. Rows are independent here: one per utterance."""

from dataclasses import dataclass
from math import comb

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """k of n, with an interval and how it was made."""

    k: int
    n: int
    rate: float
    low: float
    high: float
    method: str


def clopper_pearson(k: int, n: int) -> Rate:
    """Returns k/n with the exact two-sided 95 % interval; never of zero width, also at k = 0.

    Source: Clopper and Pearson 1934, as scipy computes it.
    """
    if n == 0:
        raise ValueError("no utterance to take a rate of")
    interval = binomtest(k, n).proportion_ci(CONFIDENCE, method="exact")
    return Rate(k, n, k / n, interval.low, interval.high, "Clopper-Pearson 95%")


def expected_failure_of_best(scores: np.ndarray, fails: np.ndarray, num_drawn: int) -> float:
    """Returns the chance that best-of-n of a random n-subset of the pool fails.

    The candidate of rank j by score (of M, j = 1 … M) wins the subsets that hold it and none
    better: comb(M - j, n - 1) of comb(M, n). Equal scores share their ranks' weight. With
    `scores = fails` this is the complement of pass@k (arXiv 2107.03374).

    Args:
        scores: the selector's, shape (M,), lower is better.
        fails: the evaluator's word on each candidate, shape (M,).
        num_drawn: n, at most M.
    """
    pool_size = len(scores)
    order = np.argsort(scores, kind="stable")
    total = comb(pool_size, num_drawn)
    weights = np.array(
        [comb(pool_size - j, num_drawn - 1) / total for j in range(1, pool_size + 1)]
    )
    ranked = scores[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    sizes = np.diff(np.r_[starts, pool_size])
    tied = np.repeat(np.add.reduceat(weights, starts) / sizes, sizes)
    return float(np.dot(tied, np.asarray(fails, dtype=float)[order]))
