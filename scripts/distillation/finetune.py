"""Train a policy: a system, or a policy of an earlier round, on judged candidates."""

import shutil
from pathlib import Path

import torch

from selfverify.distillation.advantage import advantage_trainer
from selfverify.distillation.finetuning import (
    TrainingSettings,
    divide_logits,
    facts_of,
    save_policy,
    train,
    training_key,
)
from selfverify.distillation.held_out import HeldOut
from selfverify.distillation.pools import read_pool
from selfverify.distillation.preference import preference_trainer
from selfverify.distillation.separation import check_unseen
from selfverify.distillation.sft import sft_trainer
from selfverify.distillation.training_sets import PAIRINGS, SELECTIONS, describe
from selfverify.systems import load_system
from selfverify.workflow.script import run_script
from selfverify.workflow.torch_setup import set_up_torch


def finetune(
    *,
    pools: list[Path],
    held_out: list[Path],
    evaluated: list[Path],
    adapter: str,
    start: Path,
    dtype: str,
    voice: str,
    settings: TrainingSettings,
    device: str,
    run: Path,
    output: Path,
) -> None:
    """Trains an adapter and writes it, with the checkpoint that it is merged into.

    Args:
        pools: training candidates, judged.
        held_out: the same of prompts that are not trained on, to look at on the way; may be none.
        evaluated: prompt sets of the evaluation, which no text of training may be in.
        adapter: a key of `selfverify.systems.SYSTEMS`.
        start: checkpoint to begin with.
        dtype: of the weights, a name of torch's.
        voice: the speaker, for systems that have several.
        settings: of training.
        device: "cpu" or "cuda".
        run: folder in which an interrupted training goes on; removed at the end.
        output: folder of the policy.
    """
    set_up_torch()
    torch.manual_seed(settings.seed)
    candidates = [c for path in pools for c in read_pool(path)]
    check_unseen({c.text: c.utterance_id for c in candidates}, evaluated)
    # Of this very training: one with other settings or data begins anew.
    key = training_key(
        settings, adapter, dtype, voice, device, files=[*pools, *held_out], start=start
    )
    run = run / key
    system = load_system(adapter, start, voice=voice, device=device, dtype=dtype)
    if settings.temperature != 1.0:
        divide_logits(system, settings.temperature)
    if settings.losses == ("sft",):
        kept = SELECTIONS[settings.selection](candidates, settings.seed)
        trainer = sft_trainer(system, kept, settings, run, device)
    elif settings.losses == ("advantage",):
        trainer = advantage_trainer(system, candidates, settings, run, device)
    else:
        pairs = PAIRINGS[settings.selection](candidates)
        trainer = preference_trainer(system, pairs, settings, run, device)
    trainer.add_callback(HeldOut(system, [c for path in held_out for c in read_pool(path)]))
    curve = train(trainer)
    facts = {**facts_of(settings), **describe(candidates, settings.selection)}
    save_policy(trainer.model, start, curve, facts, output)  # type: ignore[arg-type]
    shutil.rmtree(run.parent, ignore_errors=True)


if __name__ == "__main__":
    run_script(finetune)
