"""Draws of `SeededChoice` on the CPU, where sorting a vocabulary would take longer than a step."""

from collections.abc import Sequence
from math import exp
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessorList, TopPLogitsWarper

from selfverify.systems.base import SamplingSettings
from selfverify.systems.numba_kernels import compiled, exp_less
from selfverify.systems.sampling import SeededChoice


class CpuChoice(SeededChoice):
    """The same ids; with top-p only the ids that may be in the nucleus are sorted."""

    def __init__(self, seeds: Sequence[int], num_draws: int, settings: SamplingSettings) -> None:
        super().__init__(seeds, num_draws, settings)
        rest = [item for item in self.warpers if not isinstance(item, TopPLogitsWarper)]
        self.before_nucleus, self.top_p = LogitsProcessorList(rest), settings.top_p

    def _draw(
        self,
        warpers: LogitsProcessorList,
        logits: torch.Tensor,
        rows: torch.Tensor,
        draw: int | torch.Tensor,
        sequence: torch.Tensor,
    ) -> torch.Tensor:
        if warpers is not self.warpers or self.top_p >= 1.0:
            return super()._draw(warpers, logits, rows, draw, sequence)
        warped: torch.Tensor = self.before_nucleus(sequence, logits.float())  # type: ignore[arg-type]
        chosen = np.empty(len(warped), dtype=np.int64)
        uniform = self.uniform[rows, draw].numpy()
        draw_from_nucleus(warped.contiguous().numpy(), uniform, self.top_p, chosen)
        return torch.from_numpy(chosen)


@compiled("contract")
def draw_from_nucleus(
    logits: np.ndarray, uniform: np.ndarray, top_p: float, chosen: np.ndarray
) -> None:
    """Writes an id per row of logits (B, V), as transformers' `TopPLogitsWarper` and a draw do.

    Of ids that tie at the edge, whose order torch leaves open, the lowest are outside.
    """
    size, outside = logits.shape[1], np.float32(1.0 - top_p)
    shares, powers = np.empty(size, np.float32), np.empty(size, np.int32)
    ids, cumulative = np.empty(size, np.int64), np.empty(size, np.float64)
    for row in range(len(logits)):
        scores, largest = logits[row], logits[row].max()
        for i in range(size):
            shares[i] = scores[i]
        exp_less(shares, largest, size, powers)
        total = 0.0
        for i in range(size):
            total += shares[i]
        # Less than an equal share of what is outside: outside, with all that are less probable.
        least = 0.99 * (1.0 - top_p) / size * total
        count, rest = 0, 0.0
        for i in range(size):
            if shares[i] >= least:
                ids[count] = i
                count += 1
            else:
                rest += shares[i]
        edge, below = find_edge(shares, ids[:count], rest, total, outside)
        num_kept, mass = 0, 0.0
        for k in range(count):
            share = shares[ids[k]]
            if share == edge and np.float32((below + share) / total) <= outside:
                below += share
            elif share >= edge:
                mass += exp(float(scores[ids[k]]) - float(largest))
                ids[num_kept], cumulative[num_kept] = ids[k], mass
                num_kept += 1
        place = 0
        while place < num_kept - 1 and cumulative[place] <= uniform[row] * mass:
            place += 1
        chosen[row] = ids[place]


@compiled("contract")
def find_edge(
    shares: np.ndarray, ids: np.ndarray, rest: float, total: float, outside: np.float32
) -> tuple[Any, Any]:
    """Returns the least share in the nucleus, and the sum of those below it, by bisection.

    Args:
        shares: not normalised, (V,).
        ids: of those that may be in the nucleus.
        rest: the sum of all others.
        total: the sum of all.
        outside: 1 - top_p.
    """
    bits = shares.view(np.int32)  # in the order of the shares, which are positive
    low, high, edge_sum = np.int64(0), np.int64(0), rest
    for k in range(len(ids)):
        high = max(high, np.int64(bits[ids[k]]))
    while low < high:  # the greatest below which no more than `outside` lies
        middle = (low + high + 1) // 2
        below = rest
        for k in range(len(ids)):
            below += shares[ids[k]] if bits[ids[k]] < middle else 0.0
        if np.float32(below / total) <= outside:
            low, edge_sum = middle, below
        else:
            high = middle - 1
    least = np.float32(np.inf)
    for k in range(len(ids)):
        if bits[ids[k]] >= low and shares[ids[k]] < least:
            least = shares[ids[k]]
    return least, edge_sum
