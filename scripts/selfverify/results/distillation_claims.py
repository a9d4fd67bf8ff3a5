"""The abstract's claims on distillation, against the tables of the comparison.

Each is said of one system, at the numbers of `table_distillation` and `table_method_comparison`; a
claim whose arms were not trained is not run.
"""

from typing import Any

import pandas as pd

from selfverify.distillation.plan import TEACHER
from selfverify.results.claims import Claim, Conclusion, not_run

ALPHA = 0.05
REPORTED_SHARE = 0.52  # the lower of the paper's shares closed
Row = dict[str, Any]


def find(table: pd.DataFrame, **cell: str) -> Row | None:
    """Returns the row of a table whose columns are as named, None where there is none."""
    rows: Any = table
    for name, value in cell.items():
        rows = rows[rows[name] == value]
    return None if rows.empty else dict(rows.iloc[0])


def share_closed(reported: str, system: str, arms: pd.DataFrame) -> Claim:
    """Returns whether SFT closes as much of the hard failures as reported, 52 % at least."""
    claim = "distillation closes 52 to 58 % of the failures on hard prompts"
    row = find(arms, system=system, prompt_set="hard", arm="sft")
    if row is None or pd.isna(row["closed"]):
        return not_run(claim, reported, system)
    conclusion = Conclusion.CANNOT_TELL
    if row["closed_low"] >= REPORTED_SHARE:
        conclusion = Conclusion.HOLDS
    elif row["closed_high"] < REPORTED_SHARE:
        conclusion = Conclusion.FAILS
    estimate = "{closed:.0%} [{closed_low:.0%}, {closed_high:.0%}]".format(**row)
    if pd.notna(row["of_ceiling"]):
        estimate += ", {of_ceiling:.0%} of what perfect best of {ceiling_of} closes".format(**row)
    return Claim(
        claim, reported, system, estimate, f"bootstrap interval against {REPORTED_SHARE:.0%}",
        conclusion, None,
    )  # fmt: skip


def nothing_on_standard(reported: str, system: str, contrasts: pd.DataFrame) -> Claim:
    """Returns whether SFT and the system as it is fail alike on standard prompts."""
    row = find(contrasts, system=system, prompt_set="standard", baseline=TEACHER, arm="sft")
    return _alike("distillation gains nothing on standard prompts", reported, system, row)


def not_above_sft(reported: str, system: str, arm: str, contrasts: pd.DataFrame) -> Claim:
    """Returns whether a preference arm does not beat SFT on hard prompts by more than the margin.

    It fails if it does beat SFT, at .05.
    """
    claim = f"{arm.upper()} does not beat SFT"
    row = find(contrasts, system=system, prompt_set="hard", baseline="sft", arm=arm)
    if row is None:
        return not_run(claim, reported, system)
    conclusion, needed = Conclusion.CANNOT_TELL, _needed(row)
    if row["p"] < ALPHA and row["difference"] > 0:
        conclusion, needed = Conclusion.FAILS, None
    elif row["high"] < row["margin"]:
        conclusion, needed = Conclusion.HOLDS, None
    return Claim(claim, reported, system, _fewer(row), _test(row), conclusion, needed)


def online_arms_alike(reported: str, system: str, contrasts: pd.DataFrame) -> Claim:
    """Returns whether online SFT and online DPO fail alike on hard prompts."""
    row = find(contrasts, system=system, prompt_set="hard", baseline="online-sft", arm="online-dpo")
    return _alike("online SFT and online DPO cannot be told apart", reported, system, row)


def more_than_cooling(system: str, arms: pd.DataFrame) -> Claim:
    """Returns whether SFT fails less than the system where both are drawn at a cool temperature."""
    claim = "the gain of SFT on hard prompts is more than cooling"
    row = find(arms, system=system, prompt_set="hard", arm="sft")
    if row is None or pd.isna(row["matched_difference"]):
        return not_run(claim, "not told apart", system)
    conclusion = Conclusion.CANNOT_TELL
    if row["matched_difference_low"] > 0:
        conclusion = Conclusion.HOLDS
    elif row["matched_difference_high"] <= 0:
        conclusion = Conclusion.FAILS
    estimate = (
        "{difference:.1%} fewer, on top of cooling {matched_difference:.1%} "
        "[{matched_difference_low:.1%}, {matched_difference_high:.1%}]"
    ).format(**row)
    return Claim(
        claim, "not told apart", system, estimate, "bootstrap interval of the latter", conclusion,
        None,
    )  # fmt: skip


def more_than_random(system: str, contrasts: pd.DataFrame) -> Claim:
    """Returns whether SFT on verified candidates beats SFT on random own ones, on hard prompts."""
    claim = "verified candidates teach more than random own ones"
    row = find(contrasts, system=system, prompt_set="hard", baseline="sft-random", arm="sft")
    if row is None:
        return not_run(claim, "no such control", system)
    conclusion, needed = Conclusion.CANNOT_TELL, _needed(row)
    if row["p_adjusted"] < ALPHA:
        better = row["difference"] > 0
        conclusion, needed = Conclusion.HOLDS if better else Conclusion.FAILS, None
    elif row["equivalence_p_adjusted"] < ALPHA:
        conclusion, needed = Conclusion.FAILS, None
    return Claim(claim, "no such control", system, _fewer(row), _test(row), conclusion, needed)


def ceiling_lifted(reported: str, system: str, by_prompt: pd.DataFrame) -> Claim:
    """Returns whether SFT lifts what always fails on hard prompts, the ceiling; it should not.

    It holds if the interval of the failure rate of such prompts reaches up to 95 %.
    """
    claim = "no arm lifts the ceiling: what always fails goes on to fail"
    row = find(
        by_prompt, system=system, prompt_set="hard", arm="sft", grouping="difficulty",
        group="always",
    )  # fmt: skip
    if row is None:
        return not_run(claim, reported, system)
    conclusion = Conclusion.HOLDS if row["high"] >= 1 - ALPHA else Conclusion.FAILS
    estimate = "{k}/{n} [{low:.1%}, {high:.1%}] of {num_prompts} prompts".format(**row)
    return Claim(claim, reported, system, estimate, "interval up to 95 %", conclusion, None)


def _alike(claim: str, reported: str, system: str, row: Row | None) -> Claim:
    if row is None:
        return not_run(claim, reported, system)
    conclusion, needed = Conclusion.CANNOT_TELL, _needed(row)
    if row["equivalence_p"] < ALPHA:
        conclusion, needed = Conclusion.HOLDS, None
    elif row["p"] < ALPHA:
        conclusion, needed = Conclusion.FAILS, None
    return Claim(claim, reported, system, _fewer(row), _test(row), conclusion, needed)


def _fewer(row: Row) -> str:
    fewer = "{arm_k}/{arm_n} against {baseline_k}/{baseline_n}, {difference:.1%} fewer"
    return (fewer + " [{low:.1%}, {high:.1%}]").format(**row)


def _test(row: Row) -> str:
    return "{role}: p {p:.2g}; equal within ±{margin:.0%}: p {equivalence_p:.2g}".format(**row)


def _needed(row: Row) -> int | None:
    needed = row["prompts_for_equivalence"]
    return None if pd.isna(needed) else int(needed)
