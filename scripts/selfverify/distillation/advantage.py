"""Advantage-weighted learning: from every candidate, by how it compares with those beside it.

    of each training prompt x, y_1 … y_M of the teacher:  A_i = 1[y_i accepted] - share accepted
    minimise over adapters, ids t of all y_i:  -mean_t min(r_t A_i, clip(r_t, 1 - ε, 1 + ε) A_i)
    r_t = p(y_t | x, y_<t) / p_start(y_t | x, y_<t)

PPO's clipped objective (arXiv 1707.06347, eq. 7, ε = .2) on candidates that were drawn before, with
the mean of a pool as baseline as in GRPO (arXiv 2402.03300), not divided by its spread. A prompt on
which all pass or all fail teaches nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model
from torch.nn.utils.rnn import pad_sequence
from transformers import Trainer, TrainingArguments

from selfverify.distillation.finetuning import (
    TrainingSettings,
    batch_options,
    dtype_name,
    lora_config,
    trainer_options,
)
from selfverify.distillation.pools import IGNORED, TrainingCandidate
from selfverify.distillation.sft import examples_of
from selfverify.distillation.training_sets import advantages
from selfverify.errors import InputError
from selfverify.systems.base import TTSSystem
from selfverify.systems.csm import Csm

CLIP = 0.2


def advantage_trainer(
    system: TTSSystem,
    candidates: Sequence[TrainingCandidate],
    settings: TrainingSettings,
    run: Path,
    device: str,
) -> Trainer:
    """Returns what trains `system` on all candidates of pools with both outcomes.

    Args:
        system: a Llama with its model.
        candidates: judged, by utterance.
        settings: of training.
        run: folder for an interrupted training.
        device: "cpu" or "cuda".

    Raises:
        InputError: of a CSM, and if there is nothing to learn from.
    """
    if isinstance(system, Csm):
        raise InputError("CSM is compared by SFT alone: advantages are weighed over one head")
    weighed = advantages(candidates)
    if not weighed:
        raise InputError("no prompt has both outcomes, so there is nothing to learn; add prompts")
    options = trainer_options(settings, run, device, dtype_name(system))
    options |= batch_options(settings.batch_size, settings.micro_batch_size)
    examples = examples_of(system, [candidate for candidate, _ in weighed], are_verified=False)
    rows = [
        vars(example) | {"advantage": advantage}
        for example, (_, advantage) in zip(examples, weighed, strict=True)
    ]
    model: Any = get_peft_model(system.model, lora_config(settings.lora_rank))
    if options["gradient_checkpointing"]:
        model.enable_input_require_grads()  # of frozen embeddings, before layers recomputed
    trainer = AdvantageTrainer(
        model, TrainingArguments(**options, remove_unused_columns=False),
        train_dataset=rows,  # type: ignore[arg-type]
        data_collator=collate,
    )  # fmt: skip
    trainer.model_accepts_loss_kwargs = True  # it is told how many ids the whole step has
    return trainer


class AdvantageTrainer(Trainer):
    """transformers' Trainer, with the clipped objective against the model without its adapter."""

    def compute_loss(
        self,
        model: Any,
        inputs: Any,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Returns the loss of a batch of `collate`."""
        policy = log_probs(model, inputs)
        with torch.no_grad(), model.disable_adapter():
            start = log_probs(model, inputs)
        labels = inputs["labels"][:, 1:]
        loss = clipped_loss(policy - start, inputs["advantages"], labels)
        if num_items_in_batch is None:
            return loss
        # Its share of a step in parts, so that each id counts the same however they are cut.
        return loss * (labels != IGNORED).sum() / num_items_in_batch


def log_probs(model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Returns log p of each id after the first given those before it, shape (rows, length - 1)."""
    logits = model(input_ids=batch["input_ids"], use_cache=False).logits[:, :-1].float()
    ids = batch["input_ids"][:, 1:, None]
    return logits.gather(-1, ids)[..., 0] - logits.logsumexp(dim=-1)


def clipped_loss(
    gains: torch.Tensor, advantages_: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Returns the loss, averaged over the ids that have labels.

    Args:
        gains: log p less that of the start, (rows, ids).
        advantages_: of each row, (rows,).
        labels: of each id, `IGNORED` for the prompt's and padding.
    """
    ratios, weights = gains.exp(), advantages_[:, None]
    worst = torch.minimum(ratios * weights, ratios.clamp(1 - CLIP, 1 + CLIP) * weights)
    is_said = labels != IGNORED
    return -worst[is_said].mean()


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Returns a batch, padded on the right, where earlier positions do not see the padding."""
    return {
        "input_ids": pad_sequence([torch.tensor(row["input_ids"]) for row in rows], True),
        "labels": pad_sequence([torch.tensor(row["labels"]) for row in rows], True, IGNORED),
        "advantages": torch.tensor([row["advantage"] for row in rows]),
    }
