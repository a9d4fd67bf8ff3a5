"""What the voice itself says of training prompts, as a pool: what SFT learns from the truth.

The positive control of distillation: as many sequences of true speech, in the codes of a system.
"""

from pathlib import Path

import soxr

from selfverify.adapters import SYSTEMS
from selfverify.adapters.loading import load_class
from selfverify.audio.voice import SAMPLE_RATE, load_voice, speak
from selfverify.codecs import load_codec
from selfverify.distillation.pools import spoken_candidate
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_shard, write_records
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def speak_training_pool(
    *,
    prompts: Path,
    shard: int,
    num_shards: int,
    adapter: str,
    checkpoint: Path,
    codec_adapter: str,
    codec: str,
    device: str,
    output: Path,
) -> None:
    """Writes one row per prompt of a shard (`distillation.pools.TrainingCandidate`).

    Args:
        prompts: of training.
        shard: which part of them, counted from 0.
        num_shards: number of parts.
        adapter: a key of `selfverify.systems.SYSTEMS`.
        checkpoint: the system's, whose ids are written.
        codec_adapter: a key of `selfverify.codecs.CODECS`.
        codec: its checkpoint.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    system = load_class(SYSTEMS, adapter, "system")(checkpoint, load_model=False)
    encoder, voice = load_codec(codec_adapter, codec, device=device), load_voice()
    pool = []
    for utterance in progress(read_shard(Utterance, prompts, shard, num_shards), name=f"{output}"):
        audio = speak(voice, f"{utterance.spoken[0]}.")
        codes = encoder.encode(soxr.resample(audio, SAMPLE_RATE, encoder.sample_rate))
        example = system.training_example(utterance.text, codes)
        pool.append(spoken_candidate(utterance, example, codes.shape[1]))
    write_records(pool, output)


if __name__ == "__main__":
    run_script(speak_training_pool)
