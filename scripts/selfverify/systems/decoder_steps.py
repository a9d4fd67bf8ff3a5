"""Steps of a stack of Llama layers over a cache of fixed size, each row at a position of its own.

transformers' forward grows its cache, looks at masks on the host and takes some fifty kernels a
layer. Here shapes never change and nothing is read back, so that a step can be captured as a CUDA
graph; a row that ended gives its place to another prompt (continuous batching).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import linear, rms_norm, scaled_dot_product_attention

from selfverify.systems.step_kernels import PLAIN, Places, StepKernels, gate_by_torch, split_heads


class DecoderSteps:
    """The layers of a Llama, or of one of CSM's two decoders, without embedding and head.

    Args:
        stack: has `layers`, `norm` and `rotary_emb`; projections may carry adapters.
        num_rows: sequences at once.
        num_positions: of the longest, its prompt included.
        kernels: of one query a row.
    """

    def __init__(
        self, stack: Any, num_rows: int, num_positions: int, kernels: StepKernels = PLAIN
    ) -> None:
        first, weight = stack.layers[0].self_attn, stack.norm.weight
        self.layers = [_Layer(layer) for layer in stack.layers]
        self.norm, self.kernels = stack.norm, kernels
        self.head_dim, self.num_positions = first.head_dim, num_positions
        self.num_kv_heads = stack.config.num_key_value_heads
        size = (num_rows, self.num_kv_heads, num_positions, self.head_dim)
        self.cache = weight.new_zeros(len(self.layers), 2, *size)
        # Where the keys of a row begin, counted in positions of the whole cache.
        self.starts = torch.arange(num_rows * self.num_kv_heads, device=weight.device)
        self.starts = (self.starts * num_positions).view(num_rows, self.num_kv_heads)
        cos, sin = stack.rotary_emb(weight, torch.arange(num_positions, device=weight.device)[None])
        half = self.head_dim // 2
        # Signed, so that a half turn of the head and two products rotate it.
        self.cos, self.sin = cos[0], torch.cat([-sin[0, :, :half], sin[0, :, half:]], dim=-1)

    def prefill(self, embedded: torch.Tensor, rows: torch.Tensor) -> None:
        """Fills the cache of `rows` (k,) with prompts (k, W, h), padded on the right.

        What padding leaves behind a prompt is overwritten before a step attends to it.
        """
        hidden, width = embedded, embedded.shape[1]
        cos, sin = self.cos[:width, None], self.sin[:width, None]
        for layer, cache in zip(self.layers, self.cache, strict=True):
            heads = layer.heads(_norm(layer.attention_norm, hidden), self.head_dim)
            query, key, value = split_heads(heads, cos, sin, self.num_kv_heads)
            attended = scaled_dot_product_attention(
                query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2),
                is_causal=True, enable_gqa=True,
            )  # fmt: skip
            cache[0, :, :, :width].index_copy_(0, rows, key.transpose(1, 2))
            cache[1, :, :, :width].index_copy_(0, rows, value.transpose(1, 2))
            hidden = hidden + layer.output(attended.transpose(1, 2).flatten(2))
            hidden = hidden + layer.feed_forward(_norm(layer.mlp_norm, hidden))

    def step(
        self, hidden: torch.Tensor, positions: torch.Tensor, span: int, *, is_even: bool = False
    ) -> torch.Tensor:
        """Returns the normalised outputs (B, h) of one more position in each row.

        Args:
            hidden: what the layers take in, (B, h).
            positions: where it stands, (B,).
            span: more than every position; shapes depend on it.
            is_even: whether all rows stand at span - 1, so that nothing is to be masked.
        """
        num_rows, kernels = len(hidden), self.kernels
        cos, sin = self.cos.index_select(0, positions), self.sin.index_select(0, positions)
        places = Places(positions, self.starts[:num_rows], cos, sin)
        last = None if is_even else positions
        hidden = hidden.clone()  # what is added below is added in place
        for layer, cache in zip(self.layers, self.cache, strict=True):
            heads = layer.heads(_norm(layer.attention_norm, hidden), self.head_dim)
            query = kernels.place(heads, places, cache)
            attended = kernels.attend(query, cache[0, :num_rows], cache[1, :num_rows], last, span)
            _add(hidden, layer.output, attended)
            gates = layer.gates(_norm(layer.mlp_norm, hidden))
            _add(hidden, layer.down, kernels.gate(gates))
        return _norm(self.norm, hidden)

    def move(self, kept: torch.Tensor) -> None:
        """Moves the cache of rows `kept`, ascending, to the first places."""
        for layer in self.cache:
            for part in layer:
                part[: len(kept)] = part.index_select(0, kept)


class _Layer:
    """One layer's parts; projections of one input are one product where they are plain."""

    def __init__(self, layer: Any) -> None:
        attention, mlp = layer.self_attn, layer.mlp
        self.attention_norm = layer.input_layernorm
        self.mlp_norm = layer.post_attention_layernorm
        self.output, self.down = attention.o_proj, mlp.down_proj
        self._heads = _Joined([attention.q_proj, attention.k_proj, attention.v_proj])
        self.gates = _Joined([mlp.gate_proj, mlp.up_proj])

    def heads(self, hidden: torch.Tensor, head_dim: int) -> torch.Tensor:
        """Query, key and value heads of (..., h), one after another: (..., heads, d)."""
        return self._heads(hidden).unflatten(-1, (-1, head_dim))

    def feed_forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.down(gate_by_torch(self.gates(hidden)))


class _Joined:
    """Linear maps of one input, as one.

    Plain maps of a model on a GPU become views of the joined weight, so that it takes no memory of
    its own; on the CPU, where a model may be trained or saved after it was sampled, they stay.
    """

    def __init__(self, maps: Sequence[nn.Module]) -> None:
        self.maps, self.weight = list(maps), None
        plain = [item for item in maps if type(item) is nn.Linear and item.bias is None]
        if len(plain) < len(maps) or plain[0].weight.device.type == "cpu":
            return
        with torch.inference_mode(mode=False), torch.no_grad():
            self.weight = _shared_storage(plain)
            if self.weight is None:
                self.weight = torch.cat([item.weight for item in plain])
                sizes = [item.out_features for item in plain]
                for item, part in zip(plain, self.weight.split(sizes), strict=True):
                    item.weight.data = part

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        if self.weight is not None:
            return linear(hidden, self.weight)
        return torch.cat([item(hidden) for item in self.maps], dim=-1)


def _shared_storage(maps: Sequence[nn.Linear]) -> torch.Tensor | None:
    """The joined weight of maps that were joined before, None if they were not."""
    first, size = maps[0].weight, sum(item.weight.numel() for item in maps)
    storages = {item.weight.untyped_storage().data_ptr() for item in maps}
    if len(storages) > 1 or first.untyped_storage().nbytes() != size * first.element_size():
        return None
    return first.detach().as_strided((size // first.shape[1], first.shape[1]), first.stride(), 0)


def _add(hidden: torch.Tensor, module: nn.Module, inputs: torch.Tensor) -> None:
    """Adds a map's outputs to `hidden` in place; of a plain map as a part of its product."""
    if type(module) is nn.Linear and module.bias is None:
        hidden.addmm_(inputs, module.weight.t())
    else:
        hidden += module(inputs)


def _norm(module: Any, hidden: torch.Tensor) -> torch.Tensor:
    return rms_norm(hidden, module.weight.shape, module.weight, module.variance_epsilon)
