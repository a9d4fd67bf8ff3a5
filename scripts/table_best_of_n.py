"""The table: failures k of n with rate and interval, per system, prompt set and n."""

from pathlib import Path

import pandas as pd

from selfverify.command import run_script
from selfverify.files import atomic_path
from selfverify.tables import write_csv


def table_best_of_n(*, rates: Path, csv: Path, markdown: Path) -> None:
    """Writes the table for machines and for people.

    Args:
        rates: results/failure_rates.csv.
        csv: table with one row per cell.
        markdown: the same, a column per n.
    """
    table = pd.read_csv(rates)
    write_csv(table, csv)
    table["cell"] = [
        f"{row['k']}/{row['n']} = {row['rate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
        for row in table.to_dict("records")
    ]
    order = list(dict.fromkeys(zip(table["system"], table["prompt_set"], strict=True)))
    wide = table.pivot(index=["system", "prompt_set"], columns="best_of", values="cell").loc[order]
    with atomic_path(markdown) as temporary:
        temporary.write_text(_markdown(wide))


def _markdown(wide: pd.DataFrame) -> str:
    header = ["system", "prompts", *(f"best of {n}" if n > 1 else "single shot" for n in wide)]
    lines = [header, ["---"] * len(header)]
    for (system, prompt_set), cells in wide.iterrows():  # type: ignore[misc]
        lines.append([system, prompt_set, *("" if pd.isna(c) else c for c in cells)])
    note = (
        "Failures by the evaluator, k of n utterances, with exact (Clopper-Pearson) 95 % intervals."
    )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + f"\n\n{note}\n"


if __name__ == "__main__":
    run_script(table_best_of_n)
