"""The benchmark's cells as a table for people."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from selfverify.results.markup import formatted

COLUMNS = {
    "kind": ("what", "{}"),
    "system": ("of", "{}"),
    "batch_size": ("batch", "{:.0f}"),
    "step_ms": ("step, ms", "{:.2f}"),
    "ids_per_s": ("ids/s", "{:,.0f}"),
    "audio_s_per_s": ("audio s/s", "{:,.1f}"),
    "bound_share": ("of the bound", "{:.0%}"),
    "peak_gb": ("peak, GB", "{:.1f}"),
    "planned_gb": ("planned, GB", "{:.1f}"),
    "rows_equal": ("equal rows", "{}"),
    "note": ("", "{}"),
}
NOTE = (
    "Random weights of the published configurations; rows never end. The bound is the least time "
    "in which the card's memory, by its data sheet, can give the weights once and each row's keys "
    "and values so far. `sample` is a replayed CUDA graph over a static cache with all settings of "
    "params.yaml, `plain` the path without either, `official` transformers' `generate` of one text "
    "at a time, its prompt included. `ids` are draws of the static path that the plain path makes "
    "from the same seeds; after a first difference of rounding a row goes its own way. Peak is "
    "that of PyTorch's allocator. Recognition is transformers' Whisper with a fixed number of ids. "
    "A training step is computed from one micro-batch and one update."
)


def shown_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Returns the cells as text, one row each."""
    return formatted([row | _in_words(row) for row in rows], COLUMNS)


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    """What a cell has beside the common columns."""
    if note := row.get("error") or row.get("skipped"):
        return {"note": note}
    if row["kind"] == "card":
        return {"note": f"{row['card']}, copies at {row['copy_gb_per_s']:,.0f} GB/s"}
    if "step_s" in row:
        return {
            "step_ms": 1e3 * row["step_s"],
            "note": f"{row['positions_per_s']:,.0f} positions/s",
        }
    if "num_ids" in row:
        note = f"{row['rows_that_differ']} first differences in {row['ids_before_difference']} ids"
        if "differ_given_prefix" in row:
            ours, plain = row["differ_given_prefix"], row["plain_differ_given_prefix"]
            note += f"; given the prefix {ours:.2%} differ, {plain:.2%} of the plain path's"
        return {"rows_equal": f"{row['rows_equal']}/{row['num_rows']}", "note": note}
    return {}


def with_plans(rows: Sequence[dict[str, Any]], plans: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns the cells with what `table_training_resources` plans for trainings beside them.

    Args:
        rows: of all cells.
        plans: that table, with columns system and total_gb.
    """
    planned = dict(zip(plans["system"], plans["total_gb"], strict=True))
    return [
        row | {"planned_gb": planned.get(row["system"])} if row["kind"] in ("sft", "dpo") else row
        for row in rows
    ]
