"""The table: what tells a failure from other candidates of its prompt, unheard."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selfverify.distillation.comparison import parse_arms
from selfverify.likelihood.judged_views import read_views
from selfverify.likelihood.probe import held_out_scores
from selfverify.results.judged_pools import JudgedPools, read_pools
from selfverify.results.markup import TableFiles, write_shown
from selfverify.statistics.best_of_n import failures_of_all, failures_of_best
from selfverify.statistics.intervals import bootstrap_mean
from selfverify.statistics.ranking import ranked_right
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

LOG_PROB = "log p"


def table_likelihood(
    *,
    verdicts: list[Path],
    views: list[Path],
    num_draws: int,
    seed: int,
    files: TableFiles,
    arms: tuple[str, ...] = (),
) -> None:
    """Writes a row per system and score, of all trainings of an arm together.

    Columns: prompts with both outcomes, by the evaluator; ranked_right, the share of pairs within a
    prompt whose passing one has the better score, with its BCa interval; like_log_prob, how the
    score goes with log p within prompts (Pearson); failure_rate of best of n by the score, exact,
    beside single_rate and oracle_rate, all n drawn fail.

    Args:
        verdicts: of each system's pools.
        views: {system}/{prompt_set}/{scorer}.parquet, the scorer being the system or a policy.
        num_draws: n.
        seed: of the intervals' resamples.
        files: the table.
        arms: "policy=system=arm" of each policy.

    Raises:
        InputError: if views are not of the candidates that were judged.
    """
    arm_of = {name: arm for name, (_, arm) in parse_arms(arms).items()}
    rows: list[dict[str, Any]] = []
    for path in verdicts:
        pools = read_pools(path, min_size=num_draws)
        here = [p for p in views if p.parts[-3:-1] == (pools.system, pools.prompt_set)]
        own = next(read_views(p, pools) for p in here if p.stem == pools.system)
        by_arm: dict[str, list[np.ndarray]] = {}
        for place in (p for p in here if p.stem in arm_of):
            # Less is better: what the policy finds likelier than its system did.
            learnt = own["log_prob"] - read_views(place, pools)["log_prob"]
            by_arm.setdefault(f"learnt by {arm_of[place.stem]}", []).append(learnt)
        scores = {name: [values] for name, values in _own_scores(own, pools).items()} | by_arm
        rows += [_row(name, found, own, pools, num_draws, seed) for name, found in scores.items()]
    write_csv(pd.DataFrame(rows), files.csv)
    write_shown(pd.DataFrame(map(_shown, rows)), NOTE.format(n=num_draws), files)


def _own_scores(own: dict[str, np.ndarray], pools: JudgedPools) -> dict[str, np.ndarray]:
    """What is known of candidates by their system alone, and the verifier's; lower is better."""
    per_id = own["log_prob"] / own["num_ids"]
    numbers = np.stack([own["log_prob"], per_id, own["entropy"], own["num_ids"]], axis=2)
    return {
        LOG_PROB: -own["log_prob"],
        "log p per id": -per_id,
        "entropy": own["entropy"],
        "length": own["num_ids"].astype(float),
        "linear probe": held_out_scores(np.concatenate([numbers, own["state"]], 2), pools.fails),
        "verifier": np.nan_to_num(pools.scores, nan=np.inf),
    }


def _row(
    name: str,
    found: Sequence[np.ndarray],
    own: dict[str, np.ndarray],
    pools: JudgedPools,
    num_draws: int,
    seed: int,
) -> dict[str, Any]:
    shares = np.mean([ranked_right(scores, pools.fails) for scores in found], axis=0)
    right = bootstrap_mean(shares[~np.isnan(shares)], rng=np.random.default_rng(seed))
    best = [failures_of_best(scores, pools.fails, num_draws).mean() for scores in found]
    return {
        "system": pools.system,
        "prompt_set": pools.prompt_set,
        "score": name,
        "trainings": len(found) if name.startswith("learnt") else 0,
        "prompts": right.num_prompts,
        "ranked_right": right.mean,
        "low": right.low,
        "high": right.high,
        "like_log_prob": float(np.mean([_alike(s, -own["log_prob"]) for s in found])),
        "n": num_draws,
        "single_rate": float(pools.fails.mean()),
        "failure_rate": float(np.mean(best)),
        "oracle_rate": float(
            failures_of_all(pools.num_failed, pools.pool_size, num_draws).mean()
        ),
    }  # fmt: skip


def _alike(scores: np.ndarray, others: np.ndarray) -> float:
    """Pearson's correlation within prompts; NaN where a score is infinite, 0 where all are one."""
    if not np.isfinite(scores).all():
        return np.nan
    one, two = (values - values.mean(axis=1, keepdims=True) for values in (scores, others))
    return float((one * two).sum() / max(np.sqrt((one**2).sum() * (two**2).sum()), 1e-300))


def _shown(row: dict[str, Any]) -> dict[str, str]:
    alike = row["like_log_prob"]
    return {
        "system": row["system"],
        "prompt set": row["prompt_set"],
        "score": row["score"] + (f", {row['trainings']} ×" if row["trainings"] > 1 else ""),
        "ranked right": "{ranked_right:.2f} [{low:.2f}, {high:.2f}]".format(**row),
        "like log p": "–" if pd.isna(alike) else f"{alike:.2f}",
        f"best of {row['n']} by it": f"{row['failure_rate']:.1%}",
        "single": f"{row['single_rate']:.1%}",
        "oracle": f"{row['oracle_rate']:.1%}",
    }


NOTE = (
    "Ranked right: pairs of a candidate that passes and one that fails, of the same prompt and by "
    "the evaluator, of which the score prefers the first; .5 is chance, BCa bootstrap 95 % over "
    "prompts with both. Log p: of all ids of a candidate, at the temperature it was drawn at. "
    "Length: the shorter. Linear probe: of these, log p per id, entropy and the mean of the last "
    "hidden state, fitted on other prompts. Learnt: how much likelier a candidate is to a policy "
    "than to its system, which drew it. Like log p: how a score goes with what was likely to the "
    "system, within prompts; sharpening alone goes with it. Best of {n}: exact over all subsets of "
    "the pools; oracle: all fail."
)


if __name__ == "__main__":
    run_script(table_likelihood)
