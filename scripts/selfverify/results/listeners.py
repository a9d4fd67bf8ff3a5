"""What listeners say of a claim: of the recogniser's verdicts that it rests on."""

from collections.abc import Sequence

import pandas as pd

NOT_VALIDATED = "not validated by listeners"


def said_by_listeners(
    subjects: Sequence[str], systems: Sequence[str], table: pd.DataFrame | None
) -> list[str]:
    """Returns, per claim, what people heard of its subject, or that nobody did.

    Args:
        subjects: a system of the track, or `all`, which is validated where every system is.
        systems: of the track.
        table: table_listeners.csv, None where nobody rated. Simulated raters validate nothing.
    """
    found = {} if table is None else _by_system(table)
    said = [found.get(system, NOT_VALIDATED) for system in systems]
    if not any(text.startswith(NOT_VALIDATED) for text in said):
        found["all"] = "listeners rated every system, see its rows"
    return [found.get(subject, NOT_VALIDATED) for subject in subjects]


def _by_system(table: pd.DataFrame) -> dict[str, str]:
    rows = table.query("recogniser == 'evaluator'").to_dict("records")
    return {
        row["system"]: f"{NOT_VALIDATED}: raters were simulated" if row["simulated"] else _said(row)
        for row in rows
    }


def _said(row: dict) -> str:
    return (
        f"{row['num_raters']} listeners, {row['num_clips']} clips: evaluator's sensitivity "
        f"{_interval(row, 'sensitivity')}, specificity {_interval(row, 'specificity')}; of all "
        f"candidates {row['naive']:.1%} fail by it, {_interval(row, 'corrected')} corrected"
    )


def _interval(row: dict, name: str) -> str:
    return f"{row[name]:.1%} [{row[f'{name}_low']:.1%}, {row[f'{name}_high']:.1%}]"
