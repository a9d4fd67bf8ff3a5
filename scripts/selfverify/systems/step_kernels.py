"""What a step over a cache of fixed size does beside its matrix products, one query a row.

Plain PyTorch takes some ten kernels a layer for it, of a few µs each; on a GPU Triton's take three.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import torch
from torch.nn.functional import silu

# query (B, H, d), keys and values (B, H_kv, L, d), last position of each row (B,) or None if all
# rows reach to span - 1, span; returns (B, H · d).
Attend = Callable[
    [torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None, int], torch.Tensor
]
# heads (B, H + 2 H_kv, d), the rows' places, cache (2, R, H_kv, L, d); returns query (B, H, d).
Place = Callable[[torch.Tensor, "Places", torch.Tensor], torch.Tensor]
Gate = Callable[[torch.Tensor], torch.Tensor]  # gate and up side by side (B, 2 I) to (B, I)


@dataclass(frozen=True)
class Places:
    """Where the rows of a step stand."""

    positions: torch.Tensor  # (B,)
    starts: torch.Tensor  # of a row's keys, counted in positions of the whole cache, (B, H_kv)
    cos: torch.Tensor  # of the positions, (B, d)
    sin: torch.Tensor  # signed: negative in the first half, (B, d)


@dataclass(frozen=True)
class StepKernels:
    """One way of all three."""

    attend: Attend
    place: Place
    gate: Gate


def attend_by_matmul(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    last: torch.Tensor | None,
    span: int,
) -> torch.Tensor:
    """Returns softmax(Q Kᵀ / √d) V over positions up to each row's last, (B, H · d).

    The queries that share a key head are the rows of one product, so that no key is repeated.
    """
    num_rows, num_heads, head_dim = query.shape
    grouped = query.reshape(num_rows, keys.shape[1], -1, head_dim) * head_dim**-0.5
    scores = (grouped @ keys[:, :, :span].transpose(-1, -2)).float()
    if last is not None:
        after = torch.arange(span, device=query.device) > last[:, None]
        scores = scores.masked_fill(after[:, None, None], float("-inf"))
    weights = torch.softmax(scores, dim=-1).to(query.dtype)
    return (weights @ values[:, :, :span]).reshape(num_rows, num_heads * head_dim)


def place_by_torch(heads: torch.Tensor, places: Places, cache: torch.Tensor) -> torch.Tensor:
    """Writes rotated keys and values into the cache; returns the rotated query (B, H, d)."""
    query, key, value = split_heads(heads, places.cos[:, None], places.sin[:, None], cache.shape[2])
    at = (places.starts + places.positions[:, None]).flatten()
    cache[0].view(-1, heads.shape[-1]).index_copy_(0, at, key.flatten(0, 1))
    cache[1].view(-1, heads.shape[-1]).index_copy_(0, at, value.flatten(0, 1))
    return query


def split_heads(
    heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, num_kv_heads: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns query and key rotated, and value, (..., heads, d) each; `sin` is signed."""
    num_turned, half = heads.shape[-2] - num_kv_heads, heads.shape[-1] // 2
    turned, value = heads[..., :num_turned, :], heads[..., num_turned:, :]
    turned = torch.addcmul(turned * cos, turned.roll(half, dims=-1), sin)
    num_queries = num_turned - num_kv_heads
    return turned[..., :num_queries, :], turned[..., num_queries:, :], value


def gate_by_torch(gate_and_up: torch.Tensor) -> torch.Tensor:
    """Returns silu(gate) · up."""
    gate, up = gate_and_up.chunk(2, dim=-1)
    return silu(gate) * up


PLAIN = StepKernels(attend_by_matmul, place_by_torch, gate_by_torch)


def fastest_kernels(device: torch.device, head_dim: int, dtype: torch.dtype) -> StepKernels:
    """Returns Triton's kernels on a GPU where they compile and agree, else PyTorch's."""
    if device.type != "cuda" or find_spec("triton") is None:
        return PLAIN
    try:
        from selfverify.systems.triton_attention import attend_by_triton
        from selfverify.systems.triton_steps import gate_by_triton, place_by_triton

        fast = StepKernels(attend_by_triton, place_by_triton, gate_by_triton)
        check_kernels(fast, device, head_dim, dtype)
    except Exception as error:  # a compiler's, or wrong numbers: the other way is always right
        print(f"steps by PyTorch's kernels: {str(error).splitlines()[:1] or type(error)}")
        return PLAIN
    return fast


def check_kernels(
    kernels: StepKernels, device: torch.device, head_dim: int, dtype: torch.dtype
) -> None:
    """Raises AssertionError where kernels do not do what PyTorch's do in float32."""
    positions = torch.tensor([0, 70, 149], device=device)
    heads = torch.randn(3, 12, head_dim, device=device, dtype=dtype)
    cache = torch.randn(2, 3, 2, 150, head_dim, device=device, dtype=dtype)
    angles = torch.randn(3, head_dim, device=device, dtype=dtype)
    starts = torch.arange(6, device=device).view(3, 2) * 150
    places = Places(positions, starts, angles.cos(), angles.sin())
    exact = Places(positions, starts, places.cos.float(), places.sin.float())
    wide = cache.float()
    query, wanted = kernels.place(heads, places, cache), place_by_torch(heads.float(), exact, wide)
    found = kernels.attend(query, cache[0], cache[1], positions, 150)
    pairs = [
        (query, wanted),
        (cache, wide),
        (found, attend_by_matmul(wanted, wide[0], wide[1], positions, 150)),
        (kernels.gate(heads.flatten(1)), gate_by_torch(heads.float().flatten(1))),
    ]
    for ours, theirs in pairs:
        torch.testing.assert_close(ours.float(), theirs, atol=3e-2, rtol=3e-2)
