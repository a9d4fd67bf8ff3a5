"""Seeded sampling through transformers' `generate`, independent of the batch."""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from selfverify.systems.base import SamplingRequest, SamplingSettings


class SeededChoice(LogitsProcessor):
    """Makes greedy search sample: leaves one id per row, drawn with that row's own generator.

    `generate(do_sample=True)` draws from one global generator, so a candidate would depend on its
    batch. Here each row has its uniform numbers, one a step, and takes the id at which the
    cumulative probability passes it (inverse transform sampling).
    """

    def __init__(self, seeds: Sequence[int], num_steps: int, settings: SamplingSettings) -> None:
        draws = [np.random.default_rng(seed).random(num_steps) for seed in seeds]
        self.uniform = torch.tensor(np.stack(draws))  # (B, num_steps) float64
        self.step = 0
        self.warpers = LogitsProcessorList([TemperatureLogitsWarper(settings.temperature)])
        if settings.top_k > 0:
            self.warpers.append(TopKLogitsWarper(settings.top_k))
        if settings.top_p < 1.0:
            self.warpers.append(TopPLogitsWarper(settings.top_p))

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns scores (B, V) that are 0 at the id drawn and -inf elsewhere."""
        warped = self.warpers(input_ids, scores).double()  # type: ignore[arg-type]
        cumulative = torch.softmax(warped, dim=-1).cumsum(dim=-1)
        target = self.uniform[:, self.step, None].to(scores.device) * cumulative[:, -1:]
        chosen = torch.searchsorted(cumulative, target, right=True)
        chosen = chosen.clamp(max=scores.shape[-1] - 1)
        self.step += 1
        only = torch.full_like(scores, float("-inf"))
        return only.scatter(1, chosen, 0.0)


class LeavesSpeech(StoppingCriteria):
    """Ends a row at its first id that is not a speech token: the end token, or an invalid one."""

    def __init__(self, first_id: int, last_id: int) -> None:
        self.first_id, self.last_id = first_id, last_id

    def __call__(  # type: ignore[override]
        self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: object
    ) -> torch.Tensor:
        """Returns a boolean per row, shape (B,)."""
        last = input_ids[:, -1]
        return (last < self.first_id) | (last > self.last_id)


@torch.inference_mode()
def generate_seeded(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    requests: Sequence[SamplingRequest],
    settings: SamplingSettings,
    *,
    num_steps: int,
    speech_ids: tuple[int, int],
    pad_id: int,
) -> list[list[int]]:
    """Returns the new ids of each prompt, the one that ended it included.

    Args:
        model: a causal language model.
        prompts: token ids, one list per request.
        requests: carry the seeds.
        settings: temperature, top_p, top_k.
        num_steps: ids to draw at most.
        speech_ids: first and last id of speech; any other id ends a row.
        pad_id: to pad prompts with, on the left.
    """
    width = max(map(len, prompts))
    padded = [[pad_id] * (width - len(ids)) + list(ids) for ids in prompts]
    mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts]
    output = model.generate(  # type: ignore[operator]
        input_ids=torch.tensor(padded, device=model.device),
        attention_mask=torch.tensor(mask, device=model.device),
        do_sample=False,
        max_new_tokens=num_steps,
        pad_token_id=pad_id,
        eos_token_id=None,
        logits_processor=LogitsProcessorList(
            [SeededChoice([r.seed for r in requests], num_steps, settings)]
        ),
        stopping_criteria=StoppingCriteriaList([LeavesSpeech(*speech_ids)]),
    )
    return [_until_end(row, speech_ids) for row in output[:, width:].tolist()]


def _until_end(ids: list[int], speech_ids: tuple[int, int]) -> list[int]:
    """The ids up to and including the first that is not speech."""
    first, last = speech_ids
    for position, token in enumerate(ids):
        if not first <= token <= last:
            return ids[: position + 1]
    return ids
