"""SFT that may train the gain of the last norm, which decides how sharp a Llama's output can be.

A Llama's logits are W (g * h / rms(h)): whatever its layers do, the last hidden state has the same
length when it comes to the output W, and the adapters reach neither W nor the gain g. A policy that
is to grow sharper can then only turn h, away from what told other ids apart. With g trained it can
grow sharper as a cooler temperature makes it: all logits are multiplied alike.
"""

from typing import Any

import torch
from peft import LoraConfig
from trl.trainer.sft_trainer import SFTTrainer

from selfverify.distillation.finetuning import TrainingSettings, lora_config
from selfverify.distillation.folding import FoldingTrainer

OUTPUT_NORM = "model.norm"  # of transformers' Llama


def adapters_of(settings: TrainingSettings) -> LoraConfig:
    """Returns the adapters of a training, with the gain where it has a learning rate."""
    config = lora_config(settings.lora_rank)
    if settings.gain_learning_rate is not None:
        config.modules_to_save = [OUTPUT_NORM]
    return config


class GainTrainer(FoldingTrainer, SFTTrainer):
    """TRL's trainer, the gain learning at a rate of its own.

    Adam moves a weight by about its learning rate a step, whatever its size: at the adapters' rate
    a gain of 2 would stay what it is.

    Args:
        gain_learning_rate: peak, of the gain; None if it is not trained.
        folds: whether adapters are folded (`folding`).
    """

    def __init__(self, *args: Any, gain_learning_rate: float | None, **kwargs: Any) -> None:
        self.gain_learning_rate = gain_learning_rate
        super().__init__(*args, **kwargs)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Returns the optimiser, with the gain in a group by itself."""
        is_new = self.optimizer is None
        optimizer = super().create_optimizer(model)
        if is_new and self.gain_learning_rate is not None:
            _regroup(optimizer, _gains(self.model), self.gain_learning_rate)
        return optimizer


def _gains(model: Any) -> list[torch.nn.Parameter]:
    return [
        parameter
        for name, parameter in model.named_parameters()
        if f"{OUTPUT_NORM}.modules_to_save" in name
    ]


def _regroup(
    optimizer: torch.optim.Optimizer, parameters: list[torch.nn.Parameter], learning_rate: float
) -> None:
    """Moves parameters into a group of their own."""
    moved = {id(parameter) for parameter in parameters}
    for group in optimizer.param_groups:
        group["params"] = [p for p in group["params"] if id(p) not in moved]
    optimizer.add_param_group({"params": parameters, "lr": learning_rate, "weight_decay": 0.0})
