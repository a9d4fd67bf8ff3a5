"""No text of the evaluation is trained on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from selfverify.errors import InputError


def check_unseen(texts: Mapping[str, str], evaluated: Sequence[Path]) -> None:
    """Returns silently if no text of training is one of the evaluation.

    Args:
        texts: text → utterance_id of the training prompts.
        evaluated: prompt sets.

    Raises:
        InputError: names the file and the utterance.
    """
    for path in evaluated:
        shared = texts.keys() & set(pd.read_parquet(path, columns=["text"])["text"])
        for text in sorted(shared):
            raise InputError(f"{path}: {texts[text]}, a training prompt, is in it: {text!r}")
