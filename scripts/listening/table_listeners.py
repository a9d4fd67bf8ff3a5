"""The table: what people heard of the track's clips, and the failure rates that follow from it."""

from pathlib import Path

import pandas as pd

from selfverify.errors import InputError
from selfverify.listening.merging import merge_tables
from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

ALPHA = "Krippendorff's alpha"


def table_listeners(
    *, systems: list[str], answers: list[Path], ratings: list[Path], files: TableFiles
) -> None:
    """Writes the table; prints what was not merged, and stops where nothing is left of a system.

    Args:
        systems: that were rated.
        answers: keys of their tests, in the same order.
        ratings: files that raters exported, each in the folder of its system.
        files: the table, a row per system and recogniser.
    """
    parts = [
        _rows(system, key, [path for path in ratings if path.parent.name == system])
        for system, key in zip(systems, answers, strict=True)
    ]
    table = pd.concat(parts, ignore_index=True)
    write_csv(table, files.csv)
    note = NOTE_SIMULATED if table["simulated"].to_numpy(bool).any() else NOTE
    write_shown(_shown(table), note, files)


def _rows(system: str, key: Path, ratings: list[Path]) -> pd.DataFrame:
    try:
        merged = merge_tables(key, ratings)
    except InputError as error:
        folder = ratings[0].parent
        raise InputError(f"{folder}: {error}; mend it, or move the files elsewhere") from None
    for line in merged.refusals():
        print(line)
    rates = merged.tables["rates"].query("system == @system")
    found = merged.tables["accuracy"].query("defect == 'any'").drop(columns="defect")
    alpha = merged.tables["agreement"].set_index("measure").loc[ALPHA]
    kept = merged.raters["kept"].to_numpy(bool)
    return rates.merge(found, on="recogniser").assign(
        num_raters=kept.sum(),
        num_excluded=(~kept).sum(),
        alpha=alpha["value"], alpha_low=alpha["low"], alpha_high=alpha["high"],
        simulated=merged.simulated,
    )  # fmt: skip


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    cells = {
        "system": table["system"],
        "recogniser": table["recogniser"],
        "raters, clips": [f"{r['num_raters']}, {r['num_clips']}" for r in table.to_dict("records")],
    }
    for name in ("alpha", "sensitivity", "specificity", "corrected"):
        cells[name] = [
            f"{row[name]:.2f} [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"
            if pd.notna(row[name])
            else ""
            for row in table.to_dict("records")
        ]
    return pd.DataFrame(cells | {"naive": [f"{rate:.2f}" for rate in table["naive"]]})


NOTE = (
    "Of the clips of all prompt sets together: Krippendorff's alpha of the raters, the "
    "recogniser's sensitivity and specificity against their majority, and its failure rate, naive "
    "and corrected after Rogan and Gladen, with 95 % intervals."
)
NOTE_SIMULATED = f"SIMULATED raters, no person was asked. {NOTE}"


if __name__ == "__main__":
    run_script(table_listeners)
