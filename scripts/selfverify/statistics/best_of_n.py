"""Best-of-n from a fixed pool: the exact mean over all subsets, no Monte Carlo.

A pool has M candidates, a draw takes n of them at random, the selector keeps the one with the
lowest score, and another judge, the evaluator, says whether it fails.
"""

from math import comb

import numpy as np


def winner_weights(scores: np.ndarray, num_drawn: int) -> np.ndarray:
    """Returns the chance of each candidate to be the one kept, shape (..., M), sum 1 over a pool.

    With a better candidates and g equal ones, itself among them, one of the g is kept by the draws
    that hold none of the a and some of the g: C(M - a, n) - C(M - a - g, n) of C(M, n). The g share
    it evenly, which is a choice among ties at random. Without ties it is C(M - j, n - 1) / C(M, n)
    for rank j = a + 1.

    Args:
        scores: the selector's, shape (..., M), lower is better; infinite where it has none.
        num_drawn: n.

    Raises:
        ValueError: if n is not within 1 … M, or a score is not a number.
    """
    pool_size = scores.shape[-1]
    if not 1 <= num_drawn <= pool_size:
        raise ValueError(f"best of {num_drawn} cannot be drawn from a pool of {pool_size}")
    if np.isnan(scores).any():
        raise ValueError("a score is not a number; where there is none it is infinite")
    num_better = (scores[..., None, :] < scores[..., :, None]).sum(axis=-1)
    num_equal = (scores[..., None, :] == scores[..., :, None]).sum(axis=-1)
    within = _chance_within(pool_size, num_drawn)
    rest = pool_size - num_better
    return (within[rest] - within[rest - num_equal]) / num_equal


def failures_of_best(scores: np.ndarray, fails: np.ndarray, num_drawn: int) -> np.ndarray:
    """Returns the chance, by pool, that best-of-n of a random n-subset fails, shape (...).

    Args:
        scores: the selector's, shape (..., M), lower is better.
        fails: the evaluator's word on each candidate, shape (..., M).
        num_drawn: n, at most M.
    """
    return (winner_weights(scores, num_drawn) * fails).sum(axis=-1)


def expected_failure_of_best(scores: np.ndarray, fails: np.ndarray, num_drawn: int) -> float:
    """Returns the mean over pools of `failures_of_best`; of one pool, shape (M,), its own."""
    return float(failures_of_best(scores, fails, num_drawn).mean())


def failures_of_all(num_failed: np.ndarray, pool_size: int, num_drawn: int) -> np.ndarray:
    """Returns the chance, by pool, that all n drawn fail: C(c, n) / C(M, n), shape (...).

    Unbiased for p**n, which (c / M)**n is not; the complement of pass@k (Chen et al. 2021, arXiv
    2107.03374) and what `failures_of_best` gives where the evaluator itself selects.

    Args:
        num_failed: c, failed candidates of each pool.
        pool_size: M.
        num_drawn: n, at most M.
    """
    if not 1 <= num_drawn <= pool_size:
        raise ValueError(f"{num_drawn} cannot be drawn from a pool of {pool_size}")
    return _chance_within(pool_size, num_drawn)[num_failed]


def first_accepted(
    scores: np.ndarray, accepted: np.ndarray, fails: np.ndarray, num_drawn: int
) -> tuple[float, float]:
    """Returns what stopping at the first accepted candidate does to one pool, in any order of it.

    That is the chance that the kept candidate fails and the mean number of draws. Of a accepted
    candidates each is as likely the first; with chance C(M - a, n) / C(M, n) none is among n, and
    the best of these is kept. Draw j + 1 is made if the j before were refused.

    Args:
        scores: the selector's, shape (M,), lower is better.
        accepted: whether the selector stops at a candidate, bool, shape (M,).
        fails: the evaluator's word, bool, shape (M,).
        num_drawn: n, at most M.
    """
    pool_size, num_refused = len(scores), int((~accepted).sum())
    refused = [_chance_within(pool_size, j)[num_refused] for j in range(num_drawn + 1)]
    failure = (1 - refused[-1]) * fails[accepted].mean() if accepted.any() else 0.0
    if num_refused >= num_drawn:
        best = failures_of_best(scores[~accepted], fails[~accepted], num_drawn)
        failure += refused[-1] * float(best)
    return failure, float(sum(refused[:-1]))


def _chance_within(pool_size: int, num_drawn: int) -> np.ndarray:
    """Chance that all n drawn are within a given set of i candidates, for i = 0 … M."""
    total = comb(pool_size, num_drawn)
    return np.array([comb(i, num_drawn) / total for i in range(pool_size + 1)])
