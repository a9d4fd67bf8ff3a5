"""The table of agreement: verdicts of verifier and evaluator, 2 × 2, whole and by failure mode."""

from math import isnan
from pathlib import Path

import pandas as pd

from selfverify.results.markup import TableFiles, counts_with_intervals, write_shown
from selfverify.results.summary import agreement_by_mode
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def table_asr_agreement(*, verdicts: list[Path], files: TableFiles) -> None:
    """Writes how far the two recognisers agree on what failed, and how.

    Args:
        verdicts: verdicts/{system}/{prompt_set}.parquet of every system and reference.
        files: the table, a row per system, prompt set and failure mode; `any` first.
    """
    table = pd.concat([_rows(path) for path in verdicts], ignore_index=True)
    write_csv(table, files.csv)
    shown = table.assign(
        agree=counts_with_intervals(table),
        kappa=["–" if isnan(kappa) else f"{kappa:.2f}" for kappa in table["kappa"]],
    )
    columns = ["system", "prompt_set", "failure_mode", *COUNTS, "agree", "kappa"]
    write_shown(pd.DataFrame(shown[columns]), NOTE, files)


COUNTS = ["both_fail", "only_verifier_fails", "only_evaluator_fails", "both_pass"]
NOTE = (
    "Candidates whose verdict the two recognisers share, with exact 95 % intervals for independent "
    "candidates; those of one utterance are alike, so the true ones are wider. A row of a failure "
    "mode takes any other mode for a pass. Kappa is Cohen's: agreement beyond chance, which falls "
    "with the rarity of failures at equal accuracy and is undefined (–) where neither "
    "recogniser varies. Agreement is no accuracy: both may be wrong."
)


def _rows(path: Path) -> pd.DataFrame:
    rows = agreement_by_mode(pd.read_parquet(path))
    rows.insert(0, "prompt_set", path.stem)
    rows.insert(0, "system", path.parent.name)
    return rows


if __name__ == "__main__":
    run_script(table_asr_agreement)
