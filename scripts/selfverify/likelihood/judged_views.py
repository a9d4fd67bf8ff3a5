"""Views beside verdicts: a row per prompt, a column per candidate."""

from pathlib import Path

import numpy as np
import pandas as pd

from selfverify.errors import InputError
from selfverify.results.judged_pools import KEYS, JudgedPools


def read_views(path: Path, pools: JudgedPools) -> dict[str, np.ndarray]:
    """Returns the columns of views of the judged candidates, (prompts, M) or (prompts, M, D).

    Args:
        path: likelihood/{system}/{prompt_set}/{scorer}.parquet.
        pools: the verdicts.

    Raises:
        InputError: if views are not of the candidates that were judged.
    """
    table = pd.read_parquet(path).sort_values(KEYS)
    table = table[table["utterance_id"].isin(pools.utterance_ids)]
    ids = tuple(dict.fromkeys(table["utterance_id"]))
    if ids != pools.utterance_ids or len(table) != pools.fails.size:
        raise InputError(f"{path}: not the candidates that were judged; make both again")
    return {
        name: np.array(table[name].tolist()).reshape(*pools.fails.shape, *shape)
        for name, shape in (("log_prob", ()), ("num_ids", ()), ("entropy", ()), ("state", (-1,)))
    }
