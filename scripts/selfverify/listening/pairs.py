"""Blind pairs: whether listeners prefer one system where both say the text."""

from typing import Any

import choix
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from selfverify.statistics.intervals import CONFIDENCE


def preferences(answers: pd.DataFrame) -> pd.DataFrame:
    """Returns a row per pair of systems: wins, ties, exact sign test, Bradley-Terry strength.

    Each text counts once: by the majority of its raters, a draw as a tie. `p_value` is of the exact
    two-sided binomial test without ties; `share`, low, high (Clopper-Pearson) are of wins of the
    first. `strength` is the log odds of the first by Bradley-Terry, a tie half a win to each, with
    choix's ridge of 0.01 so that it is finite when one wins all.
    """
    rows: list[dict[str, Any]] = []
    answers = pd.DataFrame(answers[answers["kind"] == "pair"])
    decided = answers.assign(
        pair=[" ".join(sorted(p)) for p in answers[["system_a", "system_b"]].to_numpy()],
        points=_points(answers),
    )  # fmt: skip
    for _, pair in decided.groupby("pair"):
        balance = np.sign([sum(text["points"]) for _, text in pair.groupby("trial_id")])
        wins, losses = int((balance > 0).sum()), int((balance < 0).sum())
        ties = len(balance) - wins - losses
        systems = sorted({*pair["system_a"], *pair["system_b"]})
        row = {"first": systems[0], "second": systems[-1], "wins": wins, "losses": losses}
        rows.append(row | {"ties": ties} | _test(wins, losses) | _strength(wins, losses, ties))
    return pd.DataFrame(rows)


def _points(answers: pd.DataFrame) -> np.ndarray:
    """1 where the alphabetically first system is preferred, -1 the other, 0 neither."""
    points = np.array([{"a": 1, "tie": 0, "b": -1}[prefers] for prefers in answers["prefers"]])
    in_order = (answers["system_a"] <= answers["system_b"]).to_numpy(bool)
    return np.where(in_order, points, -points)


def _test(wins: int, losses: int) -> dict[str, float]:
    if not wins + losses:
        return {"share": np.nan, "low": 0.0, "high": 1.0, "p_value": 1.0}
    test = binomtest(wins, wins + losses)
    interval = test.proportion_ci(CONFIDENCE, method="exact")
    share = wins / (wins + losses)
    return {
        "share": share,
        "low": float(interval.low),
        "high": float(interval.high),
        "p_value": float(test.pvalue),
    }


def _strength(wins: int, losses: int, ties: int) -> dict[str, float]:
    matrix = np.array([[0.0, wins + ties / 2], [losses + ties / 2, 0.0]])
    first, second = choix.ilsr_pairwise_dense(matrix, alpha=0.01)
    return {"strength": float(first - second)}
