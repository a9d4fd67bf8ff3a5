"""What one step of training an adapter takes: time and memory, at the planned settings.

Adapters, checkpointing, precision and losses are those of the trainers; without their loaders and
logs, so that neither TRL nor a tokenizer is needed.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import torch
from peft import get_peft_model
from torch.nn.functional import cross_entropy, log_softmax, logsigmoid

from selfverify.benchmarks.draws import SEED, num_codes
from selfverify.benchmarks.measuring import peak_gb, timed
from selfverify.distillation.finetuning import lora_config
from selfverify.systems.base import TrainingExample

IGNORED = -100


@dataclass(frozen=True)
class TrainingWorkload:
    """A step as planned."""

    lora_rank: int
    batch_size: int  # sequences of a step
    micro_batch_size: int  # at once
    max_audio_s: float
    num_prompt_ids: int
    beta: float


def measure_training(
    model: Any, loss_name: str, workload: TrainingWorkload, steps_per_audio_s: float
) -> dict[str, Any]:
    """Returns seconds and memory of a step on sequences that reach the cap; it uses `model` up.

    Args:
        model: of a system.
        loss_name: sft or dpo.
        workload: as planned.
        steps_per_audio_s: of the system.
    """
    device = model.device
    num_steps = ceil(workload.max_audio_s * steps_per_audio_s)
    adapted: Any = get_peft_model(model, lora_config(workload.lora_rank)).train()
    adapted.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    # CSM writes into what its depth decoder embeds, which a leaf that wants a gradient forbids;
    # this way of recomputing needs none.
    adapted.get_base_model().disable_input_require_grads()
    trained = [p for p in adapted.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
    examples = _examples(model, workload, num_steps)

    def micro_step() -> None:
        loss = _LOSSES[loss_name](adapted, examples, workload)
        (loss * workload.micro_batch_size / workload.batch_size).backward()

    def update() -> None:
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    micro_step()
    update()
    micro_s = timed(device, micro_step)
    update_s = timed(device, update)
    num_micro = workload.batch_size // workload.micro_batch_size
    positions = workload.num_prompt_ids + num_steps
    step_s = num_micro * micro_s + update_s
    return {
        "num_positions": positions,
        "micro_step_s": micro_s,
        "step_s": step_s,
        "positions_per_s": workload.batch_size * positions / step_s,
        "peak_gb": peak_gb(device),
    }


def _examples(model: Any, workload: TrainingWorkload, num_steps: int) -> list[TrainingExample]:
    rng = np.random.default_rng(SEED)
    size, prompt = model.config.vocab_size, workload.num_prompt_ids
    examples = []
    for _ in range(workload.micro_batch_size):
        ids = rng.integers(1, size, size=prompt + num_steps * num_codes(model)).tolist()
        examples.append(TrainingExample(ids, [IGNORED] * prompt + ids[prompt:]))
    return examples


def _sft(adapted: Any, examples: list[TrainingExample], workload: TrainingWorkload) -> torch.Tensor:
    model = adapted.get_base_model()
    if model.config.model_type == "csm":
        from selfverify.pretraining.csm import csm_loss

        return csm_loss(model, examples)
    ids, labels = _tensors(examples, model.device)
    with torch.autocast(model.device.type, torch.bfloat16):
        logits = adapted(input_ids=ids, use_cache=False).logits
    shifted, wanted = logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten()
    return cross_entropy(shifted, wanted, ignore_index=IGNORED)


def _dpo(adapted: Any, examples: list[TrainingExample], workload: TrainingWorkload) -> torch.Tensor:
    """-log sigmoid(β m), the first half of the sequences chosen, the other rejected."""
    ids, labels = _tensors(examples, adapted.device)
    with torch.autocast(adapted.device.type, torch.bfloat16):
        with torch.no_grad(), adapted.disable_adapter():
            reference = _sum_logps(adapted(input_ids=ids, use_cache=False).logits, labels)
        policy = _sum_logps(adapted(input_ids=ids, use_cache=False).logits, labels)
    chosen, rejected = (policy - reference).chunk(2)
    return -logsigmoid(workload.beta * (chosen - rejected)).mean()


def _sum_logps(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    wanted = labels[:, 1:]
    logps = log_softmax(logits[:, :-1].float(), dim=-1)
    picked = logps.gather(-1, wanted.clamp(min=0)[..., None])[..., 0]
    return (picked * (wanted != IGNORED)).sum(dim=-1)


def _tensors(
    examples: list[TrainingExample], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.tensor([example.input_ids for example in examples], device=device)
    return ids, torch.tensor([example.labels for example in examples], device=device)


_LOSSES = {"sft": _sft, "dpo": _dpo}
