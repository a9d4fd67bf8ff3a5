"""Best-of-n: which candidate of a pool is kept.

Selecting knows scores, not how they came about. Pools are nested: best-of-n chooses among the first
n candidates, so that curves over n are comparable.
"""

from collections.abc import Sequence

import numpy as np

from selfverify.storage.records import Selection


def selection_score(cer: np.ndarray, is_catastrophic: np.ndarray) -> np.ndarray:
    """Returns the verifier's score, lower is better: its cer, plus 1 where it sees a failure.

    A candidate that passes is preferred to one that fails for another reason than its words, such
    as a runaway whose transcript is right; one without error rate, a pipeline error, comes last.
    """
    return np.nan_to_num(cer, nan=np.inf) + is_catastrophic


def select_best_of_n(
    utterance_id: str, scores: Sequence[float], passes: Sequence[bool], num_drawn: int
) -> Selection:
    """Returns the first candidate with the lowest score among the first `num_drawn`.

    Args:
        utterance_id: of the pool.
        scores: of its candidates, by candidate_index; lower is better.
        passes: whether the verifier accepts each; sequential sampling stops at the first.
        num_drawn: n.
    """
    if not 1 <= num_drawn <= len(scores):
        raise ValueError(
            f"{utterance_id}: best of {num_drawn} needs a pool of at least as many candidates, "
            f"there are {len(scores)}"
        )
    best = int(np.argmin(scores[:num_drawn]))
    first_pass = next((i for i, ok in enumerate(passes[:num_drawn]) if ok), num_drawn - 1)
    return Selection(utterance_id, num_drawn, best, float(scores[best]), draws=first_pass + 1)
