"""The abstract's claims against the numbers of the track that ran: holds, fails, or cannot tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from selfverify.statistics.heterogeneity import BetaBinomial, fit_beta_binomial
from selfverify.statistics.intervals import CONFIDENCE, clopper_pearson, upper_bound
from selfverify.statistics.power import utterances_to_tell

NEAR_ZERO = 0.02  # of utterances; the paper's 0 of 120 excludes 2.5 % and more
MAX_UTTERANCES = 100_000
RARE = ("rare_words", "unseen_words", "foreign_names")  # categories of the ceiling
NOT_RUN = "not run"


class Conclusion(StrEnum):
    """What the evidence allows to say."""

    HOLDS = "holds"
    FAILS = "fails"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Claim:
    """A claim, what the paper reported for it, and what the track's own numbers say."""

    claim: str
    reported: str  # by arXiv 2606.18323, of its own systems
    subject: str  # system of the track, or all
    estimate: str
    test: str
    conclusion: Conclusion
    utterances_needed: int | None  # that would tell, at the rate seen


def near_zero(claim: str, reported: str, system: str, k: int, n: int) -> Claim:
    """Returns whether a failure rate is at most `NEAR_ZERO`.

    It holds if the exact one-sided 95 % upper bound is, and fails if the exact two-sided interval
    lies above.
    """
    rate, bound = clopper_pearson(k, n), upper_bound(k, n)
    if bound.high <= NEAR_ZERO:
        conclusion, needed = Conclusion.HOLDS, None
    elif rate.low > NEAR_ZERO:
        conclusion, needed = Conclusion.FAILS, None
    else:
        conclusion, needed = Conclusion.CANNOT_TELL, _needed(k / n)
    estimate = f"{k}/{n} [{rate.low:.1%}, {rate.high:.1%}], at most {bound.high:.1%}"
    test = f"exact bounds against {NEAR_ZERO:.0%}"
    return Claim(claim, reported, system, estimate, test, conclusion, needed)


def _needed(rate: float) -> int | None:
    """The least number of utterances that tell a rate from `NEAR_ZERO`, if it stays as it is."""

    def tells(n: int) -> bool:
        k = round(rate * n)
        if rate < NEAR_ZERO:
            return upper_bound(k, n).high <= NEAR_ZERO
        return clopper_pearson(k, n).low > NEAR_ZERO

    return _least(tells) if rate != NEAR_ZERO else None


def _least(tells: Callable[[int], bool]) -> int | None:
    """The least n of a grid five per cent wide at which `tells` is true."""
    grid = np.unique(np.round(np.geomspace(10, MAX_UTTERANCES, 190)).astype(int))
    return next((int(n) for n in grid if tells(int(n))), None)


def replication(claims: list[Claim], reported: str) -> Claim:
    """Returns whether three of four systems are near zero, from the claims on each."""
    conclusions = [claim.conclusion for claim in claims]
    held = conclusions.count(Conclusion.HOLDS)
    possible = held + conclusions.count(Conclusion.CANNOT_TELL)
    wanted = min(3, len(claims))
    if held >= wanted:
        conclusion = Conclusion.HOLDS
    else:
        conclusion = Conclusion.CANNOT_TELL if possible >= wanted else Conclusion.FAILS
    return Claim(
        "three of four systems are at the floor by N = 2 on standard prompts", reported, "all",
        f"{held} of {len(claims)} shown near zero, {possible} may be", "the rows above",
        conclusion, None,
    )  # fmt: skip


def fit_pools(verdicts: pd.DataFrame) -> BetaBinomial:
    """Returns how far the failures of a system stay with their prompts.

    Args:
        verdicts: of the system on one prompt set, a row per candidate.
    """
    pools = verdicts.groupby("utterance_id").agg(
        num_failed=("is_catastrophic", "sum"), size=("is_catastrophic", "size")
    )
    return fit_beta_binomial(pools["num_failed"].to_numpy(dtype=int), int(pools["size"].iloc[0]))


def resistance(reported: str, system: str, fit: BetaBinomial) -> Claim:
    """Returns whether a system's failures stay with its prompts, so that drawing again helps less.

    It holds if the intra-class correlation's interval excludes 0, where draws are independent.
    """
    conclusion = Conclusion.HOLDS if fit.rho_low > 0 else Conclusion.CANNOT_TELL
    return Claim(
        "failures stay with their prompts, which resists selection", reported, system,
        f"intra-class correlation {_rho(fit)}", fit.method, conclusion, None,
    )  # fmt: skip


def larger_resists(reported: str, larger: str, fits: Mapping[str, BetaBinomial]) -> Claim:
    """Returns whether the larger system resists selection more than every other one.

    It holds if its correlation's interval lies above all others, and fails if below one of them.

    Args:
        reported: by the paper.
        larger: name of the system.
        fits: of all systems, on the same prompts.
    """
    own = fits[larger]
    others = {name: fit for name, fit in fits.items() if name != larger}
    conclusion = Conclusion.CANNOT_TELL
    if any(own.rho_high < fit.rho_low for fit in others.values()):
        conclusion = Conclusion.FAILS
    elif others and all(own.rho_low > fit.rho_high for fit in others.values()):
        conclusion = Conclusion.HOLDS
    shown = ", ".join(f"{name} {_rho(fit)}" for name, fit in others.items())
    return Claim(
        "the larger model resists selection more than the others", reported, larger,
        f"{_rho(own)} against {shown}", "intervals of the rows above, apart or not",
        conclusion, None,
    )  # fmt: skip


def _rho(fit: BetaBinomial) -> str:
    rho = "undefined" if fit.rho is None else f"{fit.rho:.2f}"
    return f"{rho} [{fit.rho_low:.2f}, {fit.rho_high:.2f}]"


def rare_word_ceiling(reported: str, system: str, categories: pd.DataFrame) -> Claim:
    """Returns whether prompts with rare words never pass more often than other hard ones.

    Not run if there are none of either.

    Args:
        reported: by the paper.
        system: name.
        categories: its rows of results/failure_by_category.csv on hard prompts.
    """
    is_rare = categories["category"].isin(RARE)
    (rare_k, rare_n), (other_k, other_n) = (
        categories.loc[rows, ["never_k", "n"]].sum().astype(int) for rows in (is_rare, ~is_rare)
    )
    claim = "rare words are a ceiling: no candidate passes"
    if not (rare_n and other_n):
        return not_run(claim, reported, system)
    odds: Any = fisher_exact([[rare_k, rare_n - rare_k], [other_k, other_n - other_k]])
    rare, other = rare_k / rare_n, other_k / other_n
    conclusion, needed = Conclusion.CANNOT_TELL, None
    if odds.pvalue < 1 - CONFIDENCE:
        conclusion = Conclusion.HOLDS if rare > other else Conclusion.FAILS
    elif rare != other:
        needed = utterances_to_tell(rare, other).num_prompts
    return Claim(
        claim, reported, system,
        f"{rare_k}/{rare_n} against {other_k}/{other_n} of other hard prompts",
        f"Fisher's exact, p = {odds.pvalue:.3g}", conclusion, needed,
    )  # fmt: skip


def not_run(claim: str, reported: str, subject: str = "all") -> Claim:
    """Returns a claim that the track has no evidence on."""
    return Claim(claim, reported, subject, NOT_RUN, "none", Conclusion.CANNOT_TELL, None)
