"""From verdicts to the cells of figures and tables."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from selfverify.selection.best_of_n import selection_score
from selfverify.statistics.agreement import cohens_kappa
from selfverify.statistics.best_of_n import expected_failure_of_best, first_accepted
from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.records import FailureMode

CROSSING = ["both_pass", "only_verifier_fails", "only_evaluator_fails", "both_fail"]


def failure_rates(verdicts: pd.DataFrame, selected: pd.DataFrame) -> pd.DataFrame:
    """Returns a row per n of best-of-n: utterances whose kept candidate fails, by the evaluator.

    Columns: best_of, k, n, rate, low, high, method (nested pools, independent rows: one per
    utterance); num_pipeline_errors (utterances left out); pool_rate (expectation over all n-subsets
    of the whole pool, which spends every candidate); stop_rate, mean_draws (failures and candidates
    drawn if sampling stops at the first that passes, expectation over all orders of the pool).

    Args:
        verdicts: of one system and prompt set, a row per candidate.
        selected: of the same, a row per utterance with columns best_of_1, best_of_2, …
    """
    num_utterances = verdicts["utterance_id"].nunique()
    verdicts = without_pipeline_errors(verdicts)
    selected = pd.DataFrame(selected[selected["utterance_id"].isin(verdicts["utterance_id"])])
    fails = verdicts.set_index(["utterance_id", "candidate_index"])["is_catastrophic"]
    columns = [name for name in selected.columns if name.startswith("best_of_")]
    rows = []
    for column in columns:
        best_of = int(column.removeprefix("best_of_"))
        kept = fails.loc[list(zip(selected["utterance_id"], selected[column], strict=True))]
        rows.append(
            {"best_of": best_of}
            | asdict(clopper_pearson(int(kept.sum()), len(kept)))
            | {
                "num_pipeline_errors": num_utterances - len(kept),
            }
            | _expected(verdicts, best_of)
        )
    return pd.DataFrame(rows)


def without_pipeline_errors(
    verdicts: pd.DataFrame, *, by_evaluator_alone: bool = False
) -> pd.DataFrame:
    """Returns the verdicts on utterances whose whole pool was judged, by all who heard it.

    Whole, because a pool that lacks a candidate would be compared with one that does not.

    Args:
        verdicts: a row per candidate; the verifier's columns may be absent.
        by_evaluator_alone: keep utterances at which no more than the verifier broke down.
    """
    broken = verdicts["flag_pipeline_error"]
    if "verifier_flag_pipeline_error" in verdicts and not by_evaluator_alone:
        broken = broken | verdicts["verifier_flag_pipeline_error"]
    return pd.DataFrame(verdicts[~broken.groupby(verdicts["utterance_id"]).transform("any")])


def failure_modes(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Returns a row per category and failure mode: candidates k of n, for single shots.

    All candidates of the pool count, those with a pipeline error as a mode of their own; they share
    prompts, so no interval is given.
    """
    counts = verdicts.value_counts(["category", "failure_mode"], sort=False).reset_index(name="k")
    counts["n"] = counts.groupby("category")["k"].transform("sum")
    counts["rate"] = counts["k"] / counts["n"]
    return counts


def failures_by_category(verdicts: pd.DataFrame, selected: pd.DataFrame) -> pd.DataFrame:
    """Returns a row per category of prompts, with what selection can and cannot do for it.

    Columns: category; n (utterances); single_rate, of all candidates of their pools; best_of (the
    largest n), k, rate, low, high, method of what it keeps; never_k, never_rate, never_low,
    never_high: utterances of which every candidate fails, the ceiling of any selection.
    """
    verdicts = without_pipeline_errors(verdicts)
    best_of = max(int(name.removeprefix("best_of_")) for name in selected if "best_of_" in name)
    kept = selected.rename(columns={f"best_of_{best_of}": "kept"})[["utterance_id", "kept"]]
    utterances = verdicts.merge(kept).assign(
        keeps_failure=lambda t: t["is_catastrophic"] & (t["candidate_index"] == t["kept"])
    )
    pools = utterances.groupby(["category", "utterance_id"], sort=False).agg(
        share=("is_catastrophic", "mean"), fails=("keeps_failure", "any")
    )
    rows = [_category_row(str(name), pool, best_of) for name, pool in pools.groupby(level=0)]
    return pd.DataFrame(rows)


