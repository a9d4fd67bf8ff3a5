"""What `speak` starts from: temperature, n and when a take is good, by a calibration pool."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.results.summary import without_pipeline_errors
from selfverify.selection.best_of_n import selection_score
from selfverify.selection.policies import FirstGood
from selfverify.statistics.best_of_n import failures_of_all

KEYS = ["utterance_id", "candidate_index"]
# Share of characters wrong up to which a take is good; the last: whatever is accepted.
LIMITS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 1.0)


@dataclass(frozen=True)
class Pools:
    """Judged pools of one temperature, each array of shape (prompts, M)."""

    temperature: float
    scores: np.ndarray  # the verifier's
    fails: np.ndarray  # the evaluator's word, bool
    durations_s: np.ndarray


@dataclass(frozen=True)
class Cell:
    """What stopping at the first good one of at most n does at a temperature."""

    temperature: float
    n: int
    good_cer: float  # one of `LIMITS`
    failure_rate: float  # by the evaluator
    standard_error: float  # over prompts
    oracle_rate: float  # all n drawn fail
    mean_draws: float
    mean_sampled_s: float
    failures: np.ndarray = field(repr=False)  # chance of each prompt, (prompts,)

    def is_near(self, best: "Cell") -> bool:
        """Whether it is worse by at most one standard error of the difference, over prompts."""
        worse = self.failures - best.failures
        return worse.mean() <= _standard_error(worse) + 1e-12


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
    """Returns a cell per temperature, n and limit: exact expectations over all orders of a pool.

    A single shot has one cell: it is kept whatever its error.
    """
    return [
        _cell(one, n, limit)
        for one in pools
        for n in range(1, one.scores.shape[1] + 1)
        for limit in (LIMITS if n > 1 else LIMITS[-1:])
    ]


def choose(cells: Sequence[Cell]) -> Cell:
    """Returns the cheapest cell that is near the best, by seconds of audio drawn.

    The rule of one standard error (Breiman et al. 1984), of the paired difference: a small pool
    cannot tell the best from those near it.
    """
    best = min(cells, key=lambda cell: (cell.failure_rate, cell.mean_sampled_s))
    near = [cell for cell in cells if cell.is_near(best)]
    return min(near, key=lambda cell: (cell.mean_sampled_s, cell.failure_rate, -cell.good_cer))


def _cell(pools: Pools, n: int, good_cer: float) -> Cell:
    policy = FirstGood(n, max_cer=good_cer)
    rows = zip(pools.scores, pools.fails, pools.durations_s, strict=True)
    expected = [policy.expect(*row) for row in rows]
    failures = np.array([e.failure for e in expected])
    return Cell(
        pools.temperature,
        n,
        good_cer,
        float(failures.mean()),
        _standard_error(failures),
        float(failures_of_all(pools.fails.sum(axis=1), pools.fails.shape[1], n).mean()),
        float(np.mean([e.draws for e in expected])),
        float(np.mean([e.sampled_s for e in expected])),
        failures,
    )


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
