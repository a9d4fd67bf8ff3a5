"""The table: what a listening test finds, by raters that are simulated, errors and all."""

from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from selfverify.listening.command import NUM_CLIPS
from selfverify.listening.simulation import CAREFUL, CARELESS, GUESSING, World, simulate
from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

FAILURE_RATES = (0.05, 0.2)
PANELS = {
    "1 careful": [CAREFUL],
    "3 careful": [CAREFUL] * 3,
    "1 careless": [CARELESS],
    "3 careless": [CARELESS] * 3,
    "2 careful, 1 guessing": [CAREFUL] * 2 + [GUESSING],
}
CLIPS = (NUM_CLIPS, 216)


def table_simulated_raters(*, num_studies: int, seed: int, files: TableFiles) -> None:
    """Writes the table for machines and for people.

    Args:
        num_studies: simulated for each row.
        seed: of the simulations.
        files: the table, a row per failure rate, panel of raters, and number of clips.
    """
    cells = product(FAILURE_RATES, PANELS, CLIPS)
    rows = [
        _row(*cell, num_studies, np.random.default_rng([seed, index]))
        for index, cell in enumerate(cells)
    ]
    write_csv(pd.DataFrame(rows), files.csv)
    note = NOTE.format(num_studies=num_studies, num_clips=NUM_CLIPS)
    write_shown(pd.DataFrame(map(_shown, rows)), note, files)


def _row(
    failure_rate: float, panel: str, num_clips: int, num_studies: int, rng: np.random.Generator
) -> dict[str, Any]:
    world = World(failure_rate)
    found = simulate(world, PANELS[panel], num_clips, num_studies, rng)
    covered = clopper_pearson(found.num_covered, num_studies - found.num_void)
    row = {"failure_rate": failure_rate, "raters": panel, "num_clips": num_clips}
    ends = {"coverage_low": covered.low, "coverage_high": covered.high}
    return row | asdict(found) | {"coverage": covered.rate} | ends | {"simulated": True}


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "true rate": f"{row['failure_rate']:.0%}",
        "simulated raters": row["raters"],
        "clips": str(row["num_clips"]),
        "excluded": f"{row['excluded_share']:.0%}",
        "naive, error in points": f"{100 * row['naive_bias']:+.1f}",
        "corrected, error in points": f"{100 * row['corrected_bias']:+.1f}",
        "half-width": f"{row['half_width']:.1%}",
        "covered": f"{row['num_covered']}/{row['num_studies'] - row['num_void']}",
    }


NOTE = (
    "Simulated, no person was asked: {num_studies} studies a row, pools of 900 clips, recognisers "
    "that find 90 % of failures and pass 97 % of the rest; a careful rater misses 5 % of failures "
    "and hears 1 % of the rest as failures, a careless one 20 and 5 %, one who guesses half of "
    "both. Excluded: raters who fail the checks. Naive: the recogniser's rate; corrected: Rogan "
    "and Gladen's, with the majority of the raters left as truth; half-width of its 95 % interval, "
    "and in how many studies that covers the true rate; a study without a rater left has none. "
    "{num_clips} clips are the default of a test."
)


if __name__ == "__main__":
    run_script(table_simulated_raters)
