"""The table: what is gained where only the least unsure of several draws is heard."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.likelihood.judged_views import read_views
from selfverify.results.judged_pools import JudgedPools, read_pools
from selfverify.results.markup import TableFiles, write_shown
from selfverify.selection.policies import FirstGood
from selfverify.selection.screening import heard_of
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

NUM_ORDERS = 50
PER_HEARING = (1, 2, 4, 8)


@dataclass(frozen=True)
class Spent:
    """What a policy does to each prompt of a pool, in expectation; shapes (prompts,)."""

    failures: np.ndarray
    hearings: np.ndarray


def table_screening(
    *,
    verdicts: list[Path],
    views: list[Path],
    starts: list[Path],
    num_heard: list[int],
    seed: int,
    files: TableFiles,
) -> None:
    """Writes a row per system, draws per hearing and most hearings: expectations over pools.

    What is heard is kept once it is good, else the verifier's best of what was heard. Columns:
    good_cer, share of characters wrong up to which it is; failure_rate by the evaluator and its
    standard_error over prompts; less, how much less it is than with one draw per hearing, and its
    standard error less_error, paired by prompt; mean_hearings; mean_draws.

    Args:
        verdicts: of each system's pools.
        views: of each system by itself (`measure_likelihood`), in the same order.
        starts: speak_{system}.json of each, in the same order, which say what is good.
        num_heard: the values of n, candidates heard at most.
        seed: of the orders of pools.
        files: the table.
    """
    rows = []
    for path, view, start in zip(verdicts, views, starts, strict=True):
        pools = read_pools(path, min_size=min(num_heard))
        unsure = read_views(view, pools)["entropy"]
        good_cer = json.loads(start.read_text())["start"]["good_cer"]
        rows += _rows(pools, unsure, good_cer, num_heard, seed)
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE.format(orders=NUM_ORDERS), files)


def _rows(
    pools: JudgedPools, unsure: np.ndarray, good_cer: float, num_heard: list[int], seed: int
) -> list[dict[str, Any]]:
    rows = []
    for n in num_heard:
        policy = FirstGood(n, max_cer=good_cer)
        plain: Spent | None = None
        for per_hearing in PER_HEARING:
            if n * per_hearing > pools.pool_size:
                continue
            spent = _spend(pools, unsure, policy, per_hearing, np.random.default_rng(seed))
            plain = plain or spent
            rows.append(
                {"system": pools.system, "prompt_set": pools.prompt_set, "good_cer": good_cer}
                | {"n": n, "draws_per_hearing": per_hearing}
                | _cells(spent, plain, per_hearing)
            )
    return rows


def _spend(
    pools: JudgedPools,
    unsure: np.ndarray,
    policy: FirstGood,
    per_hearing: int,
    rng: np.random.Generator,
) -> Spent:
    found = []
    nothing = np.zeros(pools.pool_size)
    for scores, fails, of_each in zip(pools.scores, pools.fails, unsure, strict=True):
        orders = heard_of(of_each, per_hearing, NUM_ORDERS, rng)
        expected = [policy.expect(scores[i], fails[i], nothing[i]) for i in orders]
        found.append(np.mean([(e.failure, e.draws) for e in expected], axis=0))
    failures, hearings = np.array(found).T
    return Spent(failures, hearings)


def _cells(spent: Spent, plain: Spent, per_hearing: int) -> dict[str, float]:
    less = plain.failures - spent.failures
    return {
        "failure_rate": float(spent.failures.mean()),
        "standard_error": _standard_error(spent.failures),
        "less": float(less.mean()),
        "less_error": _standard_error(less),
        "mean_hearings": float(spent.hearings.mean()),
        "mean_draws": float(per_hearing * spent.hearings.mean()),
    }


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _shown(row: dict[str, Any]) -> dict[str, str]:
    less = "{less:.1%} ± {less_error:.1%}".format(**row)
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "heard at most": str(row["n"]),
        "draws per hearing": str(row["draws_per_hearing"]),
        "failures": "{failure_rate:.1%} ± {standard_error:.1%}".format(**row),
        "less than of one": less if row["draws_per_hearing"] > 1 else "",
        "heard": f"{row['mean_hearings']:.2f}",
        "drawn": f"{row['mean_draws']:.2f}",
    }


NOTE = (
    "Of so many draws the one with the lowest mean entropy is heard, until one is good (`speak "
    "--policy good`, by each system's calibration) or as many are heard as may be; then the "
    "verifier's best of them is kept. Failures by the evaluator, ± one standard error over "
    "prompts: means over {orders} random orders of each pool, exact over the order of what is "
    "heard. Less than of one: paired by prompt, at as many hearings at most."
)


if __name__ == "__main__":
    run_script(table_screening)
