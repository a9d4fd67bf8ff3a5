"""Steps of a stack of Llama layers on the CPU, each row at a position of its own.

transformers' forward takes some fifty kernels a layer and copies its growing cache at every step.
Here a layer is four matrix products between compiled kernels, over a cache that stays where it is.
"""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import rms_norm, scaled_dot_product_attention, silu
from transformers.models.csm.modeling_csm import CsmRMSNorm
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from selfverify.systems.numba_kernels import attention, gate, normalise

MIN_ROWS = 2  # of a matrix product: those of one row round otherwise


def is_understood(stack: Any) -> bool:
    """Returns whether the steps are those of this stack: float32, plain projections and rotation.

    Args:
        stack: has `layers`, `norm`, `rotary_emb` and `config`.
    """
    norms = [stack.norm, *(norm for layer in stack.layers for norm in _norms(layer))]
    config = stack.config
    return (
        all(type(norm) in (LlamaRMSNorm, CsmRMSNorm) for norm in norms)
        and all(is_plain(item) for layer in stack.layers for item in _projections(layer))
        and {parameter.dtype for parameter in stack.parameters()} == {torch.float32}
        and config.rope_parameters.get("rope_type") == "default"
        and config.rope_parameters.get("partial_rotary_factor", 1.0) == 1.0
        and config.hidden_act == "silu"
        and stack.layers[0].self_attn.head_dim % 2 == 0
        and not stack.training
    )


def is_plain(module: Any) -> bool:
    """Returns whether a module is a linear map without bias or adapter, in float32 on the CPU."""
    return (
        type(module) is nn.Linear
        and module.bias is None
        and module.weight.dtype == torch.float32
        and module.weight.device.type == "cpu"
    )


