"""Verifiers of one or two families of recognisers: whom to ask, when to accept, which to keep.

Scores have shape (k, F), of k candidates by F families, the first one's before the second's
(`best_of_n.selection_score`): lower is better, below 1 a family accepts, not a number where it was
not asked.
"""

from abc import ABC, abstractmethod
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from selfverify.statistics.best_of_n import failures_of_best

ACCEPTED_BELOW = 1.0  # scores from here on carry a refusal
# A character in twenty, by convention and not measured: a letter or two of a short sentence.
GOOD_CER = 0.05


class Verifier(ABC):
    """What the families say, as one."""

    num_families = 1

    @abstractmethod
    def asks_second(self, first: np.ndarray) -> np.ndarray:
        """Returns whether the second family listens, bool (k,), by the first one's scores (k,)."""

    @abstractmethod
    def judge(self, scores: np.ndarray) -> np.ndarray:
        """Returns one score of each candidate, (k,); below 1 it is accepted."""

    def lowest(self, scores: np.ndarray) -> np.ndarray:
        """Returns the indices of the best of the candidates, several on ties."""
        judged = self.judge(scores)
        return np.flatnonzero(judged == judged.min())

    def failure_of_best(self, scores: np.ndarray, fails: np.ndarray, num_drawn: int) -> float:
        """Returns the chance that the best of a random n-subset fails, exactly; ties at random.

        Args:
            scores: shape (M, F).
            fails: the evaluator's word, bool, shape (M,).
            num_drawn: n, at most M.
        """
        return float(failures_of_best(self.judge(scores), fails, num_drawn))


class OneFamily(Verifier):
    """The first family alone."""

    def asks_second(self, first: np.ndarray) -> np.ndarray:
        """Never."""
        return np.zeros(len(first), dtype=bool)

    def judge(self, scores: np.ndarray) -> np.ndarray:
        """Returns the first family's scores."""
        return scores[:, 0]


class GreyZone(Verifier):
    """The first family; the second has to agree where the first accepts with some doubt.

    Doubt is an accepted candidate with more than one character in twenty wrong. One that is refused
    costs another draw, not a failure, so that nobody is asked about it.
    """

    num_families = 2

    def asks_second(self, first: np.ndarray) -> np.ndarray:
        """Returns where the first family accepts what is not good."""
        return (first > GOOD_CER) & (first < ACCEPTED_BELOW)

    def judge(self, scores: np.ndarray) -> np.ndarray:
        """Returns the worse of two scores where both were asked, else the first family's."""
        first, second = scores.T
        return np.where(self.asks_second(first), np.fmax(first, second), first)


class RankAverage(Verifier):
    """Both families: accepts what both accept, and keeps the best by the mean of their ranks.

    Ranks have no scale, so that no family outvotes the other by its larger error rates; those of
    arXiv 2607.08256, which found that it does away with what one family fools itself about.
    """

    num_families = 2

    def asks_second(self, first: np.ndarray) -> np.ndarray:
        """Always."""
        return np.ones(len(first), dtype=bool)

    def judge(self, scores: np.ndarray) -> np.ndarray:
        """Returns the worse of two scores."""
        return np.fmax(*scores.T)

    def lowest(self, scores: np.ndarray) -> np.ndarray:
        """Returns those of the lowest mean rank; one that is refused comes after all accepted."""
        refused = self.judge(scores) >= ACCEPTED_BELOW
        # A rank is at most k: a refusal weighs more than any.
        keys = rankdata(scores, axis=0).mean(axis=1) + refused * (len(scores) + 1)
        return np.flatnonzero(keys == keys.min())

    def failure_of_best(self, scores: np.ndarray, fails: np.ndarray, num_drawn: int) -> float:
        """Returns the mean over all n-subsets: ranks depend on who else was drawn."""
        subsets = map(list, combinations(range(len(scores)), num_drawn))
        kept = [fails[drawn][self.lowest(scores[drawn])].mean() for drawn in subsets]
        return float(np.mean(kept))


VERIFIERS: dict[str, type[Verifier]] = {
    "one": OneFamily,
    "grey": GreyZone,
    "both": RankAverage,
}
