"""What several studies of one question say together: a random-effects mean of their differences.

A study's interval counts its prompts, not that what it trained would come out otherwise next time.
Studies that trained anew differ by that as well, and an interval over studies counts it.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from selfverify.statistics.contrasts import ALPHA


@dataclass(frozen=True)
class Pooled:
    """The mean effect over studies, with intervals of 90 % and 95 %."""

    mean: float
    low: float
    high: float
    low_95: float
    high_95: float
    p_value: float
    tau: float  # standard deviation of the effect between studies
    i_squared: float  # share of the variance that is between studies
    weights: tuple[float, ...]  # of the studies, in their order; they sum to 1
    num_studies: int


def pool_effects(effects: Sequence[float], standard_errors: Sequence[float]) -> Pooled:
    """Returns the random-effects mean: Paule and Mandel's variance, Hartung and Knapp's interval.

    Where studies agree better than chance lets them, Hartung and Knapp's factor would make the
    interval narrower than that of their own standard errors; it is no less than 1 (Röver et al.
    2015). Variance and weights are statsmodels'.

    Args:
        effects: a difference each.
        standard_errors: of each, above 0.

    Raises:
        ValueError: for fewer than two studies, or a standard error that is not above 0.
    """
    values, errors = np.asarray(effects, dtype=float), np.asarray(standard_errors, dtype=float)
    if len(values) < 2 or len(values) != len(errors) or not (errors > 0).all():
        raise ValueError("at least two effects are needed, each with a standard error above 0")
    with warnings.catch_warnings():  # that the variance between studies is 0
        warnings.simplefilter("ignore")
        found: Any = combine_effects(values, errors**2, method_re="iterated", use_t=True)
    tau_squared, freedom = max(float(found.tau2), 0.0), len(values) - 1
    weights = 1 / (errors**2 + tau_squared)
    mean = float(weights @ values / weights.sum())
    factor = max(1.0, float(weights @ (values - mean) ** 2 / freedom))
    error = float(np.sqrt(factor / weights.sum()))
    low, high, low_95, high_95 = (
        mean + sign * error * float(stats.t.ppf(1 - alpha / 2, freedom))
        for alpha in (2 * ALPHA, ALPHA)
        for sign in (-1, 1)
    )
    return Pooled(
        mean, low, high, low_95, high_95,
        p_value=2 * float(stats.t.sf(abs(mean) / error, freedom)),
        tau=float(np.sqrt(tau_squared)),
        i_squared=max(float(found.i2), 0.0),
        weights=tuple((weights / weights.sum()).tolist()),
        num_studies=len(values),
    )  # fmt: skip
