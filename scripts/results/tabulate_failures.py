"""Failure rates by n, failure modes and agreement of the recognisers, over systems and sets."""

import json
from pathlib import Path

import pandas as pd

from selfverify.results.summary import (
    agreement,
    failure_modes,
    failure_rates,
    failures_by_category,
    nested_rates,
)
from selfverify.storage.files import atomic_path
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def tabulate_failures(
    *,
    verdicts: list[Path],
    selected: list[Path],
    rates: Path,
    modes: Path,
    categories: Path,
    agreements: Path,
    metrics: Path,
) -> None:
    """Writes the results that figures and tables show.

    Args:
        verdicts: verdicts/{system}/{prompt_set}.parquet of every system and reference.
        selected: selected/{system}/{prompt_set}.parquet, in the same order.
        rates: CSV of failure rates by n.
        modes: CSV of failure modes by category.
        categories: CSV of failure rates by category.
        agreements: CSV of the verdicts' agreement between verifier and evaluator.
        metrics: JSON of the failure rates, for `dvc metrics diff`.
    """
    parts: dict[Path, list[pd.DataFrame]] = {
        path: [] for path in (rates, modes, categories, agreements)
    }
    for verdict_path, selected_path in zip(verdicts, selected, strict=True):
        system, prompt_set = verdict_path.parts[-2], verdict_path.stem
        if selected_path.parts[-2:] != verdict_path.parts[-2:]:
            raise ValueError(f"{verdict_path} is paired with {selected_path}")
        table, choice = pd.read_parquet(verdict_path), pd.read_parquet(selected_path)
        for path, part in (
            (rates, failure_rates(table, choice)),
            (modes, failure_modes(table)),
            (categories, failures_by_category(table, choice)),
            (agreements, agreement(table)),
        ):
            part.insert(0, "prompt_set", prompt_set)
            part.insert(0, "system", system)
            parts[path].append(part)
    for path, tables in parts.items():
        write_csv(pd.concat(tables, ignore_index=True), path)
    with atomic_path(metrics) as temporary:
        rate_tree = nested_rates(pd.concat(parts[rates]))
        temporary.write_text(json.dumps(rate_tree, indent=2) + "\n")
    _print_agreement(pd.concat(parts[agreements]))


def _print_agreement(table: pd.DataFrame) -> None:
    for row in table.to_dict("records"):
        print(
            "{system}, {prompt_set}: verifier and evaluator agree on {k} of {n} verdicts "
            "({rate:.1%}, 95% interval {low:.1%} to {high:.1%})".format(**row)
        )


if __name__ == "__main__":
    run_script(tabulate_failures)
