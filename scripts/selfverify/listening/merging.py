"""Raters' files into tables."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.listening.estimates import accuracy, agreement, consensus, rates
from selfverify.listening.pairs import preferences
from selfverify.listening.ratings import (
    Ratings,
    Refused,
    catch_trials,
    minutes,
    read_key,
    read_ratings,
)
from selfverify.storage.tables import write_csv

SEED = 1  # of resampling


@dataclass(frozen=True)
class Merged:
    """What raters' files come to."""

    tables: dict[str, pd.DataFrame]  # of the kept raters' answers, by name
    raters: pd.DataFrame
    refused: list[Refused]
    simulated: bool  # whether any file says so
    unheard: list[str]  # systems without a rate: of some of their clips nobody rated any

    def refusals(self) -> list[str]:
        """A line per file or answer that was not merged."""
        return [f"not merged: {_where(refused)}: {refused.reason}" for refused in self.refused]


def merge(key: Path, ratings: Sequence[Path], out: Path) -> str:
    """Writes the tables into `out` and returns lines to read.

    Raises:
        InputError: if the key is none, or no rater is left; refused.csv and raters.csv are written.
    """
    trials = read_key(key)
    read = read_ratings(ratings, trials)
    columns = ["file", "rater", "trial_id", "reason"]
    refused = [asdict(refusal) for refusal in read.refused]
    write_csv(pd.DataFrame(refused, columns=columns), out / "refused.csv")
    raters = _raters(read)
    write_csv(raters, out / "raters.csv")
    merged = _merged(trials, read, raters)
    for name, table in merged.tables.items():
        write_csv(table.assign(simulated=read.simulated), out / f"{name}.csv")
    return _summary(merged)


def merge_tables(key: Path, ratings: Sequence[Path]) -> Merged:
    """Returns the same without writing it.

    Raises:
        InputError: if the key is none, or no rater is left.
    """
    trials = read_key(key)
    read = read_ratings(ratings, trials)
    return _merged(trials, read, _raters(read))


def _merged(key: pd.DataFrame, read: Ratings, raters: pd.DataFrame) -> Merged:
    answers = _kept(read, raters)
    unheard = _unheard(key, answers)
    return Merged(_tables(answers, unheard), raters, read.refused, read.simulated, unheard)


def _unheard(key: pd.DataFrame, answers: pd.DataFrame) -> list[str]:
    """Systems of which a whole stratum has no answer, so that a rate would leave it out."""
    if "level" not in key:
        return []
    drawn, heard = (
        set(zip(clips["system"], clips["level"], strict=True))
        for clips in (rows[rows["kind"] == "clip"] for rows in (key, answers))
    )
    return sorted({system for system, _ in drawn - heard})


def _raters(read: Ratings) -> pd.DataFrame:
    raters = catch_trials(read.answers)
    return raters.assign(minutes=pd.Series(raters["rater"]).map(minutes(read.answers)))


def _kept(read: Ratings, raters: pd.DataFrame) -> pd.DataFrame:
    trusted = raters["rater"].to_numpy()[raters["kept"].to_numpy(bool)].tolist()
    kept = pd.DataFrame(read.answers[read.answers["rater"].isin(trusted)])
    if set(kept["kind"]) <= {"catch"}:
        reasons = dict.fromkeys(f"{r.file}: {r.reason}" for r in read.refused)
        raise InputError(f"no rater is left: {'; '.join(reasons) or 'catch trials failed'}")
    return kept


def _tables(answers: pd.DataFrame, unheard: Sequence[str]) -> dict[str, pd.DataFrame]:
    if "prefers" in answers:
        return {"preferences": preferences(answers)}
    rng = np.random.default_rng(SEED)
    rated = consensus(answers)
    return {
        "agreement": agreement(answers, rng),
        "accuracy": accuracy(rated, rng),
        "rates": _without(rates(rated, rng), unheard),
    }


def _without(table: pd.DataFrame, systems: Sequence[str]) -> pd.DataFrame:
    """The rates, none of these systems and, if there are any, none of all together."""
    known = ~table["system"].isin([*systems, *(["all"] if systems else [])])
    columns = [name for name in table.columns if name.startswith(("naive", "corrected"))]
    return table.assign(**{name: table[name].where(known) for name in columns})


def _where(refused: Refused) -> str:
    by = f"by {refused.rater}" if refused.rater else ""
    return " ".join(part for part in (refused.file, by, refused.trial_id) if part)


def _summary(merged: Merged) -> str:
    lines = ["SIMULATED ratings, no human heard anything"] if merged.simulated else []
    lines += [f"{sum(merged.raters['kept'])} of {len(merged.raters)} raters kept by their checks"]
    lines += merged.refusals()
    if merged.unheard:
        named = ", ".join(merged.unheard)
        lines += [f"no rate of {named}: some kind of its clips has no answer; ask for more of them"]
    for name, table in merged.tables.items():
        lines += [f"{name}:", table.to_string(index=False, float_format=lambda x: f"{x:.3f}")]
    return "\n".join(lines)
