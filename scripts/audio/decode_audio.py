"""Codes to audio, one shard: FLAC bytes with duration, speech seconds and level."""

from pathlib import Path

import numpy as np

from selfverify.audio.clips import describe_clip
from selfverify.codecs import load_codec
from selfverify.storage.records import Candidate
from selfverify.storage.tables import read_records, write_records
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def decode_audio(
    *, candidates: Path, adapter: str, checkpoint: str, device: str, output: Path
) -> None:
    """Decodes every candidate at its true length.

    Args:
        candidates: the sampled codes.
        adapter: a key of `selfverify.codecs.CODECS`.
        checkpoint: folder of the codec.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    codec = load_codec(adapter, checkpoint, device=device)
    pool = read_records(Candidate, candidates)
    waveforms = codec.decode([np.array(c.codes, dtype=np.int64) for c in pool])
    pairs = progress(list(zip(pool, waveforms, strict=True)), name=f"decode {output}", unit="clip")
    clips = [
        describe_clip(c.utterance_id, c.candidate_index, audio, codec.sample_rate, c.stop_reason)
        for c, audio in pairs
    ]
    write_records(clips, output)


if __name__ == "__main__":
    run_script(decode_audio)
