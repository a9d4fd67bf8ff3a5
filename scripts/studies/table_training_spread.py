"""The table of how far trainings of one arm lie apart, over all studies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.trainings import (
    TrainedArm,
    TrainingSpread,
    training_spread,
    trainings_to_tell,
)
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

PROMPT_SET = "hard"  # of which all studies have enough failures
ONLINE = "online-"  # begins the name of an arm of two rounds
DIFFERENCES = (0.01, 0.02, 0.05)


def table_training_spread(*, distillations: list[Path], files: TableFiles) -> None:
    """Writes the spread of trainings of one round, of two and of all, by their failure rates.

    Args:
        distillations: table_distillation.csv of each study.
        files: the table, a row of each.
    """
    arms = [named for path in distillations for named in read_arms(path)]
    groups = {
        "one round": [arm for name, arm in arms if not name.startswith(ONLINE)],
        "two rounds": [arm for name, arm in arms if name.startswith(ONLINE)],
        "all": [arm for _, arm in arms],
    }
    spreads = {group: training_spread(members) for group, members in groups.items()}
    rows = [_row(group, members, spreads[group]) for group, members in groups.items()]
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE, files)


def read_arms(path: Path) -> list[tuple[str, TrainedArm]]:
    """Returns name and rates of each arm of a table_distillation.csv of at least two trainings."""
    table = pd.read_csv(path)
    trained = pd.DataFrame(table[(table["prompt_set"] == PROMPT_SET) & (table["num_seeds"] > 1)])
    return [
        (row["arm"], TrainedArm(_rates(row["seed_rates"]), row["n"] // row["num_seeds"]))
        for row in trained.to_dict("records")
    ]


def _rates(shown: str) -> tuple[float, ...]:
    return tuple(float(rate.rstrip("%")) / 100 for rate in shown.split())


def _row(group: str, arms: Sequence[TrainedArm], spread: TrainingSpread) -> dict[str, Any]:
    return {
        "rounds": group,
        "num_arms": len(arms),
        "num_trainings": sum(len(arm.rates) for arm in arms),
        "seen": spread.seen,
        "low": spread.low,
        "high": spread.high,
        "candidates": spread.candidates,
        "p": spread.p_value,
        "trainings": spread.trainings,
    } | {f"to_tell_{d:g}": trainings_to_tell(d, spread.trainings) for d in DIFFERENCES}


def _shown(row: dict[str, Any]) -> dict[str, str]:
    # Where candidates explain all of it, nothing is known of trainings: not that one is enough.
    told = [str(row[f"to_tell_{d:g}"]) if row["trainings"] else "–" for d in DIFFERENCES]
    return {
        "arms of": row["rounds"],
        "arms": str(row["num_arms"]),
        "trainings": str(row["num_trainings"]),
        "apart by": "{seen:.1%} [{low:.1%}, {high:.1%}]".format(**row),
        "candidates alone, at most": "{candidates:.1%}".format(**row),
        "p": "{p:.2g}".format(**row),
        "trainings alone, at least": "{trainings:.1%}".format(**row),
        f"to tell {' / '.join(f'{d:.0%}' for d in DIFFERENCES)}, at least": " / ".join(told),
    }


NOTE = (
    "Failure rates on hard prompts of trainings of one arm that differ by their seed alone, every "
    "arm of two or more. Apart by: the pooled standard deviation, with its 90 % interval. "
    "Candidates alone: what it would be if all trainings of an arm were the same policy, its "
    "candidates as many coins of one rate, at most, because prompts differ; p, that it is no more "
    "than this. Trainings alone: the root of what is left of the variance. To tell: how many "
    "trainings of each of two arms, at .05 and 80 % power, if nothing else were left to chance; –: "
    "candidates may be all of it. Online arms "
    "draw anew in every training what their second round learns from."
)


if __name__ == "__main__":
    run_script(table_training_spread)
