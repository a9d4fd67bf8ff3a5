"""Prompts chosen because they failed, and what of it was chance.

A prompt chosen by its failures failed partly by bad luck, so its rate falls when it is drawn again
(regression to the mean, the winner's curse). Therefore `adversarial` is never mixed into the prompt
set that it was chosen from, gets new utterance ids and with them fresh seeds, and is read first of
all on systems that had no part in the choice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from selfverify.errors import InputError
from selfverify.prompts.frozen import choosing_systems
from selfverify.results.summary import without_pipeline_errors
from selfverify.statistics.intervals import clopper_pearson


def read_verdicts(paths: Sequence[Path]) -> pd.DataFrame:
    """Returns verdicts/{system}/{prompt_set}.parquet of several systems, with a column `system`.

    Utterances with a pipeline error are left out, as from every rate.
    """
    return pd.concat(
        without_pipeline_errors(pd.read_parquet(path)).assign(system=path.parent.name)
        for path in paths
    )


def most_failed(
    verdicts: pd.DataFrame, *, systems: Collection[str], num_utterances: int
) -> list[str]:
    """Returns the ids of the prompts whose candidates failed most, of those that failed at all.

    A prompt's score is the mean over systems of its share of failed candidates; equal scores go
    by id.

    Args:
        verdicts: of the pool, one row per candidate: system, utterance_id, is_catastrophic.
        systems: which choose; rows of others have no say.
        num_utterances: how many.

    Raises:
        InputError: if a system has no verdict, or fewer prompts failed.
    """
    for system in systems:
        if system not in set(verdicts["system"]):
            raise InputError(f"system {system}: no verdict on the pool; sample and judge it first")
    choosing = verdicts[verdicts["system"].isin(list(systems))]
    shares = choosing.astype({"is_catastrophic": float}).pivot_table(
        index="utterance_id", columns="system", values="is_catastrophic", aggfunc="mean"
    )
    scores = shares.assign(score=shares.mean(axis=1)).reset_index().query("score > 0")
    if len(scores) < num_utterances:
        raise InputError(
            f"num_utterances {num_utterances} is more than the {len(scores)} prompts of the pool"
            " with a failure; lower it, or enlarge the pool"
        )
    ordered = scores.sort_values(["score", "utterance_id"], ascending=[False, True])
    return ordered["utterance_id"].head(num_utterances).tolist()


def make_choice(
    verdicts: pd.DataFrame, texts: Mapping[str, str], *, systems: Sequence[str], num_utterances: int
) -> pd.DataFrame:
    """Returns the choice, a row per prompt, those that failed most first.

    Columns: utterance_id, the new one; pool_utterance_id and text of the prompt; per choosing
    system k_{system} and n_{system}, its failed candidates and all of them.

    Args:
        verdicts: as of `most_failed`.
        texts: of the pool, by utterance id.
        systems: which choose.
        num_utterances: how many.
    """
    ids = most_failed(verdicts, systems=systems, num_utterances=num_utterances)
    names = [f"adversarial-{index:04d}" for index in range(len(ids))]
    chosen = pd.DataFrame(
        {"utterance_id": names, "pool_utterance_id": ids, "text": [texts[key] for key in ids]}
    )
    return pd.concat([chosen, _failures(verdicts, ids, systems)], axis=1)


def num_changed(choice: pd.DataFrame, verdicts: pd.DataFrame) -> int:
    """Returns how many prompts' failures are no longer those of the choice.

    Args:
        choice: the frozen one.
        verdicts: on the pool, of all choosing systems, as of `most_failed`.
    """
    systems, ids = choosing_systems(choice), choice["pool_utterance_id"].tolist()
    now = _failures(verdicts, ids, systems)
    return int((choice[now.columns] != now).to_numpy().any(axis=1).sum())


def _failures(verdicts: pd.DataFrame, ids: list[str], systems: Sequence[str]) -> pd.DataFrame:
    """Failed candidates k_{system} of n_{system} per prompt, in the order of `ids`."""
    columns = {}
    for system in systems:
        fails = verdicts.query("system == @system").groupby("utterance_id")
        counts = fails.agg(k=("is_catastrophic", "sum"), n=("is_catastrophic", "size"))
        for name in ("k", "n"):
            columns[f"{name}_{system}"] = counts[name].reindex(ids, fill_value=0).tolist()
    return pd.DataFrame(columns)


def regression_to_the_mean(
    selection: pd.DataFrame, fresh: pd.DataFrame, *, systems: Collection[str]
) -> pd.DataFrame:
    """Returns a row per system: how often the chosen prompts fail at selection and drawn again.

    Columns: system; chose, whether it took part in the choice; and for "selection" and "fresh"
    each k, n, rate, low, high and method of first candidates, one a prompt, so that rows are
    independent; and pool_rate, the mean over prompts of the share of failed candidates.

    Args:
        selection: verdicts on the chosen prompts at the choice: system, utterance_id,
            candidate_index, is_catastrophic.
        fresh: the same on fresh seeds.
        systems: which chose.
    """
    rows = []
    for system in fresh["system"].unique():
        row: dict[str, object] = {"system": system, "chose": system in systems}
        for name, verdicts in (("selection", selection), ("fresh", fresh)):
            rates = _rates(verdicts.query("system == @system"))
            row |= {f"{name}_{key}": value for key, value in rates.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def _rates(verdicts: pd.DataFrame) -> dict[str, Any]:
    first = verdicts.loc[verdicts["candidate_index"] == 0, "is_catastrophic"]
    shares = verdicts.groupby("utterance_id").agg(share=("is_catastrophic", "mean"))
    pool_rate = {"pool_rate": shares["share"].to_numpy().mean()}
    return asdict(clopper_pearson(int(first.sum()), len(first))) | pool_rate
