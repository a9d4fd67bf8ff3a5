"""Preference losses on pairs of one pool: DPO, IPO, and DPO with the SFT loss added (RPO).

    for each training prompt with a candidate y+ that passes and one y- that fails:
        m = log p(y+|x)/p0(y+|x) - log p(y-|x)/p0(y-|x),   p0 the policy that training starts from
    DPO  minimises  -log sigmoid(β m),             log-probabilities summed over ids
    IPO  minimises  (m̄ - 1 / (2 β))²,              log-probabilities averaged over ids (TRL 1.16)
    RPO  minimises  DPO - mean log p(y+|x)

β therefore has another unit in each: DPO's scales hundreds of summed ids, IPO's sets the gap per id
that is aimed at. TRL's logged margin is β times the difference. CSM has two heads that TRL's
trainer does not know, so that it is compared by SFT alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import Trainer
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from selfverify.distillation.finetuning import (
    TrainingSettings,
    batch_options,
    dtype_name,
    lora_config,
    trainer_options,
)
from selfverify.distillation.training_sets import Pair
from selfverify.errors import InputError
from selfverify.systems.base import TTSSystem
from selfverify.systems.csm import Csm


class TokenPairTrainer(DPOTrainer):
    """TRL's trainer on ids as they were sampled; it would tokenise texts and append an end."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def preference_trainer(
    system: TTSSystem,
    pairs: Sequence[Pair],
    settings: TrainingSettings,
    run: Path,
    device: str,
) -> Trainer:
    """Returns what trains `system` to prefer the first of each pair.

    Args:
        system: with its model, no CSM.
        pairs: of one prompt each.
        settings: of training.
        run: folder for an interrupted training.
        device: "cpu" or "cuda".

    Raises:
        InputError: if there is no pair, or the system is a CSM.
    """
    if isinstance(system, Csm):
        raise InputError("CSM is compared by SFT alone: TRL's preference losses know one head")
    if not pairs:
        raise InputError("no prompt has both outcomes, so there is no pair; add training prompts")
    options = trainer_options(settings, run, device, dtype_name(system.model))
    options |= batch_options(settings.batch_size // 2, settings.micro_batch_size // 2)
    return TokenPairTrainer(
        model=system.model,
        args=DPOConfig(
            **options, loss_type=list(settings.losses), beta=settings.beta, max_length=None
        ),
        train_dataset=Dataset.from_list([pair_row(system, pair) for pair in pairs]),
        processing_class=system.tokenizer,
        peft_config=lora_config(settings.lora_rank),
    )


def pair_row(system: TTSSystem, pair: Pair) -> dict[str, list[int]]:
    """Returns a pair as TRL's trainer takes it: ids of the prompt and of both continuations."""
    return {
        "prompt_ids": system.prompt_ids(pair.chosen.text),
        "chosen_ids": pair.chosen.token_ids,
        "rejected_ids": pair.rejected.token_ids,
    }
