"""The table of guards: has training changed how long, how fast and how high a system speaks?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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
}
MARGINS = {"duration": 0.1, "speech": 0.1, "pace": 0.1, "pitch": 0.5, "pitch spread": 0.5}


def table_guards(
    *,
    teachers: list[Path],
    policies: list[Path],
    pitches: list[Path],
    arms: list[str],
    files: TableFiles,
) -> None:
    """Writes, per system and arm, each measure beside the teacher's, over all prompt sets.

    Args:
        teachers: verdicts of the systems.
        policies: verdicts of the policies.
        pitches: of each arm, of the candidates of these files.
        arms: "policy=system=arm" of every policy.
        files: the table.
    """
    members: dict[tuple[str, str], list[pd.DataFrame]] = {}
    measured = read_tables(pitches)
    for path in [*teachers, *policies]:
        name = path.parent.name
        pitch = measured[(measured["speaker"] == name) & (measured["prompt_set"] == path.stem)]
        table = pd.read_parquet(path).merge(pitch, on=KEYS, validate="one_to_one")
        members.setdefault(parse_arms(arms).get(name, (name, TEACHER)), []).append(table)
    measured = {key: measures(pd.concat(tables)) for key, tables in members.items()}
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


def measures(verdicts: pd.DataFrame) -> dict[str, pd.Series]:
    """Returns the values of each measure by utterance_id, the mean over its candidates."""
    values = pd.DataFrame({"utterance_id": verdicts["utterance_id"]})
    values["duration"] = verdicts["duration_s"] / verdicts["expected_s"]
    values["speech"] = verdicts["speech_s"] / verdicts["expected_s"]
    passes = ~verdicts["is_catastrophic"].astype(bool) & (verdicts["speech_s"] > 0)
    values["pace"] = (verdicts["expected_s"] / verdicts["speech_s"]).where(passes)
    values["pitch"] = verdicts["pitch_st"].where(passes)
    values["pitch spread"] = verdicts["pitch_spread_st"].where(passes)
    means = values.groupby("utterance_id")
    return {name: pd.Series(means[name].mean()) for name in MEASURES}


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
