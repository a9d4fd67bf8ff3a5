"""What a simulation may miss its nominal rate by."""

from scipy.stats import binom

CHANCE = 0.001  # of a right method to fall outside; seeds are fixed, so a test that passes stays so


def is_nominal(hits: int, num_simulations: int, nominal: float) -> bool:
    """Whether so many hits are likely at the nominal rate: within its binomial 99.9 % range."""
    low, high = binom.interval(1 - CHANCE, num_simulations, nominal)
    return low <= hits <= high


def is_at_most(hits: int, num_simulations: int, nominal: float) -> bool:
    """The same for a test that may be conservative."""
    return hits <= binom.ppf(1 - CHANCE, num_simulations, nominal)


def failures(rng, mean, rho, num_prompts, num_candidates):
    """Beta-binomial counts, shape (num_prompts,)."""
    size = (1 - rho) / rho
    chances = rng.beta(mean * size, (1 - mean) * size, num_prompts)
    return rng.binomial(num_candidates, chances)
