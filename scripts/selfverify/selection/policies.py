"""Policies of spending: when to stop drawing, and what that costs and saves.

One class decides both live, candidate by candidate, and in expectation, on a study's pools. Scores
are the verifier's (`best_of_n.selection_score`): lower is better, below 1 it accepts. Whatever was
drawn, the lowest score is kept, so that nothing good is thrown away when the draws run out.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from selfverify.statistics.best_of_n import first_accepted

ACCEPTED_BELOW = 1.0  # scores from here on carry the verifier's refusal
# A character in twenty, by convention and not measured: a letter or two of a short sentence.
GOOD_CER = 0.05


@dataclass(frozen=True)
class Expectation:
    """What a policy does to one pool, in the mean over all orders of it."""

    failure: float  # chance that the kept candidate fails, by the evaluator
    draws: float  # candidates drawn
    sampled_s: float  # seconds of audio drawn


@dataclass(frozen=True)
class Policy(ABC):
    """Draws at most `num_draws` candidates and keeps the one with the lowest score."""

    num_draws: int

    def __post_init__(self) -> None:
        if self.num_draws < 1:
            raise ValueError(f"{self.num_draws} candidates; a policy draws at least one")

    @abstractmethod
    def is_enough(self, score: float) -> bool:
        """Whether a candidate of this score ends the drawing."""

    def goes_on(self, scores: Sequence[float]) -> bool:
        """Whether another candidate is to be drawn after those with these scores."""
        return len(scores) < self.num_draws and not any(map(self.is_enough, scores))

    def keep(self, scores: Sequence[float]) -> int:
        """Returns the index of the candidate that is kept, the first on ties."""
        return int(np.argmin(scores))

    def expect(self, scores: np.ndarray, fails: np.ndarray, durations_s: np.ndarray) -> Expectation:
        """Returns the exact expectation on one pool of M candidates in random order.

        A candidate that is enough is drawn only as the last; those that are not share the other
        draws evenly, whichever the order.

        Args:
            scores: the verifier's, shape (M,).
            fails: the evaluator's word, bool, shape (M,).
            durations_s: of the candidates, shape (M,).
        """
        enough = np.array([self.is_enough(score) for score in scores])
        failure, draws = first_accepted(scores, enough, fails, self.num_draws)
        exhausted = first_accepted(scores, enough, ~enough, self.num_draws)[0]
        stops = (1.0 - exhausted) if enough.any() else 0.0
        sampled_s = 0.0
        if enough.any():
            sampled_s += stops * float(durations_s[enough].mean())
        if not enough.all():
            sampled_s += (draws - stops) * float(durations_s[~enough].mean())
        return Expectation(failure, draws, sampled_s)


@dataclass(frozen=True)
class BestOfN(Policy):
    """Draws all of them."""

    def is_enough(self, score: float) -> bool:
        """Never."""
        return False


@dataclass(frozen=True)
class FirstAccepted(Policy):
    """Stops at the first that the verifier accepts."""

    def is_enough(self, score: float) -> bool:
        """Whether the verifier accepts it."""
        return score < ACCEPTED_BELOW


@dataclass(frozen=True)
class FirstGood(Policy):
    """Stops at the first that is nearly without error; of several that are not, keeps the best."""

    max_score: float = GOOD_CER

    def is_enough(self, score: float) -> bool:
        """Whether the character error rate is small."""
        return score <= self.max_score


POLICIES: dict[str, type[Policy]] = {
    "best": BestOfN,
    "accepted": FirstAccepted,
    "good": FirstGood,
}


def oracle_recovery(single: float, kept: float, oracle: float) -> float:
    """Returns (single - kept) / (single - oracle): which share of what can be gained is gained.

    NaN where nothing can be. The oracle keeps a candidate that does not fail wherever there is one:
    what is missing to 1 is the verifier's doing, what the oracle leaves is the sampler's.
    """
    return (single - kept) / (single - oracle) if single > oracle else float("nan")
