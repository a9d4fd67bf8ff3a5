"""The table of gains by prompt: on which prompts does training help?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.distillation.comparison import TEACHER, Arm, parse_arms, read_arms, teacher_of
from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.intervals import korn_graubard
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

NOTE = (
    "Failures by the evaluator of single candidates, as is and after training, with Korn-Graubard "
    "95 % intervals. Difficulty is how many of the first half of the teacher's candidates fail; "
    "as is has the other half alone, because prompts chosen for their failures fail less when they "
    "are drawn again. Of a prompt on which nothing passes nothing is learnt: the ceiling."
)


def table_gain_by_prompt(
    *,
    teachers: list[Path],
    policies: list[Path],
    arms: list[str],
    files: TableFiles,
) -> None:
    """Writes failures by difficulty and category of the prompt, a row per system, arm and group.

    Args:
        teachers: verdicts of the systems.
        policies: verdicts of the policies.
        arms: "policy=system=arm" of every policy.
        files: the table, with difficulties and categories; for people, difficulties alone.
    """
    found = read_arms(teachers, policies, parse_arms(arms))
    categories = {
        (path.parent.name, path.stem): pd.read_parquet(path)
        .groupby("utterance_id")["category"]
        .first()
        for path in teachers
    }
    rows = []
    for arm in found:
        teacher = teacher_of(arm, found)
        names = categories[arm.system, arm.prompt_set].loc[list(teacher.policies[0].utterance_ids)]
        rows += _rows(arm, "difficulty", difficulty(teacher))
        rows += _rows(arm, "category", names.to_numpy())
    table = pd.DataFrame(rows)
    write_csv(table, files.csv)
    shown = [_shown(row) for row in rows if row["grouping"] == "difficulty"]
    write_shown(pd.DataFrame(shown), NOTE, files)


def difficulty(teacher: Arm) -> np.ndarray:
    """Returns "never", "sometimes" or "always" per prompt: whether the first half fails."""
    half = teacher.fails[:, : teacher.fails.shape[1] // 2]
    names = np.full(len(half), "sometimes", dtype=object)
    names[half.all(axis=1)] = "always"
    names[~half.any(axis=1)] = "never"
    return names


def _rows(arm: Arm, grouping: str, groups: np.ndarray) -> list[dict[str, Any]]:
    fails = arm.fails
    if arm.name == TEACHER and grouping == "difficulty":
        fails = fails[:, fails.shape[1] // 2 :]
    rows = []
    for group in sorted(set(groups)):
        members = fails[groups == group]
        rate = korn_graubard(members.sum(axis=1), members.shape[1])
        rows.append(
            {
                "system": arm.system,
                "prompt_set": arm.prompt_set,
                "arm": arm.name,
                "grouping": grouping,
                "group": group,
                "num_prompts": len(members),
                "k": int(members.sum()),
                "n": members.size,
                "rate": rate.mean,
                "low": rate.low,
                "high": rate.high,
            }
        )
    return rows


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "teacher fails": row["group"],
        "arm": row["arm"],
        "prompts": str(row["num_prompts"]),
        "failures": "{k}/{n} = {rate:.1%} [{low:.1%}, {high:.1%}]".format(**row),
    }


if __name__ == "__main__":
    run_script(table_gain_by_prompt)
