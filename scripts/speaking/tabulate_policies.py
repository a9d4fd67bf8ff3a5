"""Failure rate and cost of each policy of spending, by system and prompt set."""

from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.results.judged_pools import KEYS, JudgedPools, read_pools
from selfverify.results.summary import without_pipeline_errors
from selfverify.selection.policies import POLICIES, BestOfN, Policy, oracle_recovery
from selfverify.statistics.best_of_n import failures_of_all
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def tabulate_policies(
    *, verdicts: list[Path], num_draws: list[int], max_share: float, output: Path
) -> None:
    """Writes a row per system, prompt set, policy and n: exact expectations over pools.

    Columns: failure_rate by the evaluator; mean_draws; mean_sampled_s, seconds of audio drawn, and
    cost, the same as a multiple of a single shot's; the same two with `_abort`, where a candidate
    is given up once it is over-long for its text, which no accepted one is; oracle_rate, all n
    drawn fail; oracle_recovery.

    Args:
        verdicts: of systems on prompt sets.
        num_draws: the values of n.
        max_share: multiple of the expected duration from which a candidate is over-long.
        output: CSV file to write.
    """
    rows = []
    for path in verdicts:
        pools = read_pools(path, min_size=max(num_draws))
        durations, aborted = read_durations(path, max_share)
        single = _means(BestOfN(1), pools, durations, aborted)
        for name, policy in POLICIES.items():
            for n in num_draws:
                rows.append(
                    {"system": pools.system, "prompt_set": pools.prompt_set, "policy": name, "n": n}
                    | _cells(policy(n), pools, durations, aborted, single)
                )
    write_csv(pd.DataFrame(rows), output)


def read_durations(path: Path, max_share: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns seconds of each candidate, (prompts, M): as drawn, and given up when over-long."""
    table = without_pipeline_errors(pd.read_parquet(path)).sort_values(KEYS)
    num_prompts = len(set(table["utterance_id"]))
    drawn = table["duration_s"].to_numpy().reshape(num_prompts, -1)
    limits = max_share * table["expected_s"].to_numpy().reshape(num_prompts, -1)
    return drawn, np.minimum(drawn, limits)


def _means(
    policy: Policy, pools: JudgedPools, durations: np.ndarray, aborted: np.ndarray
) -> dict[str, float]:
    plain, early = (
        [policy.expect(*row) for row in zip(pools.scores, pools.fails, seconds, strict=True)]
        for seconds in (durations, aborted)
    )
    return {
        "failure_rate": float(np.mean([e.failure for e in plain])),
        "mean_draws": float(np.mean([e.draws for e in plain])),
        "mean_sampled_s": float(np.mean([e.sampled_s for e in plain])),
        "mean_sampled_s_abort": float(np.mean([e.sampled_s for e in early])),
    }


def _cells(
    policy: Policy,
    pools: JudgedPools,
    durations: np.ndarray,
    aborted: np.ndarray,
    single: dict[str, float],
) -> dict[str, float]:
    means = _means(policy, pools, durations, aborted)
    oracle = float(failures_of_all(pools.num_failed, pools.pool_size, policy.num_draws).mean())
    return means | {
        "cost": means["mean_sampled_s"] / single["mean_sampled_s"],
        "cost_abort": means["mean_sampled_s_abort"] / single["mean_sampled_s"],
        "oracle_rate": oracle,
        "oracle_recovery": oracle_recovery(single["failure_rate"], means["failure_rate"], oracle),
    }


if __name__ == "__main__":
    run_script(tabulate_policies)
