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
    # The verifier's (`selection.selection_score`), NaN where it heard nothing, shape (prompts, M).
    scores: np.ndarray
    fails: np.ndarray  # the evaluator's word, bool, shape (prompts, M)

    @property
    def pool_size(self) -> int:
        """M."""
        return self.fails.shape[1]

    @property
    def num_failed(self) -> np.ndarray:
        """Failed candidates of each prompt, by the evaluator, shape (prompts,)."""
        return self.fails.sum(axis=1)


def read_pools(path: Path, *, min_size: int, by_evaluator_alone: bool = False) -> JudgedPools:
    """Returns the whole pools of verdicts/{system}/{prompt_set}.parquet.

    Utterances with a pipeline error are left out (`summary.without_pipeline_errors`).

    Args:
        path: the verdicts.
        min_size: candidates per prompt that the caller needs.
        by_evaluator_alone: keep utterances at which no more than the verifier broke down; such a
            candidate has an infinite score.

    Raises:
        InputError: if pools differ in size, are too small, or fewer than two are left.
    """
    verdicts = without_pipeline_errors(
        pd.read_parquet(path), by_evaluator_alone=by_evaluator_alone
    ).sort_values(KEYS)
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
    ids = tuple(map(str, verdicts["utterance_id"].unique()))
    scores, fails = _scores(verdicts), verdicts["is_catastrophic"].to_numpy(dtype=bool)
    shape = (len(sizes), -1)
    return JudgedPools(
        path.parent.name, path.stem, ids, scores.reshape(shape), fails.reshape(shape)
    )


def _scores(verdicts: pd.DataFrame) -> np.ndarray:
    """The verifier's score of each row."""
    if "verifier_cer" not in verdicts:
        return np.full(len(verdicts), np.nan)
    cer = verdicts["verifier_cer"].to_numpy(dtype=float)
    return selection_score(cer, verdicts["verifier_is_catastrophic"].to_numpy(dtype=bool))
