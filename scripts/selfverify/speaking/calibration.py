"""What `speak` starts from: the pair (temperature, n) that a calibration pool shows to be best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from selfverify.selection.policies import FirstAccepted


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
    mean_draws: float
    mean_sampled_s: float


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
        float(np.mean([e.draws for e in expected])),
        float(np.mean([e.sampled_s for e in expected])),
    )