class CpuSteps:
    """The layers of a Llama, or of one of CSM's two decoders, without embedding and head.

    Args:
        stack: one that `is_understood`; its weights are copied.
        num_slots: of the cache.
        num_positions: of the longest sequence, its prompt included.
    """

    def __init__(self, stack: Any, num_slots: int, num_positions: int) -> None:
        first = stack.layers[0].self_attn
        self.layers = [_Layer(layer) for layer in stack.layers]
        self.head_dim, self.width = first.head_dim, stack.config.hidden_size
        self.num_kv_heads = stack.config.num_key_value_heads
        self.attend = attention(self.head_dim)
        size = (num_slots, self.num_kv_heads, num_positions, self.head_dim)
        # Memory that no sequence reaches is never touched.
        self.cache = [(np.empty(size, np.float32), np.empty(size, np.float32)) for _ in self.layers]
        places = torch.arange(num_positions)[None]
        self.cos, self.sin = (part[0] for part in stack.rotary_emb(stack.norm.weight, places))
        self.turns = self.cos.numpy(), self.sin.numpy()
        self.norm = _as_arrays(stack.norm)
        inner = max(num_positions, stack.config.intermediate_size)
        self.scratch = np.empty(inner, np.float32), np.empty(inner, np.int32)
        rows = max(num_slots, MIN_ROWS)
        self.hidden, self.normed = torch.zeros(2, rows, self.width)
        widths = [layer.heads.shape[1] for layer in self.layers]
        self.heads = torch.zeros(rows, max(widths))
        self.attended = torch.zeros(rows, self.layers[0].output.shape[0])
        self.gates = torch.zeros(rows, self.layers[0].gates.shape[1])
        self.inner = torch.zeros(rows, self.layers[0].down.shape[0])

    def prefill(self, embedded: torch.Tensor, slot: int) -> None:
        """Fills the cache of a slot with a prompt (W, h)."""
        hidden, width = embedded, len(embedded)
        cos, sin = self.cos[:width, None], self.sin[:width, None]
        for layer, cache in zip(self.layers, self.cache, strict=True):
            heads = (_norm(layer.attention_norm, hidden) @ layer.heads).unflatten(
                -1, (-1, self.head_dim)
            )
            turned, value = heads[:, : -self.num_kv_heads], heads[:, -self.num_kv_heads :]
            turned = turned * cos + _half_turn(turned) * sin
            query, key = turned[:, : -self.num_kv_heads], turned[:, -self.num_kv_heads :]
            query, key, value = (part.transpose(0, 1) for part in (query, key, value))
            attended = scaled_dot_product_attention(
                query[None], key[None], value[None], is_causal=True, enable_gqa=True
            )[0]
            cache[0][slot, :, :width] = key.numpy()
            cache[1][slot, :, :width] = value.numpy()
            hidden = hidden + attended.transpose(0, 1).flatten(1) @ layer.output
            first, second = (_norm(layer.mlp_norm, hidden) @ layer.gates).chunk(2, dim=-1)
            hidden = hidden + (silu(first) * second) @ layer.down

    def copy(self, source: int, slot: int, width: int) -> None:
        """Copies the first `width` positions of a slot into another."""
        for keys, values in self.cache:
            keys[slot, :, :width] = keys[source, :, :width]
            values[slot, :, :width] = values[source, :, :width]

    def step(
        self, embedded: torch.Tensor, slots: np.ndarray, positions: np.ndarray
    ) -> torch.Tensor:
        """Returns the normalised outputs (B, h) of one more position in each row.

        They are overwritten by the next step.

        Args:
            embedded: what the layers take in, (B, h).
            slots: of the cache, one for each row, (B,) int64.
            positions: where it stands, (B,) int64.
        """
        size, num_rows = len(embedded), max(len(embedded), MIN_ROWS)
        hidden, normed, heads, attended, gates, inner = (
            buffer[:num_rows]
            for buffer in (
                self.hidden, self.normed, self.heads, self.attended, self.gates, self.inner
            )
        )  # fmt: skip
        hidden[:size] = embedded
        arrays = [item.numpy() for item in (hidden, normed, heads, attended, gates, inner)]
        for layer, cache in zip(self.layers, self.cache, strict=True):
            normalise(arrays[0], *layer.attention_norm_arrays, arrays[1])
            torch.mm(normed, layer.heads, out=heads)
            self.attend(arrays[2], *self.turns, slots, positions, *cache, *self.scratch, arrays[3])
            hidden.addmm_(attended, layer.output)
            normalise(arrays[0], *layer.mlp_norm_arrays, arrays[1])
            torch.mm(normed, layer.gates, out=gates)
            gate(arrays[4], arrays[5], self.scratch[1])
            hidden.addmm_(inner, layer.down)
        normalise(arrays[0], *self.norm, arrays[1])
        return normed[:size]


class _Layer:
    """One layer's weights; maps of one input are one matrix, laid out as products read it."""

    def __init__(self, layer: Any) -> None:
        query, key, value, output, first, second, down = _projections(layer)
        self.heads, self.output = _joined(query, key, value), _joined(output)
        self.gates, self.down = _joined(first, second), _joined(down)
        self.attention_norm, self.mlp_norm = _norms(layer)
        self.attention_norm_arrays, self.mlp_norm_arrays = map(_as_arrays, _norms(layer))


def _projections(layer: Any) -> list[Any]:
    attention, mlp = layer.self_attn, layer.mlp
    return [
        attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj,
        mlp.gate_proj, mlp.up_proj, mlp.down_proj,
    ]  # fmt: skip


def _norms(layer: Any) -> list[Any]:
    return [layer.input_layernorm, layer.post_attention_layernorm]


def _as_arrays(norm: Any) -> tuple[np.ndarray, float]:
    return norm.weight.detach().numpy(), norm.variance_epsilon


def _joined(*maps: nn.Linear) -> torch.Tensor:
    return torch.cat([item.weight for item in maps]).t().contiguous()


def _half_turn(heads: torch.Tensor) -> torch.Tensor:
    first, second = heads.chunk(2, dim=-1)
    return torch.cat([-second, first], dim=-1)


def _norm(module: Any, hidden: torch.Tensor) -> torch.Tensor:
    return rms_norm(hidden, module.weight.shape, module.weight, module.variance_epsilon)
