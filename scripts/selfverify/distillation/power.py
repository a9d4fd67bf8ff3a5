"""Power before the run: the smallest share of the failures that a contrast of arms can show.

A study is simulated from the pools of the system as it is: prompt i fails with chance p_i, drawn
from the beta distribution that its pool and the beta-binomial fit of all pools leave; an arm that
closes the share s fails with (1 - s) p_i. Both sides draw their candidates anew, and the paired t
test over prompts decides, to which the sign-flip test of the table comes down with many prompts.
Not counted: that another training seed gives another policy, and that a real arm closes some
prompts and not others; the true power is lower for both.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from selfverify.statistics.heterogeneity import fit_beta_binomial
from selfverify.statistics.power import POWER

NUM_STUDIES = 2_000
STEP = 0.01  # of the share closed
RHO_BOUNDS = (0.01, 0.99)  # at 0 and 1 the beta distribution has no parameters


@dataclass(frozen=True)
class Sides:
    """Candidates of each prompt on the two sides of a contrast, all training seeds together."""

    num_baseline: int
    num_arm: int


def smallest_share(
    num_failed: np.ndarray, pool_size: int, sides: Sides, alpha: float, seed: int
) -> float:
    """Returns the smallest share closed that is found with 80 % power; NaN if not even 1 is.

    Args:
        num_failed: failed candidates of each prompt, as it is, shape (prompts,).
        pool_size: candidates of each prompt there.
        sides: of the contrast.
        alpha: two-sided level of its test.
        seed: of the simulation; all shares are tried on the same prompts.
    """
    shares = np.arange(STEP, 1 + STEP / 2, STEP)
    low, high = 0, len(shares)
    while low < high:
        middle = (low + high) // 2
        power = power_at(shares[middle], num_failed, pool_size, sides, alpha, seed)
        low, high = (low, middle) if power >= POWER else (middle + 1, high)
    return float(shares[low]) if low < len(shares) else float("nan")


def power_at(
    share: float,
    num_failed: np.ndarray,
    pool_size: int,
    sides: Sides,
    alpha: float,
    seed: int,
) -> float:
    """Returns the chance that an arm which closes `share` is found to fail less."""
    rng = np.random.default_rng(seed)
    shape = (NUM_STUDIES, len(num_failed))
    chances = rng.beta(*_posterior(num_failed, pool_size), size=shape)
    baseline = rng.binomial(sides.num_baseline, chances) / sides.num_baseline
    arm = rng.binomial(sides.num_arm, (1 - share) * chances) / sides.num_arm
    differences = baseline - arm
    errors = differences.std(axis=1, ddof=1) / np.sqrt(len(num_failed))
    limit = stats.t.ppf(1 - alpha / 2, len(num_failed) - 1)
    return float((differences.mean(axis=1) > limit * errors).mean())


def _posterior(num_failed: np.ndarray, pool_size: int) -> tuple[np.ndarray, np.ndarray]:
    """The parameters of each prompt's beta distribution, shape (prompts,) each."""
    fit = fit_beta_binomial(num_failed, pool_size)
    rho = float(np.clip(RHO_BOUNDS[0] if fit.rho is None else fit.rho, *RHO_BOUNDS))
    mean = float(np.clip(num_failed.mean() / pool_size, 1e-3, 1 - 1e-3))
    prior = 1 / rho - 1
    return mean * prior + num_failed, (1 - mean) * prior + pool_size - num_failed
