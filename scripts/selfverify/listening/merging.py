"""Raters' files into tables."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.listening.estimates import accuracy, agreement, consensus, rates
from selfverify.listening.pairs import preferences
from selfverify.listening.ratings import Ratings, Refused, catch_trials, read_key, read_ratings
from selfverify.storage.tables import write_csv

SEED = 1  # of resampling


def merge(key: Path, ratings: Sequence[Path], out: Path) -> str:
    """Writes the tables into `out` and returns lines to read.

    Raises:
        InputError: if the key is none, or no rater is left.
    """
    read = read_ratings(ratings, read_key(key))
    raters = catch_trials(read.answers)
    refused = [asdict(refusal) for refusal in read.refused]
    columns = ["file", "rater", "trial_id", "reason"]
    write_csv(pd.DataFrame(refused, columns=columns), out / "refused.csv")
    write_csv(raters, out / "raters.csv")
    trusted = [row["rater"] for row in raters.to_dict("records") if row["kept"]]
    kept = pd.DataFrame(read.answers[read.answers["rater"].isin(trusted)])
    if set(kept["kind"]) <= {"catch"}:
        reasons = "; ".join(f"{r.file}: {r.reason}" for r in read.refused) or "catch trials failed"
        raise InputError(f"no rater is left: {reasons}")
    tables = _tables(kept)
    for name, table in tables.items():
        write_csv(table.assign(simulated=read.simulated), out / f"{name}.csv")
    return _summary(read, raters, tables)


def _tables(answers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    if "prefers" in answers:
        return {"preferences": preferences(answers)}
    rng = np.random.default_rng(SEED)
    rated = consensus(answers)
    return {
        "agreement": agreement(answers, rng),
        "accuracy": accuracy(rated, rng),
        "rates": rates(rated, rng),
    }


def _where(refused: Refused) -> str:
    by = f"by {refused.rater}" if refused.rater else ""
    return " ".join(part for part in (refused.file, by, refused.trial_id) if part)


def _summary(read: Ratings, raters: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> str:
    lines = ["SIMULATED ratings, no human heard anything"] if read.simulated else []
    lines += [f"{sum(raters['kept'])} of {len(raters)} raters kept by their catch trials"]
    lines += [f"not merged: {_where(r)}: {r.reason}" for r in read.refused]
    for name, table in tables.items():
        lines += [f"{name}:", table.to_string(index=False, float_format=lambda x: f"{x:.3f}")]
    return "\n".join(lines)
