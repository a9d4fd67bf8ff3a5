"""The candidates of a system that can be heard, with what they should say and what was judged."""

from pathlib import Path

import pandas as pd

from selfverify.storage.tables import read_tables

KEYS = ["utterance_id", "candidate_index"]


def read_audible(verdicts: list[Path], audio: list[Path], prompts: list[Path]) -> pd.DataFrame:
    """Returns a row per candidate with sound: its verdict, `audio` and the prompt's `text`.

    Args:
        verdicts: of one system, every prompt set.
        audio: of the same system, all shards.
        prompts: every prompt set.
    """
    texts = read_tables(prompts, ["utterance_id", "text"])
    clips = read_tables(audio, [*KEYS, "audio"]).dropna(subset=["audio"])
    return read_tables(verdicts).merge(clips, on=KEYS).merge(texts, on="utterance_id")
