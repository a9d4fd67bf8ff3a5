"""The table of heterogeneity: how far failures go by prompt, and what that leaves of best-of-n."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.results.judged_pools import JudgedPools, read_pools
from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.best_of_n import expected_failure_of_best, failures_of_all
from selfverify.statistics.heterogeneity import (
    MAX_DRAWS,
    BetaBinomial,
    DrawsNeeded,
    draws_needed,
    fit_beta_binomial,
    never_pass,
    predicted_failure,
)
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_heterogeneity(*, verdicts: list[Path], best_of: list[int], files: TableFiles) -> None:
    """Writes the beta-binomial fits beside what was observed.

    Args:
        verdicts: verdicts/{system}/{prompt_set}.parquet of every system.
        best_of: the values of n; those above a pool's size are predicted only.
        files: the table, a row per system, prompt set and n.
    """
    pools = [read_pools(path, min_size=2) for path in verdicts]
    table = pd.DataFrame([row for pool in pools for row in _rows(pool, sorted(best_of))])
    write_csv(table, files.csv)
    cells = table.groupby(["system", "prompt_set"], sort=False)
    shown = pd.DataFrame([_shown(part.to_dict("records")) for _, part in cells])
    note = "\n\n".join([NOTE, *map(_ceiling, pools)])
    write_shown(shown, note, files)


NOTE = (
    "Failures by the evaluator under a beta-binomial model. rho: intra-class correlation of the "
    "candidates of a prompt; 0, failures are bad luck; 1, prompts always fail or never. Predicted: "
    "the chance that all n draws fail, with profile-likelihood 95 % intervals; observed: the same "
    "over all n-subsets of the pool; kept: the candidate that the verifier keeps fails. Draws for "
    f"1 %: the n at which a perfect verifier would reach it, – above {MAX_DRAWS:,}."
)


def _rows(pool: JudgedPools, best_of: list[int]) -> list[dict[str, Any]]:
    fit = fit_beta_binomial(pool.num_failed, pool.pool_size)
    hopeless = never_pass(pool.utterance_ids, pool.num_failed, pool.pool_size)
    whole = {"system": pool.system, "prompt_set": pool.prompt_set} | _fit_columns(fit)
    ceiling = {
        "num_never_pass": hopeless.share.k,
        "never_pass_low": hopeless.share.low,
        "never_pass_high": hopeless.share.high,
        "never_pass_method": hopeless.share.method,
        "never_pass_expected": predicted_failure(fit, pool.pool_size).mean * fit.num_prompts,
        "never_pass_chance_low": hopeless.chance_low,
        "never_pass_ids": " ".join(hopeless.utterance_ids),
    }
    needed = _needed_columns(draws_needed(fit))
    return [whole | _prediction(pool, fit, n) | needed | ceiling for n in best_of]


def _fit_columns(fit: BetaBinomial) -> dict[str, Any]:
    return {name: value for name, value in asdict(fit).items() if name != "region"}


def _prediction(pool: JudgedPools, fit: BetaBinomial, num_drawn: int) -> dict[str, Any]:
    predicted = predicted_failure(fit, num_drawn)
    observed = kept = None
    if num_drawn <= pool.pool_size:
        observed = failures_of_all(pool.num_failed, pool.pool_size, num_drawn).mean()
        kept = expected_failure_of_best(pool.scores, pool.fails, num_drawn)
    bounds = {"predicted_low": predicted.low, "predicted_high": predicted.high}
    return {"best_of": num_drawn, "observed": observed, "kept": kept} | {
        "predicted": predicted.mean, **bounds
    }  # fmt: skip


def _needed_columns(needed: DrawsNeeded) -> dict[str, Any]:
    """An empty cell is more than `MAX_DRAWS`."""
    names = {"num_drawn": "draws_needed", "low": "draws_low", "high": "draws_high"}
    found = {column: getattr(needed, name) for name, column in names.items()}
    return found | {"draws_target": needed.target}


def _shown(rows: list[dict[str, Any]]) -> dict[str, str]:
    first = rows[0]
    needed, low, high = (
        "–" if pd.isna(first[name]) else f"{first[name]:.0f}"
        for name in ("draws_needed", "draws_low", "draws_high")
    )
    rho = "–" if pd.isna(first["rho"]) else f"{first['rho']:.2f}"
    return {
        "system": first["system"],
        "prompt set": first["prompt_set"],
        "rho": f"{rho} [{first['rho_low']:.2f}, {first['rho_high']:.2f}]",
        "mean": f"{first['mean']:.1%}",
        **{f"n = {row['best_of']}: predicted / observed / kept": _cell(row) for row in rows},
        "draws for 1 %": f"{needed} [{low}, {high}]",
        "never pass": f"{first['num_never_pass']}/{first['num_prompts']}",
    }


def _cell(row: dict[str, Any]) -> str:
    predicted = "{predicted:.1%} [{predicted_low:.1%}, {predicted_high:.1%}]".format(**row)
    seen = ["–" if pd.isna(row[name]) else f"{row[name]:.1%}" for name in ("observed", "kept")]
    return " / ".join([predicted, *seen])


def _ceiling(pool: JudgedPools) -> str:
    hopeless = never_pass(pool.utterance_ids, pool.num_failed, pool.pool_size)
    ids = ", ".join(hopeless.utterance_ids) or "none"
    where = f"{pool.system}, {pool.prompt_set}: never passed in {pool.pool_size} draws"
    return f"{where} (each fails with chance {hopeless.chance_low:.0%} or more): {ids}."


if __name__ == "__main__":
    run_script(table_heterogeneity)
