"""Failure rate and cost of each policy of spending, by system and prompt set."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.results.judged_pools import KEYS, JudgedPools, read_pools
from selfverify.results.summary import without_pipeline_errors
from selfverify.selection.policies import (
    POLICIES,
    BestOfN,
    Policy,
    make_policy,
    oracle_recovery,
)
from selfverify.selection.verifiers import GOOD_CER
from selfverify.statistics.best_of_n import failures_of_all
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

# What codes and levels tell without a recogniser.
RULES = ["flag_empty", "flag_silence", "flag_runaway"]


@dataclass(frozen=True)
class SpentPools:
    """Pools with what each candidate costs, arrays of shape (prompts, M)."""

    pools: JudgedPools
    by_rules: np.ndarray  # scores without a recogniser: 1 where `RULES` refuse, else 0
    drawn_s: np.ndarray  # seconds of audio
    aborted_s: np.ndarray  # the same if it is given up once it is over-long for its text

    def scores(self, verifier: str) -> np.ndarray:
        """Returns the scores of a verifier, `recogniser` or `rules`."""
        return self.by_rules if verifier == "rules" else self.pools.scores


def tabulate_policies(
    *,
    verdicts: list[Path],
    num_draws: list[int],
    max_share: float,
    output: Path,
    starts: tuple[Path, ...] = (),
) -> None:
    """Writes a row per system, prompt set, verifier, policy and n: exact expectations over pools.

    Columns: good_cer, up to which share of characters wrong the policy good stops; verifier, the
    `recogniser` with all before it or the `rules` on codes and levels alone; failure_rate by the
    evaluator and its standard_error over prompts; mean_draws; mean_sampled_s, seconds of audio
    drawn, and cost, the same as a multiple of a single shot's; the same two with `_abort`, where a
    candidate is given up once it is over-long for its text, which no accepted one is; oracle_rate,
    all n drawn fail; oracle_recovery.

    Args:
        verdicts: of systems on prompt sets.
        num_draws: the values of n.
        max_share: multiple of the expected duration from which a candidate is over-long.
        output: CSV file to write.
        starts: speak_{system}.json of systems that are calibrated, which say what is good.
    """
    calibrated = {found["system"]: found["start"]["good_cer"] for found in map(_read, starts)}
    rows = []
    for path in verdicts:
        spent = read_spent(path, min_size=max(num_draws), max_share=max_share)
        good_cer = calibrated.get(path.parent.name, GOOD_CER)
        for verifier in ("recogniser", "rules"):
            keys = {"system": path.parent.name, "prompt_set": path.stem, "verifier": verifier}
            rows += [
                keys
                | {"policy": name, "n": n, "good_cer": good_cer}
                | _cells(make_policy(name, n, good_cer=good_cer), spent, verifier)
                for name in POLICIES
                for n in num_draws
            ]
    write_csv(pd.DataFrame(rows), output)


def _read(start: Path) -> dict[str, Any]:
    return json.loads(start.read_text())


def read_spent(path: Path, *, min_size: int, max_share: float) -> SpentPools:
    """Returns the pools of verdicts/{system}/{prompt_set}.parquet; errors as of `read_pools`."""
    pools = read_pools(path, min_size=min_size)
    table = without_pipeline_errors(pd.read_parquet(path)).sort_values(KEYS)
    shape = pools.fails.shape
    drawn_s = table["duration_s"].to_numpy().reshape(shape)
    limits_s = max_share * table["expected_s"].to_numpy().reshape(shape)
    refused = table[RULES].to_numpy(dtype=bool).any(axis=1).astype(float).reshape(shape)
    return SpentPools(pools, refused, drawn_s, np.minimum(drawn_s, limits_s))


def _means(policy: Policy, spent: SpentPools, verifier: str) -> dict[str, float]:
    plain, early = (
        [
            policy.expect(*row)
            for row in zip(spent.scores(verifier), spent.pools.fails, seconds, strict=True)
        ]
        for seconds in (spent.drawn_s, spent.aborted_s)
    )
    failures = np.array([e.failure for e in plain])
    return {
        "failure_rate": float(failures.mean()),
        "standard_error": float(failures.std(ddof=1) / np.sqrt(len(failures))),
        "mean_draws": float(np.mean([e.draws for e in plain])),
        "mean_sampled_s": float(np.mean([e.sampled_s for e in plain])),
        "mean_sampled_s_abort": float(np.mean([e.sampled_s for e in early])),
    }


def _cells(policy: Policy, spent: SpentPools, verifier: str) -> dict[str, float]:
    means, single = _means(policy, spent, verifier), _means(BestOfN(1), spent, verifier)
    pools = spent.pools
    oracle = float(failures_of_all(pools.num_failed, pools.pool_size, policy.num_draws).mean())
    return means | {
        "cost": means["mean_sampled_s"] / single["mean_sampled_s"],
        "cost_abort": means["mean_sampled_s_abort"] / single["mean_sampled_s"],
        "oracle_rate": oracle,
        "oracle_recovery": oracle_recovery(single["failure_rate"], means["failure_rate"], oracle),
    }


if __name__ == "__main__":
    run_script(tabulate_policies)
