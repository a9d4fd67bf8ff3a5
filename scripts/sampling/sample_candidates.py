"""Draw the pool of candidates of one shard of a prompt set: text to codes."""

from pathlib import Path

from selfverify.sampling.pools import check_texts, draw_pools
from selfverify.sampling.seeds import settings_hash
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_shard, write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings, with_window
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def sample_candidates(
    *,
    prompts: Path,
    system: str,
    adapter: str,
    checkpoint: str,
    dtype: str,
    voice: str,
    shard: int,
    num_shards: int,
    pool_size: int,
    base_seed: int,
    sampling: SamplingSettings,
    repetition_window: int = 0,
    batch_size: int,
    device: str,
    output: Path,
) -> None:
    """Samples `pool_size` candidates for one of `num_shards` parts of a prompt set.

    Every text is checked before the model is loaded.

    Args:
        prompts: the prompt set.
        system: its name, part of each candidate's seed.
        adapter: a key of `selfverify.systems.SYSTEMS`.
        checkpoint: folder of the system.
        dtype: of the weights, a name of torch's.
        voice: the speaker, for systems that have several; empty for the system's choice.
        shard: which part of the prompt set, counted from 0.
        num_shards: number of parts.
        pool_size: candidates per utterance.
        base_seed: of the study.
        sampling: how candidates are drawn.
        repetition_window: ids that repetition-aware sampling looks at; 0 switches it off.
        batch_size: candidates sampled at once.
        device: "cpu" or "cuda".
        output: Parquet file to write.
    """
    set_up_torch()
    utterances = read_shard(Utterance, prompts, shard, num_shards)
    settings = with_window(sampling, repetition_window)
    prompter = load_system(adapter, checkpoint, voice=voice, load_model=False)
    check_texts(prompter, utterances, str(prompts))
    candidates = draw_pools(
        load_system(adapter, checkpoint, voice=voice, device=device, dtype=dtype),
        utterances,
        settings,
        name=system,
        identity=settings_hash(checkpoint, dtype, voice, settings),
        pool_size=pool_size,
        base_seed=base_seed,
        batch_size=batch_size,
    )
    write_records(candidates, output)


if __name__ == "__main__":
    run_script(sample_candidates)
