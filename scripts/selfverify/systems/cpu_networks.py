"""What the CPU's sampler asks of a model, for a Llama and for CSM."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from transformers import CsmForConditionalGeneration, LlamaForCausalLM

from selfverify.systems.cpu_steps import CpuSteps, is_plain, is_understood

# Logits (B, V), which of a step's draws it is, and the ids before it in its step, which a penalty
# looks at, or None for those of the row's whole sequence; to ids (B,).
Draw = Callable[[torch.Tensor, int, torch.Tensor | None], torch.Tensor]


class CpuNetwork(Protocol):
    """A model with the cache of its slots."""

    num_codes: int  # ids of a step
    steps: CpuSteps

    def embed_prompt(self, ids: Sequence[int]) -> torch.Tensor:
        """Returns what the layers take in for a prompt, (W, h)."""
        ...

    def advance(
        self, inputs: torch.Tensor, slots: np.ndarray, positions: np.ndarray, draw: Draw
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns ids (B, num_codes) of one step, and what the next takes in, (B, h)."""
        ...


class CpuLlama:
    """A causal language model, one id a step."""

    num_codes = 1

    def __init__(self, model: Any, num_slots: int, num_positions: int) -> None:
        self.embed, self.head = model.get_input_embeddings(), _Head(model.lm_head.weight)
        self.steps = CpuSteps(model.model, num_slots, num_positions)

    def embed_prompt(self, ids: Sequence[int]) -> torch.Tensor:
        """See `CpuNetwork.embed_prompt`."""
        return self.embed(torch.tensor(ids, dtype=torch.long))

    def advance(
        self, inputs: torch.Tensor, slots: np.ndarray, positions: np.ndarray, draw: Draw
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `CpuNetwork.advance`."""
        chosen = draw(self.head(self.steps.step(inputs, slots, positions)), 0, None)
        return chosen[:, None], self.embed(chosen)


class CpuCsm:
    """CSM: the backbone gives a frame's first code, the depth decoder the others one by one."""

    def __init__(self, model: Any, num_slots: int, num_positions: int) -> None:
        self.model, self.depth = model, model.depth_decoder.model
        self.num_codes = model.config.num_codebooks
        self.steps = CpuSteps(model.backbone_model, num_slots, num_positions)
        self.depth_steps = CpuSteps(self.depth, num_slots, self.num_codes)
        heads = model.depth_decoder.codebooks_head.weight
        self.heads = [_Head(model.lm_head.weight), *(_Head(head.t()) for head in heads)]
        self.projector = _Head(self.depth.inputs_embeds_projector.weight)

    def embed_prompt(self, ids: Sequence[int]) -> torch.Tensor:
        """See `CpuNetwork.embed_prompt`."""
        return self.model.embed_text_tokens(torch.tensor(ids, dtype=torch.long))

    def advance(
        self, inputs: torch.Tensor, slots: np.ndarray, positions: np.ndarray, draw: Draw
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `CpuNetwork.advance`."""
        hidden = self.steps.step(inputs, slots, positions)
        # As `Csm` has it: a penalty looks at id 0 for a frame's first code.
        none = torch.zeros(len(hidden), 1, dtype=torch.long)
        codes = draw(self.heads[0](hidden), 0, none)[:, None]
        # The depth decoder's first position is the backbone's output, which no head follows.
        self._depth_step(hidden, slots, 0)
        for codebook in range(1, self.num_codes):
            ids = codes[:, -1] + (codebook - 1) * self.depth.vocab_size
            inner = self._depth_step(self.depth.embed_tokens(ids), slots, codebook)
            chosen = draw(self.heads[codebook](inner), codebook, codes)
            codes = torch.cat([codes, chosen[:, None]], dim=1)
        return codes, self.model.backbone_model.embed_tokens(codes[:, None])[:, 0]

    def _depth_step(self, embedded: torch.Tensor, slots: np.ndarray, position: int) -> torch.Tensor:
        places = np.full(len(slots), position)
        return self.depth_steps.step(self.projector(embedded), slots, places)


class _Head:
    """A linear map whose product never has one row, which rounds otherwise than several."""

    def __init__(self, weight: torch.Tensor) -> None:
        self.weight = weight.t().contiguous()

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        if len(hidden) > 1:
            return hidden @ self.weight
        return (hidden.expand(2, -1) @ self.weight)[:1]


def cpu_network(model: Any) -> Callable[[int, int], CpuNetwork] | None:
    """Returns what makes a model's network from slots and positions; None if none understands it.

    Weights are read when it is made: those of a model in training are those of the moment.
    """
    if type(model) is LlamaForCausalLM and type(model.get_input_embeddings()) is nn.Embedding:
        parts, stacks, kind = [model.lm_head], [model.model], CpuLlama
    elif type(model) is CsmForConditionalGeneration:
        depth = model.depth_decoder.model
        parts = [model.lm_head, depth.inputs_embeds_projector]
        stacks, kind = [model.backbone_model, depth], CpuCsm
    else:
        return None
    if not all(map(is_plain, parts)) or not all(map(is_understood, stacks)):
        return None
    return lambda num_slots, num_positions: kind(model, num_slots, num_positions)
