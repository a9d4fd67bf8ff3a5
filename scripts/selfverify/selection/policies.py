"""Policies of spending: when to stop drawing, and what that costs and saves.

One class decides both live, candidate by candidate, and in expectation, on a study's pools. Scores
are those of `verifiers`, (k, F) or of one family (k,): lower is better, below 1 they accept. What
ends the drawing is kept, else the verifier's best of what was drawn, so that nothing good is thrown
away when the draws run out.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from selfverify.selection.verifiers import ACCEPTED_BELOW, GOOD_CER, OneFamily, Verifier
from selfverify.statistics.best_of_n import first_accepted


@dataclass(frozen=True)
class Expectation:
    """What a policy does to one pool, in the mean over all orders of it."""

    failure: float  # chance that the kept candidate fails, by the evaluator
    draws: float  # candidates drawn
    sampled_s: float  # seconds of audio drawn
    heard_twice: float = 0.0  # candidates that the second family hears


@dataclass(frozen=True)
class Policy(ABC):
    """Draws at most `num_draws` candidates and keeps one."""

    num_draws: int
    verifier: Verifier = field(default_factory=OneFamily)

    def __post_init__(self) -> None:
        if self.num_draws < 1:
            raise ValueError(f"{self.num_draws} candidates; a policy draws at least one")

    @abstractmethod
    def is_enough(self, score: float) -> bool:
        """Whether a candidate of this score, by all families, ends the drawing."""

    def goes_on(self, scores: ArrayLike) -> bool:
        """Whether another candidate is to be drawn after those with these scores."""
        table = by_family(scores)
        return len(table) < self.num_draws and not self._enough(table).any()

    def keep(self, scores: ArrayLike) -> int:
        """Returns the index of the candidate that is kept, the first on ties."""
        table = by_family(scores)
        enough = np.flatnonzero(self._enough(table))
        return int((enough if enough.size else self.verifier.lowest(table))[0])

    def expect(self, scores: ArrayLike, fails: np.ndarray, durations_s: np.ndarray) -> Expectation:
        """Returns the exact expectation on one pool of M candidates in random order.

        A candidate that is enough is drawn only as the last; those that are not share the other
        draws evenly, whichever the order. The second family hears its share of what is drawn.

        Args:
            scores: by all families, shape (M,) or (M, F).
            fails: the evaluator's word, bool, shape (M,).
            durations_s: of the candidates, shape (M,).
        """
        table = by_family(scores)
        enough = self._enough(table)
        judged = self.verifier.judge(table)
        exhausted, draws = first_accepted(judged, enough, ~enough, self.num_draws)
        stops = 1.0 - exhausted
        failure = stops * fails[enough].mean() if enough.any() else 0.0
        if exhausted > 0.0:
            rest = self.verifier.failure_of_best(table[~enough], fails[~enough], self.num_draws)
            failure += exhausted * rest

        def total(of_each: np.ndarray) -> float:
            """What is spent in the mean, where a candidate costs this much."""
            last = stops * of_each[enough].mean() if enough.any() else 0.0
            before = (draws - stops) * of_each[~enough].mean() if not enough.all() else 0.0
            return float(last + before)

        asked = self.verifier.asks_second(table[:, 0]).astype(float)
        return Expectation(float(failure), draws, total(durations_s), total(asked))

    def _enough(self, table: np.ndarray) -> np.ndarray:
        """Which candidates end the drawing, bool (k,)."""
        if not len(table):
            return np.zeros(0, dtype=bool)
        return np.array([self.is_enough(score) for score in self.verifier.judge(table)])


def by_family(scores: ArrayLike) -> np.ndarray:
    """Returns scores as a table (k, F), those of one family as its only column."""
    table = np.asarray(scores, dtype=float)
    return table if table.ndim == 2 else table.reshape(-1, 1)


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
    """Stops at the first accepted with few errors; of several that have more, keeps the best."""

    max_cer: float = GOOD_CER  # from 1 on as `FirstAccepted`

    def is_enough(self, score: float) -> bool:
        """Whether it is accepted and the character error rate is small."""
        return score < ACCEPTED_BELOW and score <= self.max_cer


POLICIES: dict[str, type[Policy]] = {
    "best": BestOfN,
    "accepted": FirstAccepted,
    "good": FirstGood,
}


def make_policy(
    name: str, num_draws: int, *, good_cer: float, verifier: Verifier | None = None
) -> Policy:
    """Returns the policy of a name of `POLICIES`; `good_cer` is the limit of good."""
    chosen = verifier or OneFamily()
    if name == "good":
        return FirstGood(num_draws, chosen, max_cer=good_cer)
    return POLICIES[name](num_draws, chosen)


def oracle_recovery(single: float, kept: float, oracle: float) -> float:
    """Returns (single - kept) / (single - oracle): which share of what can be gained is gained.

    NaN where nothing can be. The oracle keeps a candidate that does not fail wherever there is one:
    what is missing to 1 is the verifier's doing, what the oracle leaves is the sampler's.
    """
    return (single - kept) / (single - oracle) if single > oracle else float("nan")
