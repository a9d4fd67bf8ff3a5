"""Simulated raters of known error rates: does the corrected rate cover the truth?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from selfverify.listening.estimates import rates
from selfverify.listening.frame import draw_sample

ROUNDING = 1e-9


@dataclass(frozen=True)
class World:
    """A pool of clips, recognisers and raters whose errors are known."""

    failure_rate: float
    sensitivity: float  # of each recogniser, independent given the truth
    specificity: float
    miss_rate: float  # of a rater: answers that a failure says the text
    false_alarm_rate: float
    pool_size: int = 900


def simulate(
    world: World, num_clips: int, num_raters: int, num_studies: int, rng: np.random.Generator
) -> dict[str, float]:
    """Returns how the evaluator's naive and the corrected rate do over simulated studies.

    Keys: naive_bias and corrected_bias (mean error in rate), coverage (share of 95 % intervals
    with the pool's true rate inside) and half_width (mean of the interval's).
    """
    errors = np.array([_study(world, num_clips, num_raters, rng) for _ in range(num_studies)])
    names = ("naive_bias", "corrected_bias", "coverage", "half_width")
    return dict(zip(names, errors.mean(axis=0).tolist(), strict=True))


def _study(
    world: World, num_clips: int, num_raters: int, rng: np.random.Generator
) -> tuple[float, float, bool, float]:
    truth = rng.random(world.pool_size) < world.failure_rate
    chances = np.where(truth, world.sensitivity, 1 - world.specificity)
    flags = rng.random((2, world.pool_size)) < chances
    frame = pd.DataFrame(
        {"system": "simulated", "verifier_flag": flags[0], "evaluator_flag": flags[1],
         "cer": np.where(rng.random(world.pool_size) < 0.1, 0.3, 0.0), "truth": truth}
    )  # fmt: skip
    drawn = draw_sample(frame, num_clips, rng)
    answers_no = np.where(drawn["truth"], 1 - world.miss_rate, world.false_alarm_rate)
    votes = (rng.random((num_raters, len(drawn))) < answers_no).sum(axis=0)
    table = rates(drawn.assign(fails=2 * votes > num_raters), rng)
    row = table[(table["system"] == "all") & (table["recogniser"] == "evaluator")].iloc[0]
    low, high, true = row["corrected_low"], row["corrected_high"], truth.mean()
    half_width = (high - low) / 2
    # Where every flagged clip was rated, an end may be the truth itself, up to rounding.
    is_covered = low - ROUNDING <= true <= high + ROUNDING
    return row["naive"] - true, row["corrected"] - true, is_covered, half_width
