"""The table: what a listening test can find, by raters that are simulated, errors and all."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from selfverify.listening.simulation import World, simulate
from selfverify.results.markup import TableFiles, write_shown
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

FAILURE_RATES = (0.05, 0.2)
# Chance that a rater hears a failure as right, and what is right as a failure. Assumed.
RATERS = {"careful": (0.05, 0.01), "careless": (0.2, 0.05)}
NUM_RATERS = (1, 3)
NUM_CLIPS = (27, 54, 108, 216)
# Of each recogniser, near what the two of the mini track say of each other. Assumed.
SENSITIVITY, SPECIFICITY = 0.9, 0.97


def table_simulated_raters(*, num_studies: int, seed: int, files: TableFiles) -> None:
    """Writes the table for machines and for people.

    Args:
        num_studies: simulated for each row.
        seed: of the simulations.
        files: the table, a row per failure rate, kind and number of raters, and number of clips.
    """
    cells = product(FAILURE_RATES, RATERS, NUM_RATERS, NUM_CLIPS)
    rows = [
        _row(*cell, num_studies, np.random.default_rng([seed, index]))
        for index, cell in enumerate(cells)
    ]
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE.format(num_studies=num_studies), files)


def _row(
    failure_rate: float,
    raters: str,
    num_raters: int,
    num_clips: int,
    num_studies: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    world = World(failure_rate, SENSITIVITY, SPECIFICITY, *RATERS[raters])
    keys = {"failure_rate": failure_rate, "raters": raters, "num_raters": num_raters}
    found = simulate(world, num_clips, num_raters, num_studies, rng)
    return keys | {"num_clips": num_clips, "num_studies": num_studies} | found


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "true rate": f"{row['failure_rate']:.0%}",
        "raters": f"{row['num_raters']} {row['raters']}",
        "clips": str(row["num_clips"]),
        "naive, error in points": f"{100 * row['naive_bias']:+.1f}",
        "corrected, error in points": f"{100 * row['corrected_bias']:+.1f}",
        "half-width": f"{row['half_width']:.1%}",
        "covered": f"{row['coverage']:.0%}",
    }


NOTE = (
    "Simulated, no person was asked: {num_studies} studies a row, pools of 900 clips, recognisers "
    "that find 90 % of failures and pass 97 % of the rest; a careful rater misses 5 % of failures "
    "and hears 1 % of the rest as failures, a careless one 20 and 5 %. Naive: the recogniser's "
    "rate; corrected: Rogan and Gladen's, with the raters' majority as truth; half-width of its "
    "95 % interval, and how often that covers the true rate. 54 clips are the default of a test."
)


if __name__ == "__main__":
    run_script(table_simulated_raters)
