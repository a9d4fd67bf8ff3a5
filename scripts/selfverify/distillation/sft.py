"""Supervised fine-tuning on verified best-of-n: learn to say at once what selection would keep.

    for each training prompt x:
        draw y_1 … y_M from the teacher; v_i: the verifier's score of y_i
        keep y* = argmin v_i if the verifier accepts y*, else drop x
    minimise over adapters  -mean log p(y*_t | x, y*_<t)  over the ids of y*, its end included

y* are the ids as they were sampled: neither decoded nor encoded again, and never cut. The prompt is
built by the code that builds it for sampling, and is not part of the loss.

The control, `selection: random`, has in place of y* any of y_1 … y_M, of the same prompts: what it
gains is owed to learning from oneself, not to the verifier. The other, `selection: reference`, has
the voice's own speech of the prompts: what the truth would teach in as many steps.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import get_peft_model
from transformers import Trainer, TrainingArguments
from trl.trainer.sft_config import SFTConfig

from selfverify.distillation.finetuning import (
    TrainingSettings,
    batch_options,
    dtype_name,
    lora_config,
    trainer_options,
)
from selfverify.distillation.gain import GainTrainer, adapters_of
from selfverify.distillation.pools import IGNORED, TrainingCandidate
from selfverify.errors import InputError
from selfverify.pretraining.csm import csm_loss
from selfverify.systems.base import TrainingExample, TTSSystem
from selfverify.systems.csm import Csm


def examples_of(
    system: TTSSystem, candidates: Sequence[TrainingCandidate], *, are_verified: bool = True
) -> list[TrainingExample]:
    """Returns prompt and sampled ids of each candidate; the loss is on the sampled ids.

    Args:
        system: whose candidates they are.
        candidates: to learn from.
        are_verified: whether all are to be such as the verifier accepts.

    Raises:
        ValueError: if one is not.
    """
    examples = []
    for candidate in candidates:
        if are_verified and not candidate.passes:
            raise ValueError(f"{candidate.utterance_id}: the verifier does not accept it")
        prompt = system.prompt_ids(candidate.text)
        ids = candidate.token_ids
        examples.append(TrainingExample(prompt + ids, [IGNORED] * len(prompt) + ids))
    return examples


def sft_trainer(
    system: TTSSystem,
    candidates: Sequence[TrainingCandidate],
    settings: TrainingSettings,
    run: Path,
    device: str,
) -> Trainer:
    """Returns what trains `system` on the candidates that selection kept.

    Args:
        system: with its model.
        candidates: what `settings.selection` took of each prompt.
        settings: of training.
        run: folder for an interrupted training.
        device: "cpu" or "cuda".

    Raises:
        InputError: if there is nothing to learn from.
    """
    if not candidates:
        raise InputError("no candidate passes, so there is nothing to learn; add training prompts")
    are_verified = settings.selection not in ("random", "own", "failing")
    examples = examples_of(system, candidates, are_verified=are_verified)
    options = trainer_options(settings, run, device, dtype_name(system))
    options |= batch_options(settings.batch_size, settings.micro_batch_size)
    if isinstance(system, Csm):
        return _csm_trainer(system, examples, settings, options)
    rows = Dataset.from_list([vars(example) for example in examples])
    return GainTrainer(
        model=system.model,
        gain_learning_rate=settings.gain_learning_rate,
        folds=bool(settings.fold_adapters),
        # None: TRL would otherwise cut at 1024 ids, and with the end what teaches to stop.
        args=SFTConfig(**options, max_length=None, packing=False),
        train_dataset=rows,
        processing_class=system.tokenizer,
        peft_config=adapters_of(settings),
    )


class CsmTrainer(Trainer):
    """transformers' Trainer on frames of K codes, whose text is embedded apart."""

    def compute_loss(
        self,
        model: Any,
        inputs: Any,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Returns the loss of the mini system's pretraining, through the adapters."""
        return csm_loss(model.get_base_model(), inputs["examples"])


def _csm_trainer(
    system: Csm, examples: list[TrainingExample], settings: TrainingSettings, options: dict
) -> Trainer:
    model = get_peft_model(system.model, lora_config(settings.lora_rank))
    if options.pop("gradient_checkpointing"):
        _recompute_layers(model.get_base_model())
    arguments = TrainingArguments(**options, remove_unused_columns=False)
    trainer = CsmTrainer(
        model, arguments, train_dataset=examples,  # type: ignore[arg-type]
        data_collator=lambda batch: {"examples": batch},
    )  # fmt: skip
    # The loss is a mean of its batch: without this those of a step would be added, not averaged.
    trainer.model_accepts_loss_kwargs = False
    return trainer


def _recompute_layers(model: Any) -> None:
    """As the trainer would, but without gradients of embeddings, into which CSM writes in place."""
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.disable_input_require_grads()
