"""How many prompts tell two failure rates apart, or show them to be the same: paired t tests."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt

from scipy.stats import nct, t
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

ALPHA = 0.05
POWER = 0.8
MAX_PROMPTS = 1_000_000


@dataclass(frozen=True)
class Design:
    """What each prompt is given, and how prompts differ."""

    num_candidates: int  # per prompt and arm, M
    rho: float  # intra-class correlation of failures, the same in both arms
    prompt_correlation: float  # of a prompt's two failure chances: 1, hard for one, hard for both


@dataclass(frozen=True)
class SampleSize:
    """Prompts needed; None if no prompt differed, so that nothing can be planned from it."""

    num_prompts: int | None
    effect: float  # the difference to be told, or the margin
    sd: float  # of the difference between prompts
    power: float
    method: str


@dataclass(frozen=True)
class PowerCell:
    """The chance to find a difference, a cell of a power table."""

    rate_a: float
    rate_b: float
    num_prompts: int
    num_candidates: int
    power: float
    method: str


def difference_sd(rate_a: float, rate_b: float, design: Design) -> float:
    """Returns the standard deviation over prompts of the difference of two observed rates.

    Of a rate r, chances vary between prompts by rho r (1 - r) and candidates around them by
    (1 - rho) r (1 - r) / M, the moments of the beta-binomial distribution.
    """
    spreads = [rate * (1 - rate) for rate in (rate_a, rate_b)]
    between = sum(spreads) - 2 * design.prompt_correlation * sqrt(spreads[0] * spreads[1])
    within = (1 - design.rho) * sum(spreads) / design.num_candidates
    return sqrt(design.rho * between + within)


def power_to_tell(difference: float, sd: float, num_prompts: int) -> float:
    """Returns the power of the two-sided paired t test at .05."""
    df, shift = num_prompts - 1, abs(difference) / sd * sqrt(num_prompts)
    quantile = t.ppf(1 - ALPHA / 2, df)
    # From the right tail: scipy's left one is no number in places where it is below 1e-26.
    return float(nct.sf(quantile, df, shift) + nct.sf(quantile, df, -shift))


def power_of_equivalence(margin: float, sd: float, num_prompts: int, truth: float = 0.0) -> float:
    """Returns the power of the paired TOST at .05 if the true difference is `truth`.

    Source: Phillips 1990, both one-sided tests by the noncentral t distribution, their joint
    failure left out; 0 where the interval alone is wider than the margins.
    """
    df, scale = num_prompts - 1, sqrt(num_prompts) / sd
    quantile = t.ppf(1 - ALPHA, df)
    below = nct.cdf(-quantile, df, (truth - margin) * scale)
    above = nct.cdf(quantile, df, (truth + margin) * scale)
    return max(0.0, float(below - above))


def prompts_to_tell(difference: float, sd: float) -> SampleSize:
    """Returns the prompts at which a true difference is found with 80 % power (paired t, .05)."""
    num = _least(lambda n: power_to_tell(difference, sd, n), sd)
    return SampleSize(num, difference, sd, POWER, "paired t test, two-sided .05")


def prompts_for_equivalence(margin: float, sd: float, truth: float = 0.0) -> SampleSize:
    """Returns the prompts at which equivalence within the margin is shown with 80 % power.

    Never fewer than those of which none may differ: (1 - margin)**prompts is .05 there.

    Args:
        margin: of `contrasts.equivalence_test`.
        sd: of the difference between prompts.
        truth: the true difference, smaller than the margin.
    """
    if abs(truth) >= margin:
        raise ValueError(f"a true difference of {truth:g} is not within the margin {margin:g}")
    num = _least(lambda n: power_of_equivalence(margin, sd, n, truth), sd)
    if num is not None:
        num = max(num, ceil(log(ALPHA) / log(1 - margin)))
    return SampleSize(num, margin, sd, POWER, "paired TOST .05")


def utterances_to_tell(rate_a: float, rate_b: float) -> SampleSize:
    """Returns the independent utterances in each arm that tell two rates apart, unpaired.

    For published rates of which no pairs are known. Source: Fleiss, Levin and Paik 2003, 4.4,
    as statsmodels computes it; 80 % power, two-sided .05.
    """
    difference = abs(rate_a - rate_b)
    lower = min(rate_a, rate_b)
    num = samplesize_proportions_2indep_onetail(difference, lower, POWER, alpha=ALPHA)
    sd = sqrt(rate_a * (1 - rate_a) + rate_b * (1 - rate_b))
    return SampleSize(ceil(num), difference, sd, POWER, "two independent rates, z test .05")


def power_table(
    rates: Iterable[tuple[float, float]], num_prompts: Sequence[int], designs: Sequence[Design]
) -> list[PowerCell]:
    """Returns the power to tell each pair of rates, at each number of prompts, by each design."""
    return [
        PowerCell(
            rate_a, rate_b, num, design.num_candidates,
            power_to_tell(rate_a - rate_b, difference_sd(rate_a, rate_b, design), num),
            f"paired t test, rho {design.rho:g}, prompt correlation {design.prompt_correlation:g}",
        )
        for rate_a, rate_b in rates
        for design in designs
        for num in num_prompts
    ]  # fmt: skip


def _least(power: Callable[[int], float], sd: float) -> int | None:
    """The least number of prompts with the power wanted; None without variance or beyond reach."""
    if sd == 0:
        return None
    # Doubled first: far above the number wanted the noncentral t is no number at places.
    enough = 2
    while not power(enough) >= POWER:
        enough *= 2
        if enough > MAX_PROMPTS:
            return None
    numbers = range(max(2, enough // 2), enough)
    return bisect_left(numbers, True, key=lambda n: power(n) >= POWER) + numbers.start
