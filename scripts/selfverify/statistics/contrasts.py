"""Contrasts paired by prompt: tests, Holm within a declared family, equivalence.

A difference has one value per prompt, so that prompts are the sample and what is alike within one
cancels. Which test: two arms sampled apart (two systems, before and after distillation),
`sign_flip_test`; best-of-n against a single shot of the same pool, `selection_test`. Signs must not
be flipped there: if selection were blind, best-of-8 of a pool with one failure would gain 1/8 seven
times and lose 7/8 once, so that six such prompts would agree by chance in 45 % of studies.

The interval of a mean difference is `intervals.bootstrap_mean` with bounds (-1, 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from selfverify.statistics.best_of_n import winner_weights
from selfverify.statistics.intervals import NUM_RESAMPLES, upper_bound

ALPHA = 0.05
MIN_DIFFERING = 10  # the usual least count of a normal approximation
BATCH = 500
ROUNDING = 1e-9  # equal sums of floats differ by less


@dataclass(frozen=True)
class PermutationTest:
    """A mean difference over prompts and how often chance alone is as far from zero."""

    mean_difference: float
    p_value: float
    num_prompts: int
    num_informative: int  # prompts whose difference can change under the null hypothesis
    method: str


@dataclass(frozen=True)
class Adjusted:
    """p-values of one declared family, in its order, adjusted for their number."""

    p_values: tuple[float, ...]
    method: str


@dataclass(frozen=True)
class Equivalence:
    """Whether a mean difference lies within the margin: if the 90 % interval does, p < .05."""

    mean_difference: float
    low: float
    high: float
    margin: float
    p_value: float
    num_prompts: int
    method: str


def sign_flip_test(
    differences: np.ndarray, *, rng: np.random.Generator, num_resamples: int = NUM_RESAMPLES
) -> PermutationTest:
    """Returns the two-sided test that the arms are exchangeable within each prompt.

    Exact, all 2**m flips of the m differences that are not zero, if those are no more than
    `num_resamples`; else that many random ones, the observed counted among them (Phipson and Smyth
    2010). With one candidate an arm this is McNemar's exact test.

    Args:
        differences: of the failure rates, one per prompt, shape (prompts,).
        rng: of random flips.
        num_resamples: how many.
    """
    differences = np.sort(_finite(differences))
    informative = differences[differences != 0]
    mean, num, num_informative = float(differences.mean()), len(differences), len(informative)
    if num_informative < 2:  # either sign of one difference is as far from zero
        method = "sign flip, exact" if num_informative else "sign flip, no prompt differs"
        return PermutationTest(mean, 1.0, num, num_informative, method)
    found = stats.permutation_test(
        (informative,), np.sum, permutation_type="samples", n_resamples=num_resamples,
        vectorized=True, batch=BATCH, rng=rng,
    )  # fmt: skip
    is_exact = 2**num_informative <= num_resamples
    method = "sign flip, exact" if is_exact else f"sign flip, {num_resamples:,} random"
    return PermutationTest(mean, float(found.pvalue), num, num_informative, method)


def selection_test(
    scores: np.ndarray,
    fails: np.ndarray,
    num_drawn: int,
    *,
    rng: np.random.Generator,
    num_resamples: int = NUM_RESAMPLES,
) -> PermutationTest:
    """Returns the two-sided test that selection is blind to failure within each prompt's pool.

    The difference is single shot less exact best-of-n. If the selector's ranking has nothing to do
    with the evaluator's labels, every assignment of the labels to a pool's ranks is as likely; they
    are shuffled within each pool, the observed ones counted among the shuffled. p is twice the
    smaller tail.

    Args:
        scores: the selector's, shape (prompts, M), lower is better.
        fails: the evaluator's labels, shape (prompts, M).
        num_drawn: n.
        rng: of the shuffles.
        num_resamples: how many.
    """
    weights, fails = winner_weights(scores, num_drawn), np.asarray(fails, dtype=float)
    num_prompts, differences = len(fails), fails.mean(axis=1) - (weights * fails).sum(axis=1)
    varies = fails.any(axis=1) & ~fails.all(axis=1)
    mean, num_informative = float(differences.mean()), int(varies.sum())
    if not num_informative or num_drawn == 1:
        return PermutationTest(mean, 1.0, num_prompts, 0, "shuffle, no prompt varies")
    gains = _shuffled_gains(weights[varies], fails[varies], num_resamples, rng)
    observed = differences[varies].sum()
    above = 1 + int((gains >= observed - ROUNDING).sum())
    below = 1 + int((gains <= observed + ROUNDING).sum())
    p_value = min(1.0, 2 * min(above, below) / (num_resamples + 1))
    method = f"shuffle within pools, {num_resamples:,} random"
    return PermutationTest(mean, p_value, num_prompts, num_informative, method)


def holm(p_values: Sequence[float]) -> Adjusted:
    """Returns p-values for which the chance of any false finding in the family is at most alpha.

    Source: Holm 1979, as statsmodels computes it.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("a p-value of the family is not within 0 … 1")
    adjusted = multipletests(p_values, method="holm")[1] if len(p_values) else ()
    return Adjusted(tuple(np.asarray(adjusted).tolist()), f"Holm, {len(p_values)} tests")


