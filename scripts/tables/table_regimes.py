"""The table: hard prompts by regime, best-of-n and what no draw passes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.results.summary import failure_rates, without_pipeline_errors
from selfverify.statistics.intervals import clopper_pearson
from selfverify.statistics.regimes import Regime
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

WHOLE = "both"


def table_regimes(
    *, regimes: Path, verdicts: list[Path], selected: list[Path], files: TableFiles
) -> None:
    """Writes the table for machines and for people.

    Args:
        regimes: results/regimes.csv.
        verdicts: verdicts/{system}/hard.parquet of every system.
        selected: selected/{system}/hard.parquet, in the same order.
        files: the table, a row per system and regime.
    """
    categories = pd.read_csv(regimes)
    rows = [
        row
        for verdict_path, selected_path in zip(verdicts, selected, strict=True)
        for row in _rows(verdict_path, selected_path, _parts(categories))
    ]
    table = pd.DataFrame(rows)
    write_csv(table, files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), _note(categories), files)


def _parts(categories: pd.DataFrame) -> dict[str, set[str]]:
    """Regime → its categories; `WHOLE` has all."""
    parts = {str(name): set(part["category"]) for name, part in categories.groupby("regime")}
    return {WHOLE: set(categories["category"])} | parts


def _rows(
    verdict_path: Path, selected_path: Path, parts: Mapping[str, set[str]]
) -> list[dict[str, Any]]:
    verdicts, selected = pd.read_parquet(verdict_path), pd.read_parquet(selected_path)
    rows = []
    for regime, categories in parts.items():
        own = pd.DataFrame(verdicts[verdicts["category"].isin(list(categories))])
        kept = pd.DataFrame(selected[selected["utterance_id"].isin(own["utterance_id"])])
        keys = {"system": verdict_path.parent.name, "regime": regime}
        rows.append(keys | _rates(own, kept) | _never(own))
    return rows


def _rates(verdicts: pd.DataFrame, selected: pd.DataFrame) -> dict[str, Any]:
    rates = failure_rates(verdicts, selected).sort_values("best_of")
    return {
        f"best_of_{row['best_of']}_{key}": row[key]
        for row in rates.to_dict("records")
        for key in ("k", "n", "rate", "low", "high")
    }


def _never(verdicts: pd.DataFrame) -> dict[str, Any]:
    pools = without_pipeline_errors(verdicts).groupby("utterance_id")["is_catastrophic"]
    fails = pools.all().to_numpy()
    never = clopper_pearson(int(fails.sum()), len(fails))
    return {f"never_{key}": getattr(never, key) for key in ("k", "n", "rate", "low", "high")}


def _shown(row: dict[str, Any]) -> dict[str, str]:
    names = [name.removesuffix("_k") for name in row if name.endswith("_k")]
    heads = {"never": "never pass", "best_of_1": "single shot"}
    cells = {heads.get(name, name.replace("_", " ")): _cell(row, name) for name in names}
    return {"system": row["system"], "regime": row["regime"]} | cells


def _cell(row: dict[str, Any], name: str) -> str:
    k, n, low, high = (row[f"{name}_{key}"] for key in ("k", "n", "low", "high"))
    return f"{k}/{n} [{low:.1%}, {high:.1%}]"


def _note(categories: pd.DataFrame) -> str:
    ceilings = categories.loc[categories["regime"] == Regime.CEILING.value]
    named = ", ".join(f"{row.category} ({row.k}/{row.n})" for row in ceilings.itertuples())
    return (
        "Failures by the evaluator on hard prompts, k of n utterances, with exact 95 % intervals. "
        "Ceilings are the categories of whose calibration prompts too many fail in every draw, "
        f"pairs of system and prompt: {named or 'none'}. All others are bad luck."
    )


if __name__ == "__main__":
    run_script(table_regimes)
