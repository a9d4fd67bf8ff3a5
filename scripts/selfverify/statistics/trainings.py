"""How far trainings that differ by their seed alone lie apart, beyond the chance of what they say.

Intervals over prompts do not count it: a contrast of two arms, two trainings each, can be told from
chance and be the other way round in the third.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from selfverify.statistics.contrasts import ALPHA
from selfverify.statistics.power import POWER


@dataclass(frozen=True)
class TrainedArm:
    """The failure rate of each training of one arm, on the same prompts."""

    rates: tuple[float, ...]
    num_candidates: int  # of each training


@dataclass(frozen=True)
class TrainingSpread:
    """Standard deviations of failure rates between trainings of an arm, pooled over arms."""

    seen: float
    low: float  # of its 90 % interval
    high: float
    candidates: float  # what candidates alone make of it, at most
    trainings: float  # the rest, at least
    p_value: float  # that candidates alone make as much
    degrees_of_freedom: int


def training_spread(arms: Sequence[TrainedArm]) -> TrainingSpread:
    """Returns the pooled spread; p and the interval are those of a sample variance, chi squared.

    Candidates are taken for as many coins of the arm's mean rate. That some prompts always fail
    and others never makes their chance smaller than that, hence "at most".

    Args:
        arms: those with at least two trainings count.

    Raises:
        ValueError: if none has two.
    """
    counted = [arm for arm in arms if len(arm.rates) > 1]
    freedoms = np.array([len(arm.rates) - 1 for arm in counted])
    if not counted:
        raise ValueError("at least one arm of two trainings is needed")
    variances = np.array([np.var(arm.rates, ddof=1) for arm in counted])
    means = np.array([np.mean(arm.rates) for arm in counted])
    chances = means * (1 - means) / np.array([arm.num_candidates for arm in counted])
    freedom = int(freedoms.sum())
    seen, candidates = (float(freedoms @ part / freedom) for part in (variances, chances))
    if candidates == 0:
        raise ValueError("no arm fails at some candidates and passes at others")
    low, high = (freedom * seen / stats.chi2.isf([ALPHA, 1 - ALPHA], freedom)).tolist()
    return TrainingSpread(
        math.sqrt(seen), math.sqrt(low), math.sqrt(high), math.sqrt(candidates),
        trainings=math.sqrt(max(seen - candidates, 0.0)),
        p_value=float(stats.chi2.sf(freedom * seen / candidates, freedom)),
        degrees_of_freedom=freedom,
    )  # fmt: skip


def trainings_to_tell(difference: float, spread: float) -> int:
    """Returns how many trainings of each of two arms tell `difference` with 80 % power.

    However many prompts and candidates there are: of the spread between trainings alone, by the
    normal approximation at .05, two sided.
    """
    quantiles = stats.norm.isf(ALPHA / 2) + stats.norm.ppf(POWER)
    return max(1, math.ceil(2 * (quantiles * spread / difference) ** 2))
