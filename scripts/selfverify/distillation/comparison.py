"""Arms side by side: what their policies' verdicts say, prompt by prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from selfverify.distillation.plan import TEACHER
from selfverify.errors import InputError
from selfverify.results.judged_pools import JudgedPools, read_pools
from selfverify.statistics.best_of_n import failures_of_all, failures_of_best
from selfverify.statistics.intervals import CONFIDENCE, NUM_RESAMPLES, Mean

BEST_OF = 2


@dataclass(frozen=True)
class Arm:
    """One arm of a system on one prompt set: the policies of all its training seeds."""

    system: str
    name: str
    prompt_set: str
    policies: tuple[JudgedPools, ...]  # of the same prompts, in the same order

    @property
    def fails(self) -> np.ndarray:
        """Every candidate's failure by the evaluator, shape (prompts, candidates of all seeds)."""
        return np.concatenate([policy.fails for policy in self.policies], axis=1)

    @property
    def single(self) -> np.ndarray:
        """Failure rate of one draw, seeds averaged, shape (prompts,)."""
        return np.mean([policy.fails.mean(axis=1) for policy in self.policies], axis=0)

    @property
    def all_fail(self) -> np.ndarray:
        """Chance that `BEST_OF` draws all fail, over all subsets and seeds, shape (prompts,)."""
        rates = [failures_of_all(p.num_failed, p.pool_size, BEST_OF) for p in self.policies]
        return np.mean(rates, axis=0)


def parse_arms(pairs: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Returns policy → (system, arm) from "policy=system=arm".

    Raises:
        InputError: names an argument of another form.
    """
    arms = {}
    for pair in pairs:
        parts = pair.split("=")
        if len(parts) != 3:
            raise InputError(f"arms: {pair!r} is not policy=system=arm")
        arms[parts[0]] = (parts[1], parts[2])
    return arms


def read_arms(
    teachers: Sequence[Path], policies: Sequence[Path], arms: dict[str, tuple[str, str]]
) -> list[Arm]:
    """Returns the arms of each system and prompt set, the teacher's first, as `TEACHER`.

    Args:
        teachers: verdicts/{system}/{prompt_set}.parquet.
        policies: verdicts/{policy}/{prompt_set}.parquet.
        arms: policy → (system, arm).

    Raises:
        InputError: if the pools of a system and prompt set are not of the same prompts.
    """
    # Policies were heard by the evaluator alone: a prompt counts for all arms or for none.
    pools = [
        read_pools(path, min_size=BEST_OF, by_evaluator_alone=True)
        for path in [*teachers, *policies]
    ]
    members: dict[tuple[str, str, str], list[JudgedPools]] = {}
    for pool in pools:
        system, arm = arms.get(pool.system, (pool.system, TEACHER))
        members.setdefault((system, pool.prompt_set, arm), []).append(pool)
    found = [Arm(s, arm, prompts, tuple(p)) for (s, prompts, arm), p in members.items()]
    ids = {(arm.system, arm.prompt_set): arm.policies[0].utterance_ids for arm in reversed(found)}
    for arm in found:
        for policy in arm.policies:
            if policy.utterance_ids != ids[arm.system, arm.prompt_set]:
                raise InputError(
                    f"{policy.system}, {arm.prompt_set}: other prompts than {arm.system}; look for "
                    "pipeline errors in its verdicts"
                )
    return found


def teacher_of(arm: Arm, arms: Sequence[Arm]) -> Arm:
    """Returns the teacher on the same prompt set."""
    return next(
        other
        for other in arms
        if (other.system, other.prompt_set, other.name) == (arm.system, arm.prompt_set, TEACHER)
    )


def counterpart(arm: Arm, arms: Sequence[Arm]) -> Arm | None:
    """Returns the same arm on the same prompts among others, such as those of a temperature."""
    place = (arm.system, arm.prompt_set, arm.name)
    return next((a for a in arms if (a.system, a.prompt_set, a.name) == place), None)


def share_closed(
    teacher: np.ndarray,
    arm: np.ndarray,
    rng: np.random.Generator,
    floor: np.ndarray | float = 0.0,
) -> Mean:
    """Returns (teacher - arm) / (teacher - floor), the share that an arm closes of what it could.

    The interval is the percentile bootstrap's over prompts, all of a prompt together; the trained
    seeds are taken as they are. Where there is nothing to close all is not a number.

    Args:
        teacher: failure rates, one per prompt, shape (prompts,).
        arm: the same of the arm.
        rng: of the resampling.
        floor: the same of what cannot be bettered; 0, the failures themselves are what is closed.
    """
    num_prompts = len(teacher)
    drawn = rng.integers(num_prompts, size=(NUM_RESAMPLES, num_prompts))
    method = f"percentile bootstrap {CONFIDENCE:.0%}"
    possible, closed = teacher - floor, teacher - arm
    if not possible.sum() > 0:
        return Mean(np.nan, np.nan, np.nan, num_prompts, method)
    sums = possible[drawn].sum(axis=1)
    shares = closed[drawn].sum(axis=1)[sums > 0] / sums[sums > 0]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    share = float(closed.sum() / possible.sum())
    return Mean(share, float(low), float(high), num_prompts, method)


def ceiling_of(teacher: Arm, num_drawn: int) -> np.ndarray | None:
    """Returns failure rates of best-of-n of the teacher, which perfect distillation would reach.

    Shape (prompts,); None if its pools are smaller.

    Args:
        teacher: as it is.
        num_drawn: n, candidates of a training prompt.
    """
    (pools,) = teacher.policies
    if num_drawn > pools.pool_size:
        return None
    return failures_of_best(pools.scores, pools.fails, num_drawn)
