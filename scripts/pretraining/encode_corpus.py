"""Codes of one shard of the corpus: what the language model learns to continue text with."""

from pathlib import Path

import pandas as pd

from selfverify.audio.samples import decode_flac
from selfverify.codecs import load_codec
from selfverify.storage.tables import write_table
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def encode_corpus(*, corpus: Path, adapter: str, checkpoint: Path, output: Path) -> None:
    """Writes utterance_id, text, split and codes (K, T) of each corpus utterance.

    Args:
        corpus: shard of the corpus.
        adapter: name of the codec's adapter.
        checkpoint: folder of the trained codec.
        output: Parquet file to write.
    """
    set_up_torch()
    codec = load_codec(adapter, checkpoint)
    table = pd.read_parquet(corpus)
    clips = progress(table["audio"], name=f"encode {corpus.stem}", unit="clip")
    table["codes"] = [codec.encode(decode_flac(clip["bytes"])[0]).tolist() for clip in clips]
    write_table(table[["utterance_id", "text", "split", "codes"]], output)


if __name__ == "__main__":
    run_script(encode_corpus)
