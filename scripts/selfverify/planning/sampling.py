"""What sampling from the real systems needs: GPU memory, and a bound on its time.

Everything is computed from `architectures`; no weights are read. GB are 10⁹ bytes.
"""

from dataclasses import dataclass
from math import ceil, prod
from typing import Any

import torch
from transformers import MimiConfig

from selfverify.errors import InputError
from selfverify.planning.architectures import (
    CodecConfig,
    SystemConfig,
    build_on_meta,
    codec_config,
    num_parameters,
    system_config,
)

# Of the H100 SXM (80 GB), NVIDIA's data sheet.
H100_BYTES_PER_S = 3.35e12
# Activations and the like beside weights and cache: at most this share of the weights
# (blog.eleuther.ai/transformer-math, section on inference).
OVERHEAD_SHARE = 0.2
DTYPE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
CODEC_DTYPE = "float32"  # what the codecs' adapters load


@dataclass(frozen=True)
class Workload:
    """How a system is sampled, and what is assumed of its candidates."""

    dtype: str  # of the language model, a key of `DTYPE_BYTES`
    batch_size: int
    max_audio_s: float  # the cap, for which memory must do
    mean_audio_s: float  # of a candidate, assumed; time is counted for it
    num_prompt_ids: int  # assumed


@dataclass(frozen=True)
class ResourcePlan:
    """What one system needs."""

    num_parameters: int
    weights_gb: float
    cache_gb: float  # keys and values of a whole batch at the cap
    overhead_gb: float
    codec_gb: float
    total_gb: float  # language model and codec loaded together
    steps_per_audio_s: float
    min_minutes_per_1000: float  # of 1,000 candidates on an H100: at least


def plan_resources(system: str, codec: str, workload: Workload) -> ResourcePlan:
    """Returns what sampling from a real system needs.

    Args:
        system: a key of `architectures.SYSTEM_CONFIGS`.
        codec: a key of `architectures.CODEC_CONFIGS`.
        workload: how it is sampled.

    Raises:
        InputError: if the system, the codec or the dtype is unknown.
    """
    config, codec_sizes = system_config(system), codec_config(codec)
    model, codec_model = build_on_meta(config), build_on_meta(codec_sizes)
    weights_gb = num_bytes(model, workload.dtype) / 1e9
    codec_gb = num_bytes(codec_model, CODEC_DTYPE) / 1e9
    steps_rate = steps_per_audio_s(codec_sizes)
    positions = workload.num_prompt_ids + ceil(workload.max_audio_s * steps_rate)
    cache_gb = workload.batch_size * cache_bytes(config, positions, workload.dtype) / 1e9
    overhead_gb = OVERHEAD_SHARE * weights_gb
    return ResourcePlan(
        num_parameters=num_parameters(model),
        weights_gb=weights_gb,
        cache_gb=cache_gb,
        overhead_gb=overhead_gb,
        codec_gb=codec_gb,
        total_gb=weights_gb + cache_gb + overhead_gb + codec_gb,
        steps_per_audio_s=steps_rate,
        min_minutes_per_1000=1000 * min_candidate_s(config, model, steps_rate, workload) / 60,
    )


def num_bytes(model: torch.nn.Module, dtype: str) -> int:
    """Returns bytes of a model's parameters and buffers; Mimi's codebooks are buffers."""
    values = num_parameters(model) + sum(buffer.numel() for buffer in model.buffers())
    return values * dtype_bytes(dtype)


def dtype_bytes(dtype: str) -> int:
    """Returns bytes of a number.

    Raises:
        InputError: if `DTYPE_BYTES` lacks the type.
    """
    if dtype not in DTYPE_BYTES:
        raise InputError(f"dtype {dtype!r} is unknown; there are: {', '.join(DTYPE_BYTES)}")
    return DTYPE_BYTES[dtype]


def position_bytes(config: Any, dtype: str) -> int:
    """Returns bytes of the keys and values of one position in all layers of a decoder."""
    values = config.num_hidden_layers * config.num_key_value_heads * config.head_dim
    return 2 * values * dtype_bytes(dtype)


def cache_bytes(config: SystemConfig, num_positions: int, dtype: str) -> int:
    """Returns bytes of the keys and values of one candidate.

    CSM's depth decoder adds those of one frame, which it has anew at each.
    """
    size = num_positions * position_bytes(config, dtype)
    if config.model_type == "csm":
        depth: Any = config.depth_decoder_config
        size += depth.max_position_embeddings * position_bytes(depth, dtype)
    return size


def steps_per_audio_s(codec: CodecConfig) -> float:
    """Returns the steps that a language model takes for a second of a codec's audio.

    A Llama takes one for each code of XCodec2, or of SNAC's levels; CSM takes one of its backbone
    for each frame of Mimi, and the depth decoder's are part of it.
    """
    if isinstance(codec, MimiConfig):
        return codec.frame_rate
    if isinstance(codec, dict):
        latents_per_s = codec["sampling_rate"] / prod(codec["encoder_rates"])
        return sum(latents_per_s / stride for stride in codec["vq_strides"])
    return codec.sampling_rate / codec.hop_length


def weights_read(config: Any, model: Any) -> int:
    """Returns how many weights a step reads; of an embedding it reads a few rows, so none.

    A tied embedding is read whole as the output matrix. CSM's depth decoder runs once for each
    codebook but the first, with one of its heads each time.
    """
    if config.model_type != "csm":
        embedding = 0 if config.tie_word_embeddings else model.get_input_embeddings().weight.numel()
        return num_parameters(model) - embedding
    backbone, depth = model.backbone_model, model.depth_decoder.model
    once = num_parameters(backbone.layers, model.lm_head, model.depth_decoder.codebooks_head)
    repeated = num_parameters(depth.layers, depth.inputs_embeds_projector)
    return once + (config.num_codebooks - 1) * repeated


def min_candidate_s(
    config: SystemConfig, model: Any, steps_per_audio_s: float, workload: Workload
) -> float:
    """Returns the least seconds that an H100 needs for one candidate.

    The bound is that of memory: each step reads the weights, shared by the batch, and the
    candidate's keys and values so far, at the card's full bandwidth (the roofline's slope, Williams
    et al. 2009). Prompts, arithmetic, launching kernels, and the codec come on top.

    Args:
        config: of the system.
        model: its model, for the sizes of its parts.
        steps_per_audio_s: see the function of that name.
        workload: how it is sampled.
    """
    num_steps = workload.mean_audio_s * steps_per_audio_s
    mean_positions = workload.num_prompt_ids + num_steps / 2
    weights = weights_read(config, model) * dtype_bytes(workload.dtype) / workload.batch_size
    cache = mean_positions * position_bytes(config, workload.dtype)
    return num_steps * (weights + cache) / H100_BYTES_PER_S
