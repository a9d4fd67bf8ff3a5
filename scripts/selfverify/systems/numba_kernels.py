"""Parts of a decoding step that torch takes many passes for, compiled for the CPU by Numba.

No kernel mixes rows, and each adds up in one order, so that a row's numbers depend on the row
alone. `nnan` and `ninf` stay off: a broken model's NaN must reach the logits.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

BLOCK = 8  # positions that are added up together
LOG2_E = np.float32(1.4426950408889634)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
# Of an exponent: exp is then nothing beside 1, and its products with values are no denormals.
LOWEST, HIGHEST = np.float32(-60.0), np.float32(87.0)
# Of exp(r) on |r| <= ln(2)/2, from r² on: Cephes' expf.
C0, C1, C2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
C3, C4, C5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
ONE, HALF = np.float32(1.0), np.float32(0.5)


def compiled(*flags: str) -> Callable[[Any], Any]:
    """Returns a decorator that compiles at the first call, and keeps it on disk where it can."""

    def compile_one(function: Any) -> Any:
        try:
            return njit(cache=True, fastmath=set(flags))(function)
        except RuntimeError:  # no folder for the cache can be written
            return njit(fastmath=set(flags))(function)

    return compile_one


@compiled("contract")
def exp_less(values: np.ndarray, largest: np.float32, size: int, powers: np.ndarray) -> None:
    """Replaces the first `size` values by exp(value - largest); `powers` is int32 scratch.

    The loops are plain enough for vector instructions, which calls of exp are not.
    """
    scales = powers.view(np.float32)
    for j in range(size):
        x = values[j] - largest
        x = LOWEST if x < LOWEST else x  # NaN stays
        n = np.floor(x * LOG2_E + HALF)
        r = (x - n * LN2_HIGH) - n * LN2_LOW
        p = ((((C0 * r + C1) * r + C2) * r + C3) * r + C4) * r + C5
        values[j] = p * r * r + r + ONE
        powers[j] = (np.int32(n) + np.int32(127)) << np.int32(23)
    for j in range(size):
        values[j] *= scales[j]


@compiled("contract", "reassoc")
def normalise(hidden: np.ndarray, weight: np.ndarray, epsilon: float, output: np.ndarray) -> None:
    """Writes the RMS norm of hidden (B, h)."""
    for row in range(len(hidden)):
        total = np.float32(0.0)
        for i in range(hidden.shape[1]):
            total += hidden[row, i] * hidden[row, i]
        scale = np.float32(1.0 / np.sqrt(total / np.float32(hidden.shape[1]) + epsilon))
        for i in range(hidden.shape[1]):
            output[row, i] = hidden[row, i] * scale * weight[i]


@compiled("contract")
def gate(gates: np.ndarray, output: np.ndarray, powers: np.ndarray) -> None:
    """Writes silu(g) · u of the halves g, u of each row of gates (B, 2m), (B, m)."""
    width = output.shape[1]
    for row in range(len(gates)):
        for i in range(width):
            output[row, i] = HIGHEST if gates[row, i] < -HIGHEST else -gates[row, i]
        exp_less(output[row], np.float32(0.0), width, powers)
        for i in range(width):
            output[row, i] = gates[row, i] * gates[row, width + i] / (ONE + output[row, i])


@cache
def attention(head_dim: int) -> Any:
    """Returns the attention of one query a row over the cache, for heads of a size.

    The size is a constant of the kernels, so that their inner loops unroll. Arguments are query,
    key and value heads (B, heads · d), which it rotates in place; cosines and sines (L, d); slots
    and positions of the rows (B,); the layer's keys and values (slots, H_kv, L, d), to which it
    adds; float32 and int32 scratch of L or more; the output (B, H · d).
    """
    half = head_dim // 2

    @compiled("contract")
    def rotate(head: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> None:
        for i in range(half):
            a, b = head[i], head[half + i]
            head[i] = a * cos[i] - b * sin[i]
            head[half + i] = b * cos[i] + a * sin[i]

    @compiled("contract", "reassoc")
    def score(query: np.ndarray, key: np.ndarray, size: int, scores: np.ndarray) -> np.float32:
        largest, scale = np.float32(-np.inf), np.float32(1.0 / np.sqrt(head_dim))
        for j in range(size):
            total = np.float32(0.0)
            for i in range(head_dim):
                total += query[i] * key[j, i]
            scores[j] = total * scale
            largest = scores[j] if scores[j] > largest else largest
        return largest

    @compiled("contract", "reassoc")
    def mix(w: np.ndarray, value: np.ndarray, size: int, output: np.ndarray) -> None:
        total, whole = np.float32(0.0), size - size % BLOCK
        for j in range(size):
            total += w[j]
        for i in range(head_dim):
            output[i] = np.float32(0.0)
        for j in range(0, whole, BLOCK):
            w0, w1, w2, w3 = w[j], w[j + 1], w[j + 2], w[j + 3]
            w4, w5, w6, w7 = w[j + 4], w[j + 5], w[j + 6], w[j + 7]
            for i in range(head_dim):
                first = w0 * value[j, i] + w1 * value[j + 1, i]
                second = w2 * value[j + 2, i] + w3 * value[j + 3, i]
                third = w4 * value[j + 4, i] + w5 * value[j + 5, i]
                fourth = w6 * value[j + 6, i] + w7 * value[j + 7, i]
                output[i] += (first + second) + (third + fourth)
        for j in range(whole, size):
            for i in range(head_dim):
                output[i] += w[j] * value[j, i]
        for i in range(head_dim):
            output[i] /= total

    @compiled("contract")
    def attend(
        heads: np.ndarray, cos: np.ndarray, sin: np.ndarray, slots: np.ndarray,
        positions: np.ndarray, keys: np.ndarray, values: np.ndarray, scores: np.ndarray,
        powers: np.ndarray, output: np.ndarray,
    ) -> None:  # fmt: skip
        num_kv, num_heads = keys.shape[1], output.shape[1] // head_dim
        for row in range(len(slots)):
            slot, last = slots[row], positions[row]
            for head in range(num_heads + num_kv):
                rotate(heads[row, head * head_dim : (head + 1) * head_dim], cos[last], sin[last])
            for head in range(num_kv):
                start = (num_heads + head) * head_dim
                for i in range(head_dim):
                    keys[slot, head, last, i] = heads[row, start + i]
                    values[slot, head, last, i] = heads[row, start + num_kv * head_dim + i]
            for head in range(num_heads):
                start, kv = head * head_dim, head * num_kv // num_heads
                query = heads[row, start : start + head_dim]
                largest = score(query, keys[slot, kv], last + 1, scores)
                exp_less(scores, largest, last + 1, powers)
                mix(scores, values[slot, kv], last + 1, output[row, start : start + head_dim])

    return attend
