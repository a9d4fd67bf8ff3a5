"""What is learnt from judged pools: the best of each, or the best against the worst."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from selfverify.distillation.pools import TrainingCandidate


@dataclass(frozen=True)
class Pair:
    """Two candidates of one prompt, of which the verifier accepts the first alone."""

    chosen: TrainingCandidate
    rejected: TrainingCandidate


def best_of_n(candidates: Sequence[TrainingCandidate]) -> list[TrainingCandidate]:
    """Returns of each utterance the candidate with the lowest score, where one passes.

    An utterance whose candidates all fail teaches nothing.

    Args:
        candidates: by utterance.
    """
    kept = (_best(pool) for pool in _pools(candidates))
    return [candidate for candidate in kept if candidate is not None]


def preference_pairs(candidates: Sequence[TrainingCandidate]) -> list[Pair]:
    """Returns of each utterance the best candidate and the worst, where one passes and one fails.

    Args:
        candidates: by utterance.
    """
    pairs = []
    for pool in _pools(candidates):
        best, failed = _best(pool), [candidate for candidate in pool if candidate.fails]
        if best is not None and failed:
            pairs.append(Pair(best, max(failed, key=lambda candidate: candidate.score)))
    return pairs


def describe(candidates: Sequence[TrainingCandidate]) -> dict[str, Any]:
    """Returns what a pool has to teach, and how chosen and rejected differ in class and length."""
    pools, pairs = list(_pools(candidates)), preference_pairs(candidates)
    modes = Counter(pair.rejected.failure_mode.value for pair in pairs)
    return {
        "num_candidates": len(candidates),
        "num_prompts": len(pools),
        "num_prompts_never_pass": sum(not any(c.passes for c in pool) for pool in pools),
        "num_examples": len(best_of_n(candidates)),
        "num_pairs": len(pairs),
        "chosen_frames": _mean(pair.chosen.num_frames for pair in pairs),
        "rejected_frames": _mean(pair.rejected.num_frames for pair in pairs),
        "rejected_modes": dict(sorted(modes.items())),
    }


def _pools(candidates: Sequence[TrainingCandidate]) -> Iterable[list[TrainingCandidate]]:
    return (list(pool) for _, pool in groupby(candidates, key=lambda c: c.utterance_id))


def _best(pool: list[TrainingCandidate]) -> TrainingCandidate | None:
    passing = [candidate for candidate in pool if candidate.passes]
    return min(passing, key=lambda candidate: candidate.score, default=None)


def _mean(values: Iterable[int]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else 0.0
