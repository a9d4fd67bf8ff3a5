"""GPU memory that training an adapter of a real system takes, computed from its architecture.

Layers are recomputed in the backward pass (gradient checkpointing), so that at the peak there are
the inputs of all layers, the inside of one, and the logits. GB are 10⁹ bytes.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

from peft import get_peft_model

from selfverify.distillation.finetuning import lora_config
from selfverify.planning.architectures import (
    SystemConfig,
    build_on_meta,
    codec_config,
    system_config,
)
from selfverify.planning.sampling import num_bytes, steps_per_audio_s
from selfverify.pretraining.csm import DEPTH_SHARE

HALF, FULL = 2, 4  # bytes of a bfloat16 and a float32
# Of an adapter's weight: itself, its gradient, and Adam's two moments, all float32.
TRAINED_BYTES = 4 * FULL
# Of a logit: itself and its gradient in both precisions, since the loss is taken in float32. Those
# of a preference loss's reference are sums before the policy's begin.
LOGIT_BYTES = 2 * (HALF + FULL)


@dataclass(frozen=True)
class TrainingPlan:
    """What training one system needs, GB."""

    num_trained: int  # weights of the adapters
    num_positions: int  # of the longest sequence
    weights_gb: float
    trained_gb: float
    activations_gb: float
    logits_gb: float
    total_gb: float


def plan_training(
    system: str,
    codec: str,
    *,
    dtype: str,
    lora_rank: int,
    num_sequences: int,
    max_audio_s: float,
    num_prompt_ids: int,
) -> TrainingPlan:
    """Returns what training on sequences as long as the cap allows needs.

    Args:
        system: a key of `architectures.SYSTEM_CONFIGS`.
        codec: a key of `architectures.CODEC_CONFIGS`.
        dtype: of the system's weights.
        lora_rank: of the adapters.
        num_sequences: at once; a pair is two.
        max_audio_s: the cap, seconds.
        num_prompt_ids: assumed.

    Raises:
        InputError: if the system, the codec or the dtype is unknown.
    """
    config = system_config(system)
    model = build_on_meta(config)
    weights_gb = num_bytes(model, dtype) / 1e9
    adapted = get_peft_model(model, lora_config(lora_rank))  # type: ignore[arg-type]
    num_trained = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    num_steps = ceil(max_audio_s * steps_per_audio_s(codec_config(codec)))
    positions = num_prompt_ids + num_steps
    activations_gb = num_sequences * activation_bytes(config, positions) / 1e9
    logits_gb = num_sequences * positions * logits_of_a_step(config) * LOGIT_BYTES / 1e9
    trained_gb = num_trained * TRAINED_BYTES / 1e9
    return TrainingPlan(
        num_trained=num_trained,
        num_positions=positions,
        weights_gb=weights_gb,
        trained_gb=trained_gb,
        activations_gb=activations_gb,
        logits_gb=logits_gb,
        total_gb=weights_gb + trained_gb + activations_gb + logits_gb,
    )


def logits_of_a_step(config: SystemConfig) -> int:
    """Returns logits of a position: the vocabulary, or of CSM that of each codebook."""
    return config.vocab_size * getattr(config, "num_codebooks", 1)


def activation_bytes(config: Any, num_positions: int) -> int:
    """Returns bytes of the activations of one sequence at the peak.

    CSM's depth decoder runs on as many sequences as frames are kept, one position a codebook.
    """
    size = num_positions * _decoder_bytes(config)
    if config.model_type == "csm":
        depth = config.num_codebooks * _decoder_bytes(config.depth_decoder_config)
        size += ceil(DEPTH_SHARE * num_positions) * depth
    return size


def _decoder_bytes(config: Any) -> int:
    """Of one position: inputs of all layers, and of one layer what its backward pass needs.

    Those are, with h the width, k that of the keys and i the MLP's inner one: two normalisations
    (2 h each, in float32), their outputs (2 h), query, attention's output and residual (3 h), key
    and value (2 k), gate, its activation, up and product (4 i). The adapters keep their inputs in
    float32 once more: those of query, gate and output (3 h) and of the last projection (i).
    """
    hidden, inner = config.hidden_size, config.intermediate_size
    keys = config.num_key_value_heads * config.head_dim
    inputs = config.num_hidden_layers * hidden * HALF
    halves = 5 * hidden + 2 * keys + 4 * inner
    fulls = 4 * hidden + 3 * hidden + inner
    return inputs + halves * HALF + fulls * FULL
