"""What is learnt from judged pools: the best, any or all that pass, or pairs of pass and fail."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from selfverify.distillation.pools import TrainingCandidate
from selfverify.sampling.seeds import candidate_seed
from selfverify.storage.records import FailureMode

MIN_GAP = 0.1  # of the share of characters wrong


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


def random_of_each(candidates: Sequence[TrainingCandidate], seed: int) -> list[TrainingCandidate]:
    """Returns one candidate at random, failures too, of each utterance that `best_of_n` keeps.

    The control of `best_of_n`: as many examples, of the same prompts and by the same teacher. What
    both teach is to be sharper, what `best_of_n` alone teaches is the verifier's.

    Args:
        candidates: by utterance.
        seed: of the training, so that each has examples of its own.
    """
    return [
        pool[candidate_seed(seed, "random own", pool[0].utterance_id, 0) % len(pool)]
        for pool in _pools(candidates)
        if _best(pool) is not None
    ]


def all_that_pass(candidates: Sequence[TrainingCandidate]) -> list[TrainingCandidate]:
    """Returns every candidate that passes, so that a prompt counts by how often it is said right.

    Args:
        candidates: by utterance.
    """
    return [candidate for candidate in candidates if candidate.passes]


def all_own(candidates: Sequence[TrainingCandidate]) -> list[TrainingCandidate]:
    """Returns all candidates, failures too, of each utterance of which one passes.

    The control of `all_that_pass`, of the same prompts.

    Args:
        candidates: by utterance.
    """
    pools = [pool for pool in _pools(candidates) if _best(pool) is not None]
    return [candidate for pool in pools for candidate in pool if candidate.is_judged]


def contested_that_pass(candidates: Sequence[TrainingCandidate]) -> list[TrainingCandidate]:
    """Returns every candidate that passes of each utterance of which another fails.

    Args:
        candidates: by utterance.
    """
    return [c for pool in _contested(candidates) for c in pool if c.passes]


def contested_that_fail(candidates: Sequence[TrainingCandidate]) -> list[TrainingCandidate]:
    """Returns every candidate that fails of each utterance of which another passes.

    The far end of `contested_that_pass`: own speech of the same prompts, all of it wrong. If even
    these two teach the same, selection does not reach what is learnt.

    Args:
        candidates: by utterance.
    """
    return [c for pool in _contested(candidates) for c in pool if c.fails]


# What SFT learns from, by the arm's `selection`.
SELECTIONS: dict[str, Callable[[Sequence[TrainingCandidate], int], list[TrainingCandidate]]] = {
    "verified": lambda candidates, _: best_of_n(candidates),
    "passing": lambda candidates, _: all_that_pass(candidates),
    "random": random_of_each,
    "own": lambda candidates, _: all_own(candidates),
    "contested": lambda candidates, _: contested_that_pass(candidates),
    "failing": lambda candidates, _: contested_that_fail(candidates),
    "reference": lambda candidates, _: list(candidates),  # one true speech of each prompt
}


def advantages(
    candidates: Sequence[TrainingCandidate],
) -> list[tuple[TrainingCandidate, float]]:
    """Returns the candidates of pools with both outcomes, each with its advantage.

    It is 1 for what passes and 0 for what does not, less the pool's mean. What the recogniser could
    not judge is left out.

    Args:
        candidates: by utterance.
    """
    found = []
    for pool in _pools(candidates):
        judged = [c for c in pool if c.is_judged]
        share = sum(c.passes for c in judged) / max(len(judged), 1)
        if 0 < share < 1:
            found += [(candidate, candidate.passes - share) for candidate in judged]
    return found


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


def all_pairs(candidates: Sequence[TrainingCandidate]) -> list[Pair]:
    """Returns of each utterance every candidate that passes against every one that fails.

    A prompt counts the more, the nearer its outcomes are to even. Where words alone are wrong, two
    that lie less than `MIN_GAP` apart are no pair: little but a threshold parts them.

    Args:
        candidates: by utterance.
    """
    return [
        Pair(chosen, rejected)
        for pool in _pools(candidates)
        for chosen in pool
        for rejected in pool
        if chosen.passes and rejected.fails and not _are_near(chosen, rejected)
    ]


def _are_near(chosen: TrainingCandidate, rejected: TrainingCandidate) -> bool:
    gap = rejected.score - 1 - chosen.score  # a failure's score has 1 added
    return rejected.failure_mode is FailureMode.CONTENT_COLLAPSE and gap < MIN_GAP


# What preference losses learn from, by the arm's `selection`.
PAIRINGS: dict[str, Callable[[Sequence[TrainingCandidate]], list[Pair]]] = {
    "verified": preference_pairs,
    "passing": all_pairs,
}


def describe(
    candidates: Sequence[TrainingCandidate], selection: str = "verified"
) -> dict[str, Any]:
    """Returns what a pool has to teach, and how chosen and rejected differ in class and length.

    Args:
        candidates: by utterance.
        selection: of the arm, which says what a pair is.
    """
    pairs = PAIRINGS.get(selection, preference_pairs)(candidates)
    pools = list(_pools(candidates))
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


def _contested(candidates: Sequence[TrainingCandidate]) -> list[list[TrainingCandidate]]:
    """The pools in which one passes and another fails."""
    pools = _pools(candidates)
    return [p for p in pools if any(c.passes for c in p) and any(c.fails for c in p)]


def _best(pool: list[TrainingCandidate]) -> TrainingCandidate | None:
    passing = [candidate for candidate in pool if candidate.passes]
    return min(passing, key=lambda candidate: candidate.score, default=None)


def _mean(values: Iterable[int]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else 0.0
