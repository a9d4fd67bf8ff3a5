"""The table that examines the scorer: how much of what was corrupted on purpose it finds."""

from pathlib import Path

import pandas as pd

from selfverify.metric.corruption import KINDS
from selfverify.results.markup import TableFiles, counts_with_intervals, write_shown
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.tables import read_tables, write_csv
from selfverify.workflow.script import run_script

KEYS = ["utterance_id", "candidate_index"]
ROLES = {"verifier": "verifier_", "evaluator": ""}  # prefixes of their columns
CLEAN = ("ok", "minor")


def table_scorer(
    *,
    audio: list[Path],
    corrupted: list[Path],
    clean: list[Path],
    files: TableFiles,
) -> None:
    """Writes, per recogniser and kind, the clips flagged and the clips put in the right class.

    Args:
        audio: corrupted audio, all shards of all prompt sets, for the kinds.
        corrupted: its verdicts, of every prompt set.
        clean: verdicts on the references themselves, of every prompt set.
        files: the table, a row per recogniser and kind.
    """
    kinds = read_tables(audio, [*KEYS, "kind"])
    verdicts = read_tables(corrupted).merge(kinds, on=KEYS, validate="one_to_one")
    tables = {"clean": read_tables(clean)} | {
        kind: pd.DataFrame(verdicts[verdicts["kind"] == kind]) for kind in KINDS
    }
    rows = [
        _row(role, kind, part, prefix)
        for role, prefix in ROLES.items()
        for kind, part in tables.items()
        if len(part)
    ]
    table = pd.DataFrame(rows)
    write_csv(table, files.csv)
    write_shown(_shown(table), NOTE, files)


NOTE = (
    "Clips that the scorer flags as failures (of clean and sped-up ones: false alarms), and clips "
    "whose class is an expected one, k/n with exact 95 % intervals."
)


def _row(role: str, kind: str, verdicts: pd.DataFrame, prefix: str) -> dict:
    expected = [mode.value for mode in KINDS[kind].expected] if kind in KINDS else list(CLEAN)
    flagged = verdicts[f"{prefix}is_catastrophic"]
    right = verdicts[f"{prefix}failure_mode"].isin(expected)
    row = {"recogniser": role, "kind": kind, "expected": " or ".join(expected), "n": len(verdicts)}
    for name, hits in (("flagged", flagged), ("right_class", right)):
        rate = clopper_pearson(int(hits.to_numpy().sum()), len(hits))
        row |= {f"{name}_k": rate.k, f"{name}_rate": rate.rate}
        row |= {f"{name}_low": rate.low, f"{name}_high": rate.high}
    return row


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    cells = {name: counts_with_intervals(table, f"{name}_") for name in ("flagged", "right_class")}
    columns = ["recogniser", "kind", "expected", "flagged", "right_class"]
    return table.assign(**cells).filter(items=columns)


if __name__ == "__main__":
    run_script(table_scorer)
