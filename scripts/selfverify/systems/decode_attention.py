"""Attention of one query a row over a cache of fixed size."""

from collections.abc import Callable
from importlib.util import find_spec

import torch

# query (B, H, d), keys and values (B, H_kv, L, d), last position of each row (B,) or None if all
# rows reach to span - 1, span; returns (B, H · d).
Attend = Callable[
    [torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None, int], torch.Tensor
]


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


def fastest_attention(device: torch.device, head_dim: int, dtype: torch.dtype) -> Attend:
    """Returns the Triton kernel on a GPU where it compiles and agrees, else the matrix products."""
    if device.type != "cuda" or find_spec("triton") is None:
        return attend_by_matmul
    try:
        from selfverify.systems.triton_attention import attend_by_triton

        query = torch.randn(3, 8, head_dim, device=device, dtype=dtype)
        keys, values = torch.randn(2, 3, 2, 150, head_dim, device=device, dtype=dtype)
        last = torch.tensor([0, 70, 149], device=device)
        ours = attend_by_triton(query, keys, values, last, 150)
        expected = attend_by_matmul(query.float(), keys.float(), values.float(), last, 150)
        torch.testing.assert_close(ours.float(), expected, atol=2e-2, rtol=2e-2)
    except Exception as error:  # a compiler's, or wrong numbers: the other way is always right
        print(f"attention by matrix products: {str(error).splitlines()[:1] or type(error)}")
        return attend_by_matmul
    return attend_by_triton
