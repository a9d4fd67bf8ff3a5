"""Drawing ids without reading anything back and without sorting a vocabulary.

The same draws as `SeededChoice`'s: the id at which the cumulative probability, in the order of ids,
passes the row's own number. With top-k the ids that can be drawn are few, so that all but the
search for them is done on those alone.
"""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import (
    LogitsProcessorList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
)

from selfverify.systems.base import SamplingSettings

# Ids that may tie with the k-th beside the k; bfloat16 has 8 bits, so that ties are common.
MAX_TIES = 64


class TooManyTies(Exception):
    """More ids tie with the k-th of top-k than the short search looks at."""


class StaticChoice:
    """Draws ids for rows of which each is a request at a draw of its own.

    Args:
        seeds: of the requests.
        num_draws: of each request at most.
        settings: of sampling, without a repetition window.
        device: of the logits.
        is_exact: whether to keep any number of ties with the k-th id, which takes passes over the
            vocabulary in float64.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        num_draws: int,
        settings: SamplingSettings,
        device: torch.device,
        *,
        is_exact: bool = False,
    ) -> None:
        numbers = np.stack([np.random.default_rng(seed).random(num_draws) for seed in seeds])
        self.uniform = torch.tensor(numbers, device=device).flatten()
        self.num_draws, self.settings = num_draws, settings
        self.is_short = settings.top_k > 0 and not is_exact
        self.warpers = LogitsProcessorList([TemperatureLogitsWarper(settings.temperature)])
        if settings.top_k > 0:
            self.warpers.append(TopKLogitsWarper(settings.top_k))

    def __call__(
        self,
        logits: torch.Tensor,
        requests: torch.Tensor,
        draws: torch.Tensor,
        seen: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns ids, whether a row's logits are no numbers, and whether too many ties: (b,) each.

        Args:
            logits: (b, V).
            requests: which one each row is, (b,).
            draws: which of its numbers to use, (b,).
            seen: ids so far (b, V), for a repetition penalty.
        """
        places = requests * self.num_draws + draws
        uniform = self.uniform.index_select(0, places)[:, None]
        scores = logits if seen is None else self._penalised(logits, seen)
        if self.is_short and scores.shape[-1] > self.settings.top_k + MAX_TIES:
            return self._draw_short(scores, uniform)
        largest = scores.amax(dim=-1)
        chosen = self._draw(scores, uniform)
        return chosen, ~torch.isfinite(largest), torch.zeros_like(chosen, dtype=torch.bool)

    def _penalised(self, logits: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """As transformers' `RepetitionPenaltyLogitsProcessor` has it (CTRL, arXiv 1909.05858)."""
        scores, penalty = logits.float(), self.settings.repetition_penalty
        return torch.where(
            seen, torch.where(scores < 0, scores * penalty, scores / penalty), scores
        )

    def _draw(self, scores: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
        warped: torch.Tensor = self.warpers(None, scores.float())  # type: ignore[arg-type]
        if self.settings.top_p < 1.0:
            ascending, order = warped.sort(dim=-1)
            outside = torch.empty_like(order, dtype=torch.bool)
            outside.scatter_(-1, order, ~self._in_nucleus(ascending))
            warped = warped.masked_fill(outside, float("-inf"))
        cumulative = torch.softmax(warped.double(), dim=-1).cumsum(dim=-1)
        chosen = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
        return chosen[:, 0].clamp(max=scores.shape[-1] - 1)

    def _draw_short(
        self, scores: torch.Tensor, uniform: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        top_k = self.settings.top_k
        values, ids = scores.topk(top_k + MAX_TIES, dim=-1)
        is_broken = ~torch.isfinite(values[:, 0])
        values = values.float() / self.settings.temperature
        kept = values >= values[:, top_k - 1 : top_k]
        has_more = kept[:, -1] & torch.isfinite(values[:, -1])
        if self.settings.top_p < 1.0:
            ascending = values.masked_fill(~kept, float("-inf")).flip(-1)
            kept = kept & self._in_nucleus(ascending).flip(-1)
        ids, order = ids.sort(dim=-1)
        warped = values.masked_fill(~kept, float("-inf")).gather(-1, order).double()
        cumulative = torch.softmax(warped, dim=-1).cumsum(dim=-1)
        place = (cumulative <= uniform * cumulative[:, -1:]).sum(dim=-1, keepdim=True)
        return ids.gather(-1, place.clamp(max=ids.shape[-1] - 1))[:, 0], is_broken, has_more

    def _in_nucleus(self, ascending: torch.Tensor) -> torch.Tensor:
        """Those that transformers' `TopPLogitsWarper` keeps: all but the least probable."""
        kept = torch.softmax(ascending, dim=-1).cumsum(dim=-1) > 1 - self.settings.top_p
        last = torch.arange(kept.shape[-1], device=kept.device) == kept.shape[-1] - 1
        return kept | last  # one at least
