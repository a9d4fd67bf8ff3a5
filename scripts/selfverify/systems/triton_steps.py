"""Two kernels of a step: rotating and keeping what attention reads, and the gate of the MLP."""

import torch
import triton
import triton.language as tl

from selfverify.systems.step_kernels import Places

GATE_BLOCK = 1024  # values of a program


@triton.jit
def _place(
    heads, cos, sin, positions, query, keys, values,
    row_stride, head_stride, num_heads, num_kv_heads,
    HALF: tl.constexpr,
):  # fmt: skip
    row, head = tl.program_id(0), tl.program_id(1)
    num_turned = num_heads + num_kv_heads
    dims = tl.arange(0, HALF)
    source = (row * (num_turned + num_kv_heads) + head) * (2 * HALF) + dims
    low = tl.load(heads + source).to(tl.float32)
    high = tl.load(heads + source + HALF).to(tl.float32)
    angle = row * (2 * HALF) + dims
    is_turned = (dims < HALF) & (head < num_turned)
    cos_low = tl.load(cos + angle, mask=is_turned, other=1.0).to(tl.float32)
    cos_high = tl.load(cos + angle + HALF, mask=is_turned, other=1.0).to(tl.float32)
    sin_low = tl.load(sin + angle, mask=is_turned, other=0.0).to(tl.float32)
    sin_high = tl.load(sin + angle + HALF, mask=is_turned, other=0.0).to(tl.float32)
    new_low = (low * cos_low + high * sin_low).to(query.dtype.element_ty)
    new_high = (high * cos_high + low * sin_high).to(query.dtype.element_ty)
    if head < num_heads:
        target = query + (row * num_heads + head) * (2 * HALF) + dims
        tl.store(target, new_low)
        tl.store(target + HALF, new_high)
    else:
        kept = (head - num_heads) % num_kv_heads
        at = row.to(tl.int64) * row_stride + kept.to(tl.int64) * head_stride
        at += tl.load(positions + row) * (2 * HALF)
        if head < num_turned:
            tl.store(keys + at + dims, new_low)
            tl.store(keys + at + HALF + dims, new_high)
        else:
            tl.store(values + at + dims, new_low)
            tl.store(values + at + HALF + dims, new_high)


@triton.jit
def _gate(gate_and_up, output, width, BLOCK: tl.constexpr):
    row, place = tl.program_id(0), tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = place < width
    start = row.to(tl.int64) * 2 * width
    gate = tl.load(gate_and_up + start + place, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(gate_and_up + start + width + place, mask=inside, other=0.0).to(tl.float32)
    gated = gate / (1.0 + tl.exp(-gate)) * up
    target = output + row.to(tl.int64) * width + place
    tl.store(target, gated.to(output.dtype.element_ty), mask=inside)


def place_by_triton(heads: torch.Tensor, places: Places, cache: torch.Tensor) -> torch.Tensor:
    """Does what `place_by_torch` does."""
    num_rows, num_all, head_dim = heads.shape
    num_kv_heads = cache.shape[2]
    num_heads = num_all - 2 * num_kv_heads
    query = torch.empty(num_rows, num_heads, head_dim, dtype=heads.dtype, device=heads.device)
    _place[(num_rows, num_all)](
        heads.contiguous(), places.cos.contiguous(), places.sin.contiguous(), places.positions,
        query, cache[0], cache[1], cache.stride(1), cache.stride(2), num_heads, num_kv_heads,
        HALF=head_dim // 2,  # pyright: ignore[reportArgumentType]
        num_warps=1,  # pyright: ignore[reportCallIssue]
    )  # fmt: skip
    return query


def gate_by_triton(gate_and_up: torch.Tensor) -> torch.Tensor:
    """Does what `gate_by_torch` does."""
    num_rows, width = gate_and_up.shape[0], gate_and_up.shape[1] // 2
    output = torch.empty(num_rows, width, dtype=gate_and_up.dtype, device=gate_and_up.device)
    _gate[(num_rows, triton.cdiv(width, GATE_BLOCK))](
        gate_and_up.contiguous(), output, width,
        BLOCK=GATE_BLOCK,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    return output
