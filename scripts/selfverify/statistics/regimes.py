"""Bad luck or ceiling: which categories of prompts another draw can mend.

Decided on calibration prompts, drawn as the hard ones are and never evaluated with, by a rule that
stood before the first of them was spoken: a category is a ceiling if the share of its prompts that
fail in every draw is shown to lie above a limit, by the exact one-sided bound.
"""

from enum import StrEnum

import pandas as pd

from selfverify.results.summary import without_pipeline_errors
from selfverify.statistics.intervals import lower_bound


class Regime(StrEnum):
    """What failing means in a category."""

    BAD_LUCK = "bad luck"
    CEILING = "ceiling"


def classify(verdicts: pd.DataFrame, *, max_never: float) -> pd.DataFrame:
    """Returns a row per category, in the order of the prompts.

    Columns: category; regime; k of n, pairs of a system and a prompt that fail in every draw, and
    low, their exact one-sided 95 % lower bound; single_rate, of all candidates.

    Args:
        verdicts: of every system on the calibration prompts: system, utterance_id, category,
            is_catastrophic and the flags of pipeline errors.
        max_never: share of pairs at which a category is still bad luck.
    """
    judged = pd.concat(without_pipeline_errors(part) for _, part in verdicts.groupby("system"))
    keys = ["category", "system", "utterance_id"]
    pools = judged.groupby(keys, sort=False)["is_catastrophic"].agg(["all", "mean"])
    rows = []
    for category in verdicts["category"].unique():
        pool = pools.loc[category]
        k, n = int(pool["all"].sum()), len(pool)
        low = lower_bound(k, n).low
        regime = Regime.CEILING if low > max_never else Regime.BAD_LUCK
        rows.append(
            {"category": category, "regime": regime.value, "k": k, "n": n, "low": low,
             "single_rate": pool["mean"].mean()}
        )  # fmt: skip
    return pd.DataFrame(rows)
