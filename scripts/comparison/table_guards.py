"""The table of guards: has training changed how a system sounds, beside what it says?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.linalg import norm

from selfverify.distillation.comparison import TEACHER, parse_arms
from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.contrasts import equivalence_test, holm
from selfverify.storage.tables import read_tables, write_csv
from selfverify.workflow.script import run_script

KEYS = ["utterance_id", "candidate_index"]
MEASURES = {
    "duration": "seconds of the clip per expected second",
    "speech": "seconds of speech per expected second",
    "pace": "expected seconds per second of speech, of candidates that pass",
    "pitch": "median F0, semitones above 100 Hz, of candidates that pass",
    "pitch spread": "standard deviation of F0, semitones, of candidates that pass",
    "errors": "characters wrong, by the evaluator, of candidates that pass",
    "timbre": "distance of the mean cepstrum from that of all that pass of the system as it is, of "
    "candidates that pass, as a multiple of the system's own",
    "variety of pace": "how far the paces of two candidates of a prompt lie apart, if both pass",
    "variety of pitch": "the same of pitch, semitones",
}
# Of timbre, between what playing the voice 6 and 12 % faster does, .1 and .5
# (`selfverify.audio.timbre`); the others by convention.
MARGINS = {
    "duration": 0.1, "speech": 0.1, "pace": 0.1, "pitch": 0.5, "pitch spread": 0.5,
    "errors": 0.02, "timbre": 0.25, "variety of pace": 0.05, "variety of pitch": 0.5,
}  # fmt: skip


def table_guards(
    *,
    teachers: list[Path],
    policies: list[Path],
    voices: list[Path],
    arms: list[str],
    files: TableFiles,
) -> None:
    """Writes, per system and arm, each measure beside the teacher's, over all prompt sets.

    Args:
        teachers: verdicts of the systems.
        policies: verdicts of the policies.
        voices: of each arm, of the candidates of these files.
        arms: "policy=system=arm" of every policy.
        files: the table.
    """
    members: dict[tuple[str, str], list[pd.DataFrame]] = {}
    heard = read_tables(voices)
    for path in [*teachers, *policies]:
        name = path.parent.name
        voice = heard[(heard["speaker"] == name) & (heard["prompt_set"] == path.stem)]
        table = pd.read_parquet(path).merge(voice, on=KEYS, validate="one_to_one")
        members.setdefault(parse_arms(arms).get(name, (name, TEACHER)), []).append(table)
    tables = {key: pd.concat(parts) for key, parts in members.items()}
    own = {system: timbre_of(tables[system, TEACHER]) for system, _ in tables}
    measured = {key: measures(table, own[key[0]]) for key, table in tables.items()}
    rows = [
        _row(system, arm, measured[system, TEACHER][name], values[name], name)
        for (system, arm), values in measured.items()
        if arm != TEACHER
        for name in MEASURES
    ]
    adjusted = holm([row["p"] for row in rows]).p_values
    table = pd.DataFrame(rows).assign(p_adjusted=adjusted)
    write_csv(table, files.csv)
    shown = pd.DataFrame(map(_shown, table.to_dict("records")))
    write_shown(shown, _note(), files)


@dataclass(frozen=True)
class Timbre:
    """Of a system as it is."""

    centre: np.ndarray  # mean cepstrum
    radius: float  # mean distance from it

    def distance(self, cepstrum: np.ndarray | None) -> float:
        """Returns the distance from the centre, in radii."""
        return np.nan if cepstrum is None else float(norm(cepstrum - self.centre)) / self.radius


def timbre_of(verdicts: pd.DataFrame) -> Timbre:
    """Returns the timbre of the candidates that pass."""
    found = np.stack(verdicts.loc[_passes(verdicts), "cepstrum"].dropna().to_list())
    centre = found.mean(axis=0)
    return Timbre(centre, float(norm(found - centre, axis=1).mean()))


def _passes(verdicts: pd.DataFrame) -> np.ndarray:
    fails = verdicts["is_catastrophic"].to_numpy(dtype=bool)
    return ~fails & (verdicts["speech_s"].to_numpy() > 0)


def measures(verdicts: pd.DataFrame, own: Timbre) -> dict[str, pd.Series]:
    """Returns the values of each measure by utterance_id, the mean over its candidates.

    Args:
        verdicts: of one arm of a system, with its measures of voice.
        own: the timbre of the system as it is.
    """
    values = pd.DataFrame({"utterance_id": verdicts["utterance_id"]})
    values["duration"] = verdicts["duration_s"] / verdicts["expected_s"]
    values["speech"] = verdicts["speech_s"] / verdicts["expected_s"]
    passes = _passes(verdicts)
    values["pace"] = (verdicts["expected_s"] / verdicts["speech_s"]).where(passes)
    values["pitch"] = verdicts["pitch_st"].where(passes)
    values["pitch spread"] = verdicts["pitch_spread_st"].where(passes)
    values["errors"] = verdicts["cer"].where(passes)
    values["timbre"] = verdicts["cepstrum"].map(own.distance, na_action=None).where(passes)
    prompts = values.groupby("utterance_id")
    means = {name: pd.Series(prompts[name].mean()) for name in values.columns[1:]}
    apart = {f"variety of {n}": pd.Series(prompts[n].agg(_apart)) for n in ("pace", "pitch")}
    return means | apart


def _apart(values: pd.Series) -> float:
    """Mean distance of two values, whose expectation does not depend on how many there are."""
    found = values.dropna().to_numpy()
    pairs = np.abs(found[:, None] - found)[np.triu_indices(len(found), 1)]
    return float(pairs.mean()) if len(pairs) else np.nan


def _row(
    system: str, arm: str, teacher: pd.Series, policy: pd.Series, measure: str
) -> dict[str, Any]:
    both = pd.concat([teacher.rename("teacher"), policy.rename("arm")], axis=1).dropna()
    differences = (both["arm"] - both["teacher"]).to_numpy()
    test = equivalence_test(np.asarray(differences), MARGINS[measure])
    return {
        "system": system,
        "arm": arm,
        "measure": measure,
        "num_prompts": len(both),
        "teacher": both["teacher"].mean(),
        "value": both["arm"].mean(),
        "difference": test.mean_difference,
        "low": test.low,
        "high": test.high,
        "margin": MARGINS[measure],
        "p": test.p_value,
    }


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "system": row["system"],
        "arm": row["arm"],
        "measure": row["measure"],
        "prompts": str(row["num_prompts"]),
        "as is → arm": "{teacher:.2f} → {value:.2f}".format(**row),
        "difference": "{difference:+.3f} [{low:+.3f}, {high:+.3f}]".format(**row),
        "p adjusted": f"{row['p_adjusted']:.2g}",
        "verdict": "as before" if row["p_adjusted"] < 0.05 else "not shown",
    }


def _note() -> str:
    measured = "; ".join(f"{name}: {what}" for name, what in MEASURES.items())
    margins = ", ".join(f"{margin:g} ({name})" for name, margin in MARGINS.items())
    return (
        f"{measured}. Means over prompts of all prompt sets, paired by prompt, where both have a "
        f"value; two one-sided tests within ±{margins} and their 90 % interval, Holm's adjustment "
        "for the whole table. As before: a change beyond the margin is ruled out."
    )


if __name__ == "__main__":
    run_script(table_guards)
