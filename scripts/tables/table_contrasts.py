"""The table of contrasts: what best-of-n gains, and whether more draws gain anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.results.judged_pools import JudgedPools, read_pools
from selfverify.results.markup import TableFiles, write_shown
from selfverify.sampling.seeds import candidate_seed
from selfverify.statistics.best_of_n import failures_of_best
from selfverify.statistics.contrasts import equivalence_test, holm, selection_test
from selfverify.statistics.intervals import bootstrap_mean
from selfverify.statistics.power import SampleSize, prompts_for_equivalence, prompts_to_tell
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

GAIN, EQUIVALENCE = "gain", "equivalence"


@dataclass(frozen=True)
class Plan:
    """The declared families and what is looked for."""

    best_of: tuple[int, ...]  # each but 1 against a single shot: the first family
    equivalent: tuple[int, int]  # fewer and more draws: the second, one per system and prompt set
    margin: float  # within which those two count as equal
    difference: float  # that the prompts needed should tell
    seed: int


def table_contrasts(
    *,
    verdicts: list[Path],
    best_of: list[int],
    equivalent: tuple[int, int] = (4, 8),
    margin: float = 0.05,
    difference: float = 0.05,
    seed: int,
    files: TableFiles,
) -> None:
    """Writes the paired contrasts of all systems and prompt sets, by the evaluator.

    Args:
        verdicts: verdicts/{system}/{prompt_set}.parquet of every system.
        best_of: the values of n, each at most the pool's size; 1 is what the others are held to.
        equivalent: two values of n that are tested for equivalence.
        margin: of the equivalence, a difference of rates.
        difference: of rates, which the number of prompts needed is to tell.
        seed: of resampling, with system, prompt set and n.
        files: the table, a row per contrast.

    Raises:
        InputError: if a pool is too small, or the two values of n are not in order.
    """
    plan = Plan(tuple(sorted(best_of)), equivalent, margin, difference, seed)
    if not 1 <= equivalent[0] < equivalent[1]:
        raise InputError(f"equivalent {equivalent}: two numbers of draws, the smaller first")
    largest = max(*best_of, *equivalent)
    pools = [read_pools(path, min_size=largest) for path in verdicts]
    rows = [_gain(pool, n, plan) for pool in pools for n in plan.best_of if n > 1]
    table = pd.DataFrame(_family(rows) + _family([_equivalence(pool, plan) for pool in pools]))
    write_csv(table, files.csv)
    shown = pd.DataFrame(map(_shown, table.to_dict("records")))
    write_shown(shown, _note(plan), files)


def _gain(pool: JudgedPools, num_drawn: int, plan: Plan) -> dict[str, Any]:
    """Single shot less best-of-n."""
    differences = _differences(pool, 1, num_drawn)
    seed = candidate_seed(plan.seed, pool.system, pool.prompt_set, num_drawn)
    rng = np.random.default_rng(seed)
    interval = bootstrap_mean(differences, rng=rng, bounds=(-1.0, 1.0))
    test = selection_test(pool.scores, pool.fails, num_drawn, rng=rng)
    needed = prompts_to_tell(plan.difference, float(differences.std(ddof=1)))
    bounds = {"low": interval.low, "high": interval.high, "interval": interval.method}
    tested = {"p_value": test.p_value, "test": test.method, "margin": None}
    return _names(pool, GAIN, 1, num_drawn) | bounds | tested | _needed(needed)


def _equivalence(pool: JudgedPools, plan: Plan) -> dict[str, Any]:
    """Fewer draws less more; the interval is the 90 % one that belongs to the test."""
    differences = _differences(pool, *plan.equivalent)
    test = equivalence_test(differences, plan.margin)
    needed = prompts_for_equivalence(plan.margin, float(differences.std(ddof=1)))
    bounds = {"low": test.low, "high": test.high, "interval": f"{test.method} 90%"}
    tested = {"p_value": test.p_value, "test": test.method, "margin": plan.margin}
    return _names(pool, EQUIVALENCE, *plan.equivalent) | bounds | tested | _needed(needed)


def _names(pool: JudgedPools, contrast: str, fewer: int, more: int) -> dict[str, Any]:
    rates = {
        f"{name}_rate": float(failures_of_best(pool.scores, pool.fails, n).mean())
        for name, n in (("fewer", fewer), ("more", more))
    }
    return {
        "system": pool.system,
        "prompt_set": pool.prompt_set,
        "contrast": contrast,
        "fewer_draws": fewer,
        "more_draws": more,
        "num_prompts": len(pool.utterance_ids),
        "pool_size": pool.pool_size,
        **rates,
        "difference": rates["fewer_rate"] - rates["more_rate"],
    }


def _differences(pool: JudgedPools, fewer: int, more: int) -> np.ndarray:
    failures = [failures_of_best(pool.scores, pool.fails, n) for n in (fewer, more)]
    return failures[0] - failures[1]


def _needed(size: SampleSize) -> dict[str, Any]:
    return {
        "prompts_needed": size.num_prompts,
        "needed_for": size.effect,
        "needed_power": size.power,
        "needed_method": size.method,
    }


def _family(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    adjusted = holm([row["p_value"] for row in rows])
    pairs = zip(rows, adjusted.p_values, strict=True)
    return [row | {"p_adjusted": p, "adjustment": adjusted.method} for row, p in pairs]


def _shown(row: dict[str, Any]) -> dict[str, str]:
    what = {GAIN: "best of {more_draws} against single shot"}.get(
        row["contrast"], "best of {more_draws} as good as best of {fewer_draws}"
    )
    needed = row["prompts_needed"]
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "contrast": what.format(**row),
        "failure rates": "{fewer_rate:.1%} → {more_rate:.1%}".format(**row),
        "difference": "{difference:.1%} [{low:.1%}, {high:.1%}]".format(**row),
        "p": f"{row['p_value']:.2g}",
        "p adjusted": f"{row['p_adjusted']:.2g}",
        "prompts needed": "–" if pd.isna(needed) else f"{needed:,.0f}",
    }


def _note(plan: Plan) -> str:
    return (
        "Failure rates by the evaluator, the exact mean over all subsets of the pool; differences "
        "paired by prompt. Against a single shot: BCa bootstrap 95 % interval over prompts, and p "
        "of shuffling the labels within each pool, which is what selection blind to failure would "
        f"be. As good as: two one-sided tests within ±{plan.margin:.1%} and their 90 % interval; a "
        "small p says that they are equal within the margin. Holm's adjustment is within each of "
        "the two families. Prompts needed, at the spread seen and 80 % power: to tell a difference "
        f"of {plan.difference:.1%}, or to show equality; – where no prompt differs."
    )


if __name__ == "__main__":
    run_script(table_contrasts)
