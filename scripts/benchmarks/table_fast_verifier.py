"""The table: what the fast verifier decides otherwise than the recogniser that it stands for."""

from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.results.summary import without_pipeline_errors
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_fast_verifier(
    *, verdicts: list[Path], reference: str, fast: str, files: TableFiles
) -> None:
    """Writes a row per system and prompt set.

    Args:
        verdicts: of the same clips by both: the reference's as evaluator, the fast one's as
            verifier, {system}/{prompt_set}.parquet.
        reference: name of the recogniser that is stood for.
        fast: name of the other.
        files: the table.
    """
    rows = [_row(path) for path in verdicts]
    write_csv(pd.DataFrame(rows), files.csv)
    note = NOTE.format(reference=reference, fast=fast)
    write_shown(pd.DataFrame(map(_shown, rows)), note, files)


def _row(path: Path) -> dict[str, Any]:
    table = without_pipeline_errors(pd.read_parquet(path))
    same_text = (table["hypothesis"] == table["verifier_hypothesis"]).to_numpy()
    theirs = table["is_catastrophic"].to_numpy()
    ours = table["verifier_is_catastrophic"].to_numpy()
    return {
        "system": path.parent.name,
        "prompt_set": path.stem,
        "n": len(table),
        "same_text": int(same_text.sum()),
        "same_verdict": int((theirs == ours).sum()),
        "reference_fails": int(theirs.sum()),
        "fast_fails": int(ours.sum()),
    }


def _shown(row: dict[str, Any]) -> dict[str, str]:
    rate = clopper_pearson(row["same_verdict"], row["n"])
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "same text": f"{row['same_text']}/{row['n']} = {row['same_text'] / row['n']:.1%}",
        "same verdict": (f"{rate.k}/{rate.n} = {rate.rate:.1%} [{rate.low:.1%}, {rate.high:.1%}]"),
        "fails by the reference": f"{row['reference_fails']}/{row['n']}",
        "fails by the fast one": f"{row['fast_fails']}/{row['n']}",
    }


NOTE = (
    "The study's candidates heard by {reference} and by {fast}, which has its weights; verdicts by "
    "the study's thresholds, with exact 95 % intervals for independent candidates."
)


if __name__ == "__main__":
    run_script(table_fast_verifier)
