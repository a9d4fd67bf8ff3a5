"""What the static sampler asks of a model: to take prompts in, and to draw the next ids."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch

from selfverify.systems.decoder_steps import DecoderSteps
from selfverify.systems.step_kernels import fastest_kernels

# Of prompts at once: enough to keep a GPU busy, and little memory beside the cache.
PREFILL_POSITIONS = 4096

# Logits (B, V) and which of a step's draws it is, to ids (B,).
Draw = Callable[[torch.Tensor, int], torch.Tensor]


class Network(Protocol):
    """A model with the cache of its rows."""

    num_codes: int  # ids of a step
    vocab_size: int
    width: int  # of what a step takes in
    reads_to_last: bool  # whether a step's time does not depend on `span`

    def prefill(self, rows: torch.Tensor, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Returns what the first steps of `rows` take in, (k, h); the cache has all before it."""
        ...

    def advance(
        self, inputs: torch.Tensor, positions: torch.Tensor, span: int, draw: Draw
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns ids (B, num_codes) of one step, and what the next takes in, (B, h)."""
        ...

    def move(self, kept: torch.Tensor) -> None:
        """Moves rows `kept`, ascending, to the first places."""
        ...


class LlamaNetwork:
    """A causal language model, one id a step."""

    num_codes = 1

    def __init__(self, model: Any, num_rows: int, num_positions: int) -> None:
        self.embed, self.head = model.get_input_embeddings(), model.get_output_embeddings()
        self.steps = _steps(model.model, num_rows, num_positions)
        self.width, self.vocab_size = model.config.hidden_size, model.config.vocab_size
        self.reads_to_last = _reads_to_last(self.steps)

    def prefill(self, rows: torch.Tensor, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """See `Network.prefill`."""
        return _prefill(self.steps, self.embed, rows, prompts)

    def advance(
        self, inputs: torch.Tensor, positions: torch.Tensor, span: int, draw: Draw
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `Network.advance`."""
        chosen = draw(self.head(self.steps.step(inputs, positions, span)), 0)
        return chosen[:, None], self.embed(chosen)

    def move(self, kept: torch.Tensor) -> None:
        """See `Network.move`."""
        self.steps.move(kept)


class CsmNetwork:
    """CSM: the backbone gives a frame's first code, the depth decoder the others one by one."""

    def __init__(self, model: Any, num_rows: int, num_positions: int) -> None:
        self.model, self.depth = model, model.depth_decoder.model
        self.num_codes, self.vocab_size = model.config.num_codebooks, model.config.vocab_size
        self.steps = _steps(model.backbone_model, num_rows, num_positions)
        self.depth_steps = _steps(self.depth, num_rows, self.num_codes)
        self.width = model.config.hidden_size
        self.reads_to_last = _reads_to_last(self.steps)

    def prefill(self, rows: torch.Tensor, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """See `Network.prefill`."""
        return _prefill(self.steps, self.model.embed_text_tokens, rows, prompts)

    def advance(
        self, inputs: torch.Tensor, positions: torch.Tensor, span: int, draw: Draw
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `Network.advance`."""
        hidden = self.steps.step(inputs, positions, span)
        codes = [draw(self.model.lm_head(hidden), 0)]
        # The depth decoder's first position is the backbone's output, which no head follows.
        self._depth_step(hidden, 0)
        heads = self.model.depth_decoder.codebooks_head.weight
        for codebook in range(1, self.num_codes):
            offset = (codebook - 1) * self.depth.vocab_size
            inner = self._depth_step(self.depth.embed_tokens(codes[-1] + offset), codebook)
            codes.append(draw(inner @ heads[codebook - 1], codebook))
        frame = torch.stack(codes, dim=1)
        return frame, self.model.backbone_model.embed_tokens(frame[:, None])[:, 0]

    def move(self, kept: torch.Tensor) -> None:
        """See `Network.move`."""
        self.steps.move(kept)  # the depth decoder's cache is a frame's own

    def _depth_step(self, embedded: torch.Tensor, position: int) -> torch.Tensor:
        places = torch.full((len(embedded),), position, device=embedded.device)
        projected = self.depth.inputs_embeds_projector(embedded)
        return self.depth_steps.step(projected, places, position + 1, is_even=True)


def _steps(stack: Any, num_rows: int, num_positions: int) -> DecoderSteps:
    weight = stack.norm.weight
    head_dim = stack.layers[0].self_attn.head_dim
    kernels = fastest_kernels(weight.device, head_dim, weight.dtype)
    return DecoderSteps(stack, num_rows, num_positions, kernels)


def _reads_to_last(steps: DecoderSteps) -> bool:
    return steps.kernels.attend.__name__ == "attend_by_triton"


def _prefill(
    steps: DecoderSteps, embed: Any, rows: torch.Tensor, prompts: Sequence[Sequence[int]]
) -> torch.Tensor:
    """All of each prompt but its last id, which the row's first step takes in."""
    device = rows.device
    width = max(map(len, prompts)) - 1
    if width:
        padded = [[*p[:-1], *[p[0]] * (width - len(p) + 1)] for p in prompts]
        at_once = max(PREFILL_POSITIONS // width, 1)
        for some, places in zip(
            torch.tensor(padded, device=device).split(at_once), rows.split(at_once), strict=True
        ):
            steps.prefill(embed(some), places)
    return embed(torch.tensor([prompt[-1] for prompt in prompts], device=device))