def _category_row(category: str, pools: pd.DataFrame, best_of: int) -> dict[str, Any]:
    fails, shares = pools["fails"].to_numpy(), pools["share"].to_numpy()
    kept = clopper_pearson(int(fails.sum()), len(pools))
    never = clopper_pearson(int((shares == 1.0).sum()), len(pools))
    return (
        {"category": category, "single_rate": shares.mean(), "best_of": best_of}
        | asdict(kept)
        | {f"never_{key}": getattr(never, key) for key in ("k", "rate", "low", "high")}
    )


def agreement(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Returns the 2 × 2 table of verifier and evaluator, one row, with the share that agrees."""
    return pd.DataFrame([_agreement(*_failures(without_pipeline_errors(verdicts)))])


def agreement_by_mode(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Returns 2 × 2 tables, a row for any failure and one per failure mode that occurs.

    Columns: failure_mode (`any`, then in the metric's order), both_pass, only_verifier_fails,
    only_evaluator_fails, both_fail; k of n verdicts that agree, rate, low, high, method; kappa, NaN
    where neither recogniser's verdicts vary. In the row of a mode any other mode is a pass.
    """
    verdicts = without_pipeline_errors(verdicts)
    rows = [{"failure_mode": "any"} | _agreement_beyond_chance(*_failures(verdicts))]
    verifier = verdicts["verifier_failure_mode"].to_numpy()
    evaluator = verdicts["failure_mode"].to_numpy()
    for mode in FailureMode:
        by_verifier, by_evaluator = verifier == mode.value, evaluator == mode.value
        if mode is not FailureMode.OK and (by_verifier | by_evaluator).any():
            row = _agreement_beyond_chance(by_verifier, by_evaluator)
            rows.append({"failure_mode": mode.value} | row)
    return pd.DataFrame(rows)


def _failures(verdicts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Whether a candidate fails by the verifier, and by the evaluator."""
    columns = ["verifier_is_catastrophic", "is_catastrophic"]
    verifier, evaluator = verdicts[columns].to_numpy(dtype=bool).T
    return verifier, evaluator


def _agreement_beyond_chance(verifier: np.ndarray, evaluator: np.ndarray) -> dict[str, Any]:
    found = _agreement(verifier, evaluator)
    return found | {
        "kappa": cohens_kappa(np.array([found[name] for name in CROSSING]).reshape(2, 2))
    }


def _agreement(verifier: np.ndarray, evaluator: np.ndarray) -> dict[str, Any]:
    crossing = np.bincount(2 * evaluator + verifier, minlength=4)
    agree = clopper_pearson(int((verifier == evaluator).sum()), len(verifier))
    return dict(zip(CROSSING, crossing.tolist(), strict=True)) | asdict(agree)


def _expected(verdicts: pd.DataFrame, best_of: int) -> dict[str, float]:
    """Failures over all draws from the whole pools: of the best, and of the first that passes."""
    scores = selection_score(
        verdicts["verifier_cer"].to_numpy(), verdicts["verifier_is_catastrophic"].to_numpy()
    )
    pools = verdicts.assign(score=scores).groupby("utterance_id")
    best, stopped = [], []
    for _, pool in pools:
        score, fails = pool["score"].to_numpy(), pool["is_catastrophic"].to_numpy(dtype=bool)
        accepted = ~pool["verifier_is_catastrophic"].to_numpy(dtype=bool)
        best.append(expected_failure_of_best(score, fails, best_of))
        stopped.append(first_accepted(score, accepted, fails, best_of))
    stop_rate, mean_draws = np.mean(stopped, axis=0).tolist()
    return {"pool_rate": float(np.mean(best)), "stop_rate": stop_rate, "mean_draws": mean_draws}


def nested_rates(rates: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Returns the failure rates by system, prompt set and "best_of_N"."""
    nested: dict[str, dict[str, dict[str, float]]] = {}
    for row in rates.to_dict("records"):
        by_set = nested.setdefault(row["system"], {})
        by_set.setdefault(row["prompt_set"], {})[f"best_of_{row['best_of']}"] = row["rate"]
    return nested
