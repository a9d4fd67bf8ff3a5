"""What `speak` starts from: the pair (temperature, n) that a calibration pool shows to be best."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.results.summary import without_pipeline_errors
from selfverify.selection.best_of_n import selection_score
from selfverify.selection.policies import FirstAccepted
from selfverify.statistics.best_of_n import failures_of_all

KEYS = ["utterance_id", "candidate_index"]


@dataclass(frozen=True)
class Pools:
    """Judged pools of one temperature, each array of shape (prompts, M)."""

    temperature: float
    scores: np.ndarray  # the verifier's
    fails: np.ndarray  # the evaluator's word, bool
    durations_s: np.ndarray


@dataclass(frozen=True)
class Cell:
    """What stopping at the first accepted of at most n does at a temperature."""

    temperature: float
    n: int
    failure_rate: float  # by the evaluator
    standard_error: float  # over prompts
    oracle_rate: float  # all n drawn fail
    mean_draws: float
    mean_sampled_s: float


def read_calibration(path: Path, temperature: float | None = None) -> list[Pools]:
    """Returns the judged pools of a table, one of each temperature that it has.

    Args:
        path: verdicts by verifier and evaluator, and perhaps the column temperature.
        temperature: of all of them, where there is no such column.
    """
    table = without_pipeline_errors(pd.read_parquet(path))
    if "temperature" not in table:
        table["temperature"] = temperature
    return [
        _pools(float(str(name)), pd.DataFrame(part).sort_values(KEYS))
        for name, part in table.groupby("temperature")
    ]


def _pools(temperature: float, table: pd.DataFrame) -> Pools:
    shape = (len(set(table["utterance_id"])), -1)
    scores = selection_score(
        table["verifier_cer"].to_numpy(dtype=float),
        table["verifier_is_catastrophic"].to_numpy(dtype=bool),
    )
    return Pools(
        temperature,
        scores.reshape(shape),
        table["is_catastrophic"].to_numpy(dtype=bool).reshape(shape),
        table["duration_s"].to_numpy(dtype=float).reshape(shape),
    )


def calibrate(pools: Sequence[Pools]) -> list[Cell]:
    """Returns a cell per temperature and n, exact expectations over all orders of each pool."""
    return [_cell(one, n) for one in pools for n in range(1, one.scores.shape[1] + 1)]


def choose(cells: Sequence[Cell]) -> Cell:
    """Returns the cheapest cell that is not worse than the best by more than its standard error.

    The rule of one standard error (Breiman et al. 1984): a small pool cannot tell the best from
    those near it, and of these the cheapest is taken, by seconds of audio drawn.
    """
    best = min(cells, key=lambda cell: (cell.failure_rate, cell.mean_sampled_s))
    limit = best.failure_rate + best.standard_error
    near = [cell for cell in cells if cell.failure_rate <= limit + 1e-12]
    return min(near, key=lambda cell: (cell.mean_sampled_s, cell.failure_rate))


def _cell(pools: Pools, n: int) -> Cell:
    policy = FirstAccepted(n)
    rows = zip(pools.scores, pools.fails, pools.durations_s, strict=True)
    expected = [policy.expect(*row) for row in rows]
    failures = np.array([e.failure for e in expected])
    error = failures.std(ddof=1) / np.sqrt(len(failures)) if len(failures) > 1 else 0.0
    return Cell(
        pools.temperature,
        n,
        float(failures.mean()),
        float(error),
        float(failures_of_all(pools.fails.sum(axis=1), pools.fails.shape[1], n).mean()),
        float(np.mean([e.draws for e in expected])),
        float(np.mean([e.sampled_s for e in expected])),
    )
