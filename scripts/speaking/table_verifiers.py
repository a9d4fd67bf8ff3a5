"""The table: verifiers of one family of recognisers and of two, on the same pools."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.results.judged_pools import JudgedPools, read_pools
from selfverify.results.markup import TableFiles, write_shown
from selfverify.selection.policies import POLICIES, BestOfN, Policy, oracle_recovery
from selfverify.selection.verifiers import GreyZone, OneFamily, RankAverage, Verifier
from selfverify.statistics.best_of_n import failures_of_all
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# Name → what judges, and which families' scores it is given.
COMPARED: dict[str, tuple[Verifier, list[int]]] = {
    "first": (OneFamily(), [0]),
    "second": (OneFamily(), [1]),
    "second in doubt": (GreyZone(), [0, 1]),
    "both, by rank": (RankAverage(), [0, 1]),
}


def table_verifiers(
    *, first: list[Path], second: list[Path], num_draws: int, files: TableFiles
) -> None:
    """Writes a row per system, verifier and policy: exact expectations on pools.

    Columns: failure_rate by the evaluator, which is of a third family, and its standard_error over
    prompts; single_rate; oracle_rate, all n drawn fail; oracle_recovery; mean_draws; heard_twice,
    candidates that the second family hears on top of the first.

    Args:
        first: verdicts of each system's pools, by verifier and evaluator.
        second: the same with the second family in the verifier's place.
        num_draws: n.
        files: the table.

    Raises:
        InputError: if the two are not of the same candidates.
    """
    rows = [
        {"system": pools.system, "prompt_set": pools.prompt_set, "verifier": name, "policy": policy}
        | _cells(POLICIES[policy](num_draws, verifier), scores[:, :, families], pools)
        for pools, scores in (_read(*paths) for paths in zip(first, second, strict=True))
        for name, (verifier, families) in COMPARED.items()
        for policy in ("accepted", "best")
    ]
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE.format(n=num_draws), files)


def _read(first: Path, second: Path) -> tuple[JudgedPools, np.ndarray]:
    """Pools by the first family, and the scores of both, shape (prompts, M, 2)."""
    ours, theirs = read_pools(first, min_size=1), read_pools(second, min_size=1)
    kept = ours.utterance_ids == theirs.utterance_ids and (ours.fails == theirs.fails).all()
    if not kept:
        raise InputError(f"{second}: not the candidates of {first}; make both again")
    return ours, np.stack([ours.scores, theirs.scores], axis=2)


def _cells(policy: Policy, scores: np.ndarray, pools: JudgedPools) -> dict[str, float]:
    durations = np.ones_like(pools.fails, dtype=float)
    found = [policy.expect(*row) for row in zip(scores, pools.fails, durations, strict=True)]
    failures = np.array([e.failure for e in found])
    single = _mean(BestOfN(1), pools)
    oracle = float(failures_of_all(pools.num_failed, pools.pool_size, policy.num_draws).mean())
    return {
        "n": policy.num_draws,
        "single_rate": single,
        "failure_rate": float(failures.mean()),
        "standard_error": float(failures.std(ddof=1) / np.sqrt(len(failures))),
        "oracle_rate": oracle,
        "oracle_recovery": oracle_recovery(single, float(failures.mean()), oracle),
        "mean_draws": float(np.mean([e.draws for e in found])),
        "heard_twice": float(np.mean([e.heard_twice for e in found])),
    }


def _mean(policy: Policy, pools: JudgedPools) -> float:
    durations = np.ones_like(pools.fails, dtype=float)
    rows = zip(pools.scores, pools.fails, durations, strict=True)
    return float(np.mean([policy.expect(*row).failure for row in rows]))


def _shown(row: dict[str, Any]) -> dict[str, str]:
    recovery = row["oracle_recovery"]
    return {
        "system": row["system"],
        "verifier": row["verifier"],
        "policy": {"accepted": "first accepted", "best": "all drawn"}[row["policy"]],
        "single": f"{row['single_rate']:.1%}",
        "failures": "{failure_rate:.1%} ± {standard_error:.1%}".format(**row),
        "oracle": f"{row['oracle_rate']:.1%}",
        "recovery": "–" if pd.isna(recovery) else f"{recovery:.0%}",
        "draws": f"{row['mean_draws']:.2f}",
        "heard twice": f"{row['heard_twice']:.2f}",
    }


NOTE = (
    "Calibration pools, n = {n}, exact expectations ± one standard error over prompts; failures by "
    "the evaluator, of a third family. First: the study's verifier; second: PocketSphinx, before "
    "networks and much the weaker. Second in doubt: it is asked where the first accepts with more "
    "than 5 % of characters wrong. Both, by rank: accepted by both, the lowest mean rank kept. "
    "Heard twice: candidates a text that the second hears on top of the first."
)


if __name__ == "__main__":
    run_script(table_verifiers)
