"""From verdicts to the cells of figures and tables."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from selfverify.selection import selection_score
from selfverify.statistics import clopper_pearson, expected_failure_of_best


def failure_rates(verdicts: pd.DataFrame, selected: pd.DataFrame) -> pd.DataFrame:
    """Returns a row per n of best-of-n: utterances whose kept candidate fails, by the evaluator.

    Columns: best_of, k, n, rate, low, high, method (nested pools, independent rows: one per
    utterance); pool_rate (expectation over all n-subsets of the whole pool, which spends every
    candidate); mean_draws (candidates drawn if sampling stops at the first that passes).

    Args:
        verdicts: of one system and prompt set, a row per candidate.
        selected: of the same, a row per utterance with columns best_of_1, best_of_2, …
    """
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
                "pool_rate": _pool_rate(verdicts, best_of),
                "mean_draws": float(_draws(verdicts, best_of).mean()),
            }
        )
    return pd.DataFrame(rows)


def failure_modes(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Returns a row per category and failure mode: candidates k of n, for single shots.

    All candidates of the pool count; they share prompts, so no interval is given.
    """
    counts = verdicts.value_counts(["category", "failure_mode"], sort=False).reset_index(name="k")
    counts["n"] = counts.groupby("category")["k"].transform("sum")
    counts["rate"] = counts["k"] / counts["n"]
    return counts


def agreement(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Returns the 2 × 2 table of verifier and evaluator, one row, with the share that agrees."""
    verifier = verdicts["verifier_is_catastrophic"].to_numpy()
    evaluator = verdicts["is_catastrophic"].to_numpy()
    agree = clopper_pearson(int((verifier == evaluator).sum()), len(verdicts))
    counts = {
        "both_pass": int((~verifier & ~evaluator).sum()),
        "only_verifier_fails": int((verifier & ~evaluator).sum()),
        "only_evaluator_fails": int((~verifier & evaluator).sum()),
        "both_fail": int((verifier & evaluator).sum()),
    }
    return pd.DataFrame([counts | asdict(agree)])


def _pool_rate(verdicts: pd.DataFrame, best_of: int) -> float:
    scores = selection_score(
        verdicts["verifier_cer"].to_numpy(), verdicts["verifier_is_catastrophic"].to_numpy()
    )
    pools = verdicts.assign(score=scores).groupby("utterance_id")
    rates = [
        expected_failure_of_best(
            pool["score"].to_numpy(), pool["is_catastrophic"].to_numpy(), best_of
        )
        for _, pool in pools
    ]
    return float(np.mean(rates))


def _draws(verdicts: pd.DataFrame, best_of: int) -> np.ndarray:
    """Candidates drawn per utterance, at most `best_of`, until the verifier accepts one."""
    ordered = verdicts.sort_values(["utterance_id", "candidate_index"])
    passes = ~ordered["verifier_is_catastrophic"].to_numpy(dtype=bool)
    num_utterances = len(set(ordered["utterance_id"]))
    pools = passes.reshape(num_utterances, -1)[:, :best_of]
    return np.where(pools.any(axis=1), pools.argmax(axis=1) + 1, best_of)


def nested_rates(rates: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Returns the failure rates by system, prompt set and "best_of_N"."""
    nested: dict[str, dict[str, dict[str, float]]] = {}
    for row in rates.to_dict("records"):
        by_set = nested.setdefault(row["system"], {})
        by_set.setdefault(row["prompt_set"], {})[f"best_of_{row['best_of']}"] = row["rate"]
    return nested
