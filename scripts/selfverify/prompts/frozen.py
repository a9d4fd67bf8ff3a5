"""Prompts by a choice that is frozen in a table.

Git keeps the table, as it keeps checkpoints: prompts must not depend on verdicts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from selfverify.errors import InputError

NAMES = ["utterance_id", "pool_utterance_id", "text"]  # columns of a choice, then k_ and n_
CURE = "choose again with `snakemake choose_adversarial`, and put its output there"


def read_choice(path: Path) -> pd.DataFrame:
    """Returns a choice as it was written.

    Raises:
        InputError: if a column is missing.
    """
    choice = pd.read_csv(path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False)
    for name in NAMES:
        if name not in choice:
            raise InputError(f"{path}: no column {name}; {CURE}")
    return choice


def choosing_systems(choice: pd.DataFrame) -> list[str]:
    """Returns the systems that chose."""
    return [name.removeprefix("k_") for name in choice if name.startswith("k_")]


def frozen_prompts(
    choice: Path, pool: Path, *, systems: Sequence[str], num_utterances: int
) -> pa.Table:
    """Returns the chosen rows of a prompt set, with ids of their own, in the order chosen.

    Args:
        choice: the frozen choice.
        pool: prompt set that it was made from.
        systems: which should have chosen.
        num_utterances: how many there should be.

    Raises:
        InputError: if the choice is not that of the parameters, or not of these prompts.
    """
    table = read_choice(choice)
    wanted = {"systems": list(systems), "num_utterances": num_utterances}
    found = {"systems": choosing_systems(table), "num_utterances": len(table)}
    for key, value in wanted.items():
        if value != found[key]:
            raise InputError(
                f"{choice}: {key} is {found[key]}, in params.yaml {value}; set it back, or {CURE}"
            )
    prompts = pq.read_table(pool)
    texts = dict(zip(*(prompts[name].to_pylist() for name in NAMES[::2]), strict=True))
    _check_texts(table, texts, choice, pool)
    rows = [list(texts).index(key) for key in table["pool_utterance_id"]]
    own = {"utterance_id": table["utterance_id"].tolist(), "split": ["adversarial"] * len(rows)}
    taken = prompts.take(rows)
    for name, values in own.items():
        taken = taken.set_column(taken.column_names.index(name), name, pa.array(values))
    return taken


def _check_texts(choice: pd.DataFrame, texts: Mapping[str, str], path: Path, pool: Path) -> None:
    for name, key, text in choice[NAMES].itertuples(index=False):
        if key not in texts:
            raise InputError(f"{path}: {name}: {pool} has no utterance {key}; {CURE}")
        if texts[key] != text:
            raise InputError(
                f"{path}: {name}: {pool} has another text for {key}, {texts[key]!r}"
                f" instead of {text!r}; {CURE}"
            )
