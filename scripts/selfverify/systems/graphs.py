"""CUDA graphs: a step recorded once and replayed without a word from the host."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch


def capture(function: Callable[[], None], state: Sequence[torch.Tensor]) -> torch.cuda.CUDAGraph:
    """Returns a CUDA graph of a function; what its warm-up does to `state` is undone.

    Two runs on another stream come first, as PyTorch's notes on CUDA graphs want: libraries set up
    their workspaces and kernels compile then, which a capture forbids.
    """
    kept = [tensor.clone() for tensor in state]
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    try:
        with torch.cuda.stream(stream), unique_indices():
            for _ in range(2):
                function()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph), unique_indices():
            function()
    finally:
        for tensor, value in zip(state, kept, strict=True):
            tensor.copy_(value)
    return graph


@contextmanager
def unique_indices() -> Iterator[None]:
    """Lifts `use_deterministic_algorithms`, under which index writes would sort their indices.

    No place is written twice here, so that the plain kernels are as deterministic.
    """
    was, only_warns = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was, warn_only=only_warns)
