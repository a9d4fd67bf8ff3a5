"""Sampling on a card by the static sampler, of the models whose steps it has."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from transformers import CsmForConditionalGeneration, LlamaForCausalLM
from transformers.activations import SiLUActivation
from transformers.models.csm.modeling_csm import CsmRMSNorm
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from selfverify.systems.base import RepetitionAwareSettings, SamplingSettings
from selfverify.systems.networks import CsmNetwork, LlamaNetwork, Network
from selfverify.systems.static_sampling import Ends, sample_static

NORMS = (LlamaRMSNorm, CsmRMSNorm)
FIXED_ROTATIONS = {"default", "linear", "llama3"}  # the others depend on the sequence's length


def sample_on_card(
    model: Any,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    settings: SamplingSettings,
    *,
    num_steps: int,
    ends: Ends,
) -> list[list[list[int]]] | None:
    """Returns what `generate_fast` does, a row for each prompt; None if the sampler cannot.

    Raises:
        NoNumbers: if a request's logits are none.
    """
    make_network = static_network(model, settings)
    if make_network is None:
        return None
    if not prompts:
        return []
    config: Any = model.config
    num_codes = config.num_codebooks if type(model) is CsmForConditionalGeneration else 1
    # Graphs and kernels are of the current card, which is the first one unless it is said.
    with torch.cuda.device(model.device) if model.device.type == "cuda" else nullcontext():
        return sample_static(
            make_network, prompts, seeds, settings, num_rows=len(prompts), num_steps=num_steps,
            num_codes=num_codes, ends=ends, device=model.device, dtype=model.dtype,
        )  # fmt: skip


def static_network(model: Any, settings: SamplingSettings) -> Callable[[int, int], Network] | None:
    """Returns what makes a model's network from rows and positions; None if none has its steps."""
    if isinstance(settings, RepetitionAwareSettings) or model.training:
        return None
    if type(model) is LlamaForCausalLM:
        stacks, kind = [model.model], LlamaNetwork
    elif type(model) is CsmForConditionalGeneration and settings.repetition_penalty == 1.0:
        stacks, kind = [model.backbone_model, model.depth_decoder.model], CsmNetwork
    else:
        return None
    if not all(map(_has_steps, stacks)):
        return None
    return lambda num_rows, num_positions: kind(model, num_rows, num_positions)


def _has_steps(stack: Any) -> bool:
    """Whether `DecoderSteps` computes what the stack does, and may join its projections."""
    config = stack.config
    parts = [part for layer in stack.layers for part in layer.modules() if _is_leaf(part)]
    return (
        {type(part) for part in parts} <= {nn.Linear, SiLUActivation, *NORMS}
        and type(stack.norm) in NORMS
        and not stack.norm._forward_hooks  # such as divide logits in training
        and len({parameter.dtype for parameter in stack.parameters()}) == 1
        and config.rope_parameters.get("rope_type") in FIXED_ROTATIONS
        and config.rope_parameters.get("partial_rotary_factor", 1.0) == 1.0
    )


def _is_leaf(module: nn.Module) -> bool:
    return next(module.children(), None) is None