def equivalence_test(differences: np.ndarray, margin: float) -> Equivalence:
    """Returns two one-sided tests (TOST) that the mean difference is within (-margin, margin).

    Paired t tests (Schuirmann 1987). Where fewer than 10 prompts differ, a t test would take the
    zeros for precision: there the bounds are exact. A mean above the margin needs more than that
    share of prompts with a difference above zero, since none exceeds 1, and the count of those is
    binomial. With no differing prompt p is (1 - margin)**prompts, never 0.

    Args:
        differences: of the failure rates, one per prompt, within -1 … 1, shape (prompts,).
        margin: what is too small to matter, in the same unit; above 0, below 1.
    """
    differences = _finite(differences)
    if not 0 < margin < 1:
        raise ValueError(f"margin {margin:g}: must be between 0 and 1, a difference of rates")
    num_prompts, mean = len(differences), float(differences.mean())
    counts = [int((differences < 0).sum()), int((differences > 0).sum())]
    if sum(counts) < MIN_DIFFERING or np.ptp(differences) == 0:
        low, high = (upper_bound(k, num_prompts).high for k in counts)
        p_value = max(float(stats.binom.cdf(k, num_prompts, margin)) for k in counts)
        return Equivalence(mean, -low, high, margin, p_value, num_prompts, "TOST, exact binomial")
    tests = [
        stats.ttest_1samp(differences, place, alternative=side)
        for place, side in ((-margin, "greater"), (margin, "less"))
    ]
    interval = stats.ttest_1samp(differences, 0).confidence_interval(1 - 2 * ALPHA)
    p_value = float(np.max([test[1] for test in tests]))
    low, high = float(interval.low), float(interval.high)
    return Equivalence(mean, low, high, margin, p_value, num_prompts, "TOST, paired t")


def _shuffled_gains(
    weights: np.ndarray, fails: np.ndarray, num_resamples: int, rng: np.random.Generator
) -> np.ndarray:
    """Sum over pools of single shot less best-of-n, labels shuffled, shape (num_resamples,)."""
    single = fails.mean(axis=1).sum()
    kept = []
    for start in range(0, num_resamples, BATCH):
        size = min(BATCH, num_resamples - start)
        shuffled = rng.permuted(np.tile(fails, (size, 1, 1)), axis=-1)
        kept.append((shuffled * weights).sum(axis=(1, 2)))
    return single - np.concatenate(kept)


def _finite(differences: np.ndarray) -> np.ndarray:
    differences = np.asarray(differences, dtype=float)
    if differences.ndim != 1 or not len(differences) or not np.isfinite(differences).all():
        raise ValueError("one finite difference per prompt is needed")
    return differences
