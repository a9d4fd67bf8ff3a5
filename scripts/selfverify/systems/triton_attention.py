"""Attention of one query a row that reads the cache up to the row's own position and no further.

Matrix products read all of a padded cache. Each program takes one key head of one row, with all
queries that share it, and a part of the positions; parts are joined by their log-sums
(FlashAttention 2, arXiv 2307.08691, §3.1; flash-decoding splits the keys).
"""

import torch
import triton
import triton.language as tl

BLOCK = 64  # positions at a time
PROGRAMS = 264  # wanted at least: two for each multiprocessor of an H100
MAX_PARTS = 16


@triton.jit
def _attend(
    query, keys, values, last, output, log_sums,
    row_stride, head_stride, scale, num_kv_heads, part_size,
    GROUP: tl.constexpr, TILE: tl.constexpr, HEAD_DIM: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    head, part = tl.program_id(0), tl.program_id(1)
    row = head // num_kv_heads
    begin = part * part_size
    end = tl.minimum(tl.load(last + row).to(tl.int32) + 1, begin + part_size)
    queries = tl.arange(0, TILE)
    dims = tl.arange(0, HEAD_DIM)
    offsets = (head * GROUP + queries)[:, None] * HEAD_DIM + dims[None, :]
    inside = (queries < GROUP)[:, None]
    q = tl.load(query + offsets, mask=inside, other=0.0)
    base = row.to(tl.int64) * row_stride + (head % num_kv_heads).to(tl.int64) * head_stride
    largest = tl.full([TILE], -1e30, tl.float32)
    total = tl.zeros([TILE], tl.float32)
    sums = tl.zeros([TILE, HEAD_DIM], tl.float32)
    for start in range(begin, end, BLOCK):
        positions = start + tl.arange(0, BLOCK)
        valid = positions < end
        at = base + positions[:, None] * HEAD_DIM + dims[None, :]
        k = tl.load(keys + at, mask=valid[:, None], other=0.0)
        scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        scores = tl.where(valid[None, :], scores, -1e30)
        new_largest = tl.maximum(largest, tl.max(scores, axis=1))
        weights = tl.exp(scores - new_largest[:, None])
        shrink = tl.exp(largest - new_largest)
        v = tl.load(values + at, mask=valid[:, None], other=0.0)
        total = total * shrink + tl.sum(weights, axis=1)
        sums = sums * shrink[:, None] + tl.dot(weights.to(v.dtype), v, input_precision="ieee")
        largest = new_largest
    is_empty = total == 0.0
    mean = sums / tl.where(is_empty, 1.0, total)[:, None]
    num_queries = tl.num_programs(0) * GROUP
    part_offsets = part * num_queries * HEAD_DIM + offsets
    tl.store(output + part_offsets, mean.to(output.dtype.element_ty), mask=inside)
    log_sum = largest + tl.log(tl.where(is_empty, 1.0, total))
    tl.store(
        log_sums + part * num_queries + head * GROUP + queries,
        tl.where(is_empty, -1e30, log_sum),
        mask=queries < GROUP,
    )


def attend_by_triton(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    last: torch.Tensor | None,
    span: int,
) -> torch.Tensor:
    """Returns what `attend_by_matmul` does; `keys` and `values` are views of one layout."""
    num_rows, num_heads, head_dim = query.shape
    num_kv_heads = keys.shape[1]
    if last is None:
        last = torch.full((num_rows,), span - 1, device=query.device)
    num_parts = _num_parts(num_rows * num_kv_heads, span)
    part_size = triton.cdiv(triton.cdiv(span, num_parts), BLOCK) * BLOCK
    dtype = query.dtype if num_parts == 1 else torch.float32
    output = torch.empty(num_parts, *query.shape, dtype=dtype, device=query.device)
    log_sums = torch.empty(num_parts, num_rows, num_heads, 1, device=query.device).float()
    group = num_heads // num_kv_heads
    _attend[(num_rows * num_kv_heads, num_parts)](
        query.contiguous(), keys, values, last, output, log_sums,
        keys.stride(0), keys.stride(1), head_dim**-0.5, num_kv_heads, part_size,
        GROUP=group, TILE=max(16, triton.next_power_of_2(group)), HEAD_DIM=head_dim, BLOCK=BLOCK,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    if num_parts == 1:
        return output.view(num_rows, -1)
    weights = torch.softmax(log_sums, dim=0)
    return (output * weights).sum(dim=0).to(query.dtype).view(num_rows, -1)


def _num_parts(num_programs: int, span: int) -> int:
    """How many parts the positions are cut into, so that few rows keep all multiprocessors busy."""
    wanted = triton.cdiv(PROGRAMS, num_programs)
    return max(1, min(int(wanted), MAX_PARTS, -(-span // BLOCK)))
