"""Simulated raters of known error rates: does the corrected rate cover the truth?

The chain from drawing to the corrected rate is that of a real test (`draw_sample`, `catch_trials`,
`consensus`, `corrected_rate`); only clips, verdicts and answers are drawn at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from selfverify.listening.catch import TRIALS_PER_PAIR
from selfverify.listening.estimates import consensus, corrected_rate
from selfverify.listening.frame import draw_sample
from selfverify.listening.ratings import catch_trials

ROUNDING = 1e-9


@dataclass(frozen=True)
class World:
    """A pool of clips and recognisers whose errors are known."""

    failure_rate: float
    sensitivity: float = 0.9  # of each recogniser, independent given the truth; assumed, near what
    specificity: float = 0.97  # the two of the mini track say of each other
    pool_size: int = 900


@dataclass(frozen=True)
class Rater:
    """A listener's errors, the same for checks."""

    miss_rate: float  # answers that a failure says the text
    false_alarm_rate: float  # answers "no" to what says the text


# Assumed.
CAREFUL, CARELESS, GUESSING = Rater(0.05, 0.01), Rater(0.2, 0.05), Rater(0.5, 0.5)


@dataclass(frozen=True)
class Outcome:
    """How naive and corrected rate do over simulated studies."""

    num_studies: int
    num_covered: int  # 95 % intervals with the pool's true rate inside
    naive_bias: float  # mean error of the evaluator's rate
    corrected_bias: float
    half_width: float  # mean of the intervals'
    excluded_share: float  # of raters, by the catch trials
    num_void: int  # studies that had no rater left; in none of the others


def simulate(
    world: World,
    raters: Sequence[Rater],
    num_clips: int,
    num_studies: int,
    rng: np.random.Generator,
) -> Outcome:
    """Returns how the evaluator's naive and the corrected rate do over simulated studies."""
    studies = [_study(world, raters, num_clips, rng) for _ in range(num_studies)]
    held = [study for study in studies if np.isfinite(study["half_width"])]
    return Outcome(
        num_studies=num_studies,
        num_covered=sum(study["is_covered"] == 1 for study in held),
        naive_bias=_mean(held, "naive_error"),
        corrected_bias=_mean(held, "corrected_error"),
        half_width=_mean(held, "half_width"),
        excluded_share=_mean(studies, "num_excluded") / len(raters),
        num_void=len(studies) - len(held),
    )


def _mean(studies: Sequence[dict[str, float]], name: str) -> float:
    return float(np.mean([study[name] for study in studies])) if studies else float("nan")


def _study(
    world: World, raters: Sequence[Rater], num_clips: int, rng: np.random.Generator
) -> dict[str, float]:
    frame = _frame(world, rng)
    drawn = draw_sample(frame, num_clips, rng)
    answers = _answers(drawn, raters, rng)
    judged = catch_trials(answers)
    kept = judged["rater"].to_numpy()[judged["kept"].to_numpy(bool)].tolist()
    found = {"num_excluded": float(len(raters) - len(kept)), "half_width": float("nan")}
    if not kept:
        return found
    rated = consensus(pd.DataFrame(answers[answers["rater"].isin(kept)]))
    rate = corrected_rate(rated, "evaluator", rng)
    low, high, true = (
        rate["corrected_low"],
        rate["corrected_high"],
        float(frame["truth"].to_numpy(bool).mean()),
    )
    return found | {
        "naive_error": rate["naive"] - true,
        "corrected_error": rate["corrected"] - true,
        # Where every flagged clip was rated, an end may be the truth itself, up to rounding.
        "is_covered": float(low - ROUNDING <= true <= high + ROUNDING),
        "half_width": (high - low) / 2,
    }


def _frame(world: World, rng: np.random.Generator) -> pd.DataFrame:
    truth = rng.random(world.pool_size) < world.failure_rate
    chances = np.where(truth, world.sensitivity, 1 - world.specificity)
    flags = rng.random((2, world.pool_size)) < chances
    cer = np.where(rng.random(world.pool_size) < 0.1, 0.3, 0.0)  # a tenth is near the threshold
    columns = {"verifier_flag": flags[0], "evaluator_flag": flags[1], "cer": cer, "truth": truth}
    return pd.DataFrame({"system": "simulated"} | columns)


def _answers(
    drawn: pd.DataFrame, raters: Sequence[Rater], rng: np.random.Generator
) -> pd.DataFrame:
    """Every rater's answers to the clips and to as many checks as a test of so many has."""
    num = max(1, round(len(drawn) / TRIALS_PER_PAIR))
    checks = pd.DataFrame({"kind": "catch", "truth": [False] * num + [True] * num})
    trials = pd.concat([drawn.assign(kind="clip"), checks], ignore_index=True)
    trials = trials.assign(trial_id=trials.index.astype(str))
    trials["expected"] = np.where(trials["truth"], "no", "yes")
    parts = []
    for number, rater in enumerate(raters):
        chances = np.where(trials["truth"], 1 - rater.miss_rate, rater.false_alarm_rate)
        says = np.where(rng.random(len(trials)) < chances, "no", "yes")
        parts.append(trials.assign(rater=str(number), says=says, defects=[[]] * len(trials)))
    return pd.concat(parts, ignore_index=True)
