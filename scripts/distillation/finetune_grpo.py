"""Train a policy by GRPO: it samples, the verifier judges, step after step."""

import shutil
from pathlib import Path

import torch

from selfverify.asr import load_recogniser
from selfverify.codecs import load_codec
from selfverify.distillation.finetuning import (
    TrainingSettings,
    content_of,
    facts_of,
    save_policy,
    train,
    training_key,
)
from selfverify.distillation.grpo import Rollout, VerifierJudge, grpo_trainer
from selfverify.distillation.held_out import HeldOut
from selfverify.distillation.pools import read_pool
from selfverify.distillation.separation import check_unseen
from selfverify.distillation.training_sets import describe
from selfverify.metric.taxonomy import Thresholds
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_shard, write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingSettings
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def finetune_grpo(
    *,
    prompts: Path,
    shards: list[int],
    num_shards: int,
    held_out: list[Path],
    evaluated: list[Path],
    adapter: str,
    start: Path,
    dtype: str,
    voice: str,
    sampling: SamplingSettings,
    codec_adapter: str,
    codec: str,
    recogniser_adapter: str,
    recogniser: str,
    sha256: str,
    padding_s: float,
    recogniser_batch_size: int,
    language: str,
    thresholds: Thresholds,
    group_size: int,
    settings: TrainingSettings,
    device: str,
    run: Path,
    output: Path,
) -> None:
    """Trains an adapter and writes it, the checkpoint that it is merged into, and all candidates.

    Args:
        prompts: of training.
        shards: which parts of them, counted from 0.
        num_shards: number of parts.
        held_out: judged candidates of prompts that are not trained on, to look at on the way; may
            be none.
        evaluated: prompt sets of the evaluation, which no text of training may be in.
        adapter: a key of `selfverify.systems.SYSTEMS`.
        start: checkpoint to begin with.
        dtype: of the weights, a name of torch's.
        voice: the speaker, for systems that have several.
        sampling: how candidates are drawn.
        codec_adapter: a key of `selfverify.codecs.CODECS`.
        codec: its checkpoint.
        recogniser_adapter: the verifier's, a key of `selfverify.asr.RECOGNISERS`.
        recogniser: its weights.
        sha256: of the weights; empty where it is not known.
        padding_s: silence after a short clip.
        recogniser_batch_size: clips recognised at once.
        language: fixed, never detected.
        thresholds: of the metric.
        group_size: candidates of a prompt.
        settings: of training; `batch_size` is the number of candidates a step.
        device: "cpu" or "cuda".
        run: folder in which an interrupted training goes on; removed at the end.
        output: folder of the policy.
    """
    set_up_torch()
    torch.manual_seed(settings.seed)
    utterances = [u for s in shards for u in read_shard(Utterance, prompts, s, num_shards)]
    check_unseen({u.text: u.utterance_id for u in utterances}, evaluated)
    judge = [recogniser_adapter, recogniser, sha256, padding_s, language, thresholds]
    heard = [Path(recogniser)] if Path(recogniser).is_file() else []
    key = training_key(
        settings, adapter, dtype, voice, device, sampling, shards, num_shards, group_size, judge,
        codec_adapter, content_of(Path(codec)), files=[prompts, *held_out, *heard], start=start,
    )  # fmt: skip
    run = run / key
    listener = load_recogniser(
        recogniser_adapter, recogniser, sha256=sha256, language=language,
        batch_size=recogniser_batch_size, padding_s=padding_s, device=device,
    )  # fmt: skip
    rollout = Rollout(
        load_system(adapter, start, voice=voice, device=device, dtype=dtype),
        {u.utterance_id: u for u in utterances},
        sampling,
        VerifierJudge(load_codec(codec_adapter, codec, device=device), listener, thresholds),
        settings.seed,
        run / "rollouts",
    )
    trainer = grpo_trainer(rollout, settings, group_size, run, device)
    unseen = [c for path in held_out for c in read_pool(path)]
    trainer.add_callback(HeldOut(rollout.system, unseen))
    curve = train(trainer)
    candidates = [c for path in sorted(rollout.folder.iterdir()) for c in read_pool(path)]
    facts = {**facts_of(settings), **describe(candidates)}
    write_records(candidates, output / "rollouts.parquet")
    save_policy(trainer.model, start, curve, facts, output)  # type: ignore[arg-type]
    shutil.rmtree(run.parent, ignore_errors=True)


if __name__ == "__main__":
    run_script(finetune_grpo)
