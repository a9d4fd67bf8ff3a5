"""The table: failures k of n with rate and interval, per system, prompt set and n."""

from pathlib import Path

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_best_of_n(*, rates: Path, systems: list[str], files: TableFiles) -> None:
    """Writes the table for machines and for people.

    Args:
        rates: results/failure_rates.csv.
        systems: names to show.
        files: the table, a row per cell.
    """
    table = pd.read_csv(rates).query("system in @systems")
    write_csv(table, files.csv)
    cells = [
        f"{row['k']}/{row['n']} = {row['rate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
        for row in table.to_dict("records")
    ]
    keys = ["system", "prompt_set"]
    order = list(dict.fromkeys(zip(*(table[key] for key in keys), strict=True)))
    wide = table.assign(cell=cells).pivot(index=keys, columns="best_of", values="cell").loc[order]
    wide.columns = [f"best of {n}" if n > 1 else "single shot" for n in wide]
    write_shown(wide.reset_index(), NOTE, files)


NOTE = "Failures by the evaluator, k of n utterances, with exact (Clopper-Pearson) 95 % intervals."


if __name__ == "__main__":
    run_script(table_best_of_n)
