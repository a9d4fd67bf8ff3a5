"""Verdicts as arrays: a row per prompt, a column per candidate."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.results.summary import without_pipeline_errors
from selfverify.selection.best_of_n import selection_score

KEYS = ["utterance_id", "candidate_index"]


@dataclass(frozen=True)
class JudgedPools:
    """The pools of one system and prompt set, by utterance_id and candidate_index."""

    system: str
    prompt_set: str
    utterance_ids: tuple[str, ...]
    scores: np.ndarray  # the verifier's (`selection.selection_score`), shape (prompts, M)
    fails: np.ndarray  # the evaluator's word, bool, shape (prompts, M)

    @property
    def pool_size(self) -> int:
        """M."""
        return self.fails.shape[1]

    @property
    def num_failed(self) -> np.ndarray:
        """Failed candidates of each prompt, by the evaluator, shape (prompts,)."""
        return self.fails.sum(axis=1)


def read_pools(path: Path, *, min_size: int) -> JudgedPools:
    """Returns the whole pools of verdicts/{system}/{prompt_set}.parquet.

    Utterances with a pipeline error are left out (`summary.without_pipeline_errors`).

    Args:
        path: the verdicts.
        min_size: candidates per prompt that the caller needs.

    Raises:
        InputError: if pools differ in size, are too small, or fewer than two are left.
    """
    verdicts = without_pipeline_errors(pd.read_parquet(path)).sort_values(KEYS)
    sizes = verdicts["utterance_id"].value_counts()
    if len(sizes) < 2:
        raise InputError(
            f"{path}: {len(sizes)} utterances without pipeline error, at least two are needed; add "
            "prompts, or mend the recogniser"
        )
    if sizes.nunique() > 1:
        key = sizes.idxmin()
        raise InputError(f"{path}: {key} has {sizes.min()} candidates, others {sizes.max()}")
    if sizes.iloc[0] < min_size:
        raise InputError(
            f"{path}: pools of {sizes.iloc[0]} candidates, at least {min_size} are needed; raise "
            "pool_size, or leave this file out"
        )
    cer, seen, fails = (
        verdicts[name].to_numpy().reshape(len(sizes), -1)
        for name in ("verifier_cer", "verifier_is_catastrophic", "is_catastrophic")
    )
    ids = tuple(map(str, verdicts["utterance_id"].unique()))
    scores = selection_score(cer.astype(float), seen.astype(bool))
    return JudgedPools(path.parent.name, path.stem, ids, scores, fails.astype(bool))
