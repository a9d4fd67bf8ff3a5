"""The table: how many clips and raters a corrected rate of a given half-width takes, simulated."""

from dataclasses import asdict
from itertools import groupby, product
from typing import Any

import numpy as np
import pandas as pd

from selfverify.listening.building import SECONDS_PER_CLIP
from selfverify.listening.catch import TRIALS_PER_PAIR
from selfverify.listening.command import NUM_CLIPS
from selfverify.listening.simulation import CAREFUL, World, simulate
from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

FAILURE_RATES = (0.05, 0.2)
NUM_RATERS = (1, 3)
CLIPS = (27, NUM_CLIPS, 108, 162, 216, 432)
HALF_WIDTHS = (0.1, 0.05, 0.03, 0.02)


def table_listening_power(*, num_studies: int, seed: int, files: TableFiles) -> None:
    """Writes the table for machines and for people.

    Args:
        num_studies: simulated for each number of clips and raters.
        seed: of the simulations.
        files: the table, a row per failure rate, number of raters and of clips.
    """
    cells = product(FAILURE_RATES, NUM_RATERS, CLIPS)
    rows = [
        _row(*cell, num_studies, np.random.default_rng([seed, index]))
        for index, cell in enumerate(cells)
    ]
    write_csv(pd.DataFrame(rows), files.csv)
    shown = [
        _shown(list(group))
        for _, group in groupby(rows, key=lambda row: (row["failure_rate"], row["num_raters"]))
    ]
    write_shown(pd.DataFrame(shown), NOTE.format(num_studies, SECONDS_PER_CLIP), files)


def minutes(num_clips: int) -> float:
    """Returns what a test of so many clips takes a person, with its checks."""
    return (num_clips + 2 * max(1, round(num_clips / TRIALS_PER_PAIR))) * SECONDS_PER_CLIP / 60


def _row(
    failure_rate: float,
    num_raters: int,
    num_clips: int,
    num_studies: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    found = simulate(World(failure_rate), [CAREFUL] * num_raters, num_clips, num_studies, rng)
    row = {"failure_rate": failure_rate, "num_raters": num_raters, "num_clips": num_clips}
    return row | {"minutes_each": minutes(num_clips)} | asdict(found) | {"simulated": True}


def _shown(rows: list[dict[str, Any]]) -> dict[str, str]:
    """A failure rate and number of raters: what the default finds, and what smaller widths take."""
    default = next(row for row in rows if row["num_clips"] == NUM_CLIPS)
    shown = {
        "true rate": f"{default['failure_rate']:.0%}",
        "simulated raters": str(default["num_raters"]),
        f"default, {NUM_CLIPS} clips": f"± {default['half_width']:.1%}, {_covered(default)}",
    }
    for width in HALF_WIDTHS:
        enough = (row for row in rows if row["half_width"] <= width)
        shown[f"for ± {width:.0%}"] = _needed(next(enough, None))
    return shown


def _needed(row: dict[str, Any] | None) -> str:
    if row is None:
        return f"more than {CLIPS[-1]}"
    return f"{row['num_clips']} clips, {row['minutes_each']:.0f} min, {_covered(row)}"


def _covered(row: dict[str, Any]) -> str:
    return f"{row['num_covered']}/{row['num_studies'] - row['num_void']}"


NOTE = (
    "Simulated, no person was asked. Mean half-width of the corrected rate's 95 % interval, the "
    "least number of clips of those tried whose mean is at most as wanted, minutes of each rater "
    "at {1} s a trial, checks included, and in how many of {0} studies the interval covers the "
    "true rate. All raters hear all clips and are careful: they miss 5 % of failures and hear 1 % "
    "of the rest as failures. Pools of 900 clips, recognisers as in table_simulated_raters. Two "
    "more raters narrow the interval less than more clips do. It sees no errors of raters: with "
    "one alone it misses the truth the more often, the more clips there are."
)


if __name__ == "__main__":
    run_script(table_listening_power)
