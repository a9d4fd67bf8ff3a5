"""Seeded sampling of a batch, in which each candidate is independent of the others.

transformers' `generate` draws from one global generator, so that a candidate would depend on its
batch, and keeps finished rows until the last one ends. Here each row has random numbers of its own
and leaves the batch with its end; the model, its cache and the warpers are transformers'.
"""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import (
    DynamicCache,
    LogitsProcessorList,
    PreTrainedModel,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from selfverify.systems.base import RepetitionAwareSettings, SamplingRequest, SamplingSettings
from selfverify.systems.checks import refuse_no_numbers

REPETITION_SHARE = 0.1  # of a window, from which on an id is drawn again


class SeededChoice:
    """Draws ids by inverse transform sampling, with uniform numbers of each row's own.

    The id drawn is the one at which the cumulative probability passes the number.
    """

    def __init__(self, seeds: Sequence[int], num_draws: int, settings: SamplingSettings) -> None:
        aware = isinstance(settings, RepetitionAwareSettings)
        self.window = settings.repetition_window if aware else 0
        self.num_draws = num_draws
        # The second half is for ids that are drawn again.
        num_numbers = 2 * num_draws if aware else num_draws
        draws = [np.random.default_rng(seed).random(num_numbers) for seed in seeds]
        self.uniform = torch.tensor(np.stack(draws))  # (B, num_numbers) float64
        self.warpers = LogitsProcessorList()
        if settings.repetition_penalty != 1.0:
            self.warpers.append(RepetitionPenaltyLogitsProcessor(settings.repetition_penalty))
        self.warpers.append(TemperatureLogitsWarper(settings.temperature))
        self.without_truncation = LogitsProcessorList(self.warpers)
        if settings.top_k > 0:
            self.warpers.append(TopKLogitsWarper(settings.top_k))
        if settings.top_p < 1.0:
            self.warpers.append(TopPLogitsWarper(settings.top_p))

    def __call__(
        self,
        logits: torch.Tensor,
        rows: torch.Tensor,
        draw: int | torch.Tensor,
        sequence: torch.Tensor,
    ) -> torch.Tensor:
        """Returns one id per row, shape (b,).

        Args:
            logits: (b, V).
            rows: which requests these are, (b,).
            draw: which of their random numbers to use, of all or of each, (b,).
            sequence: ids so far, (b, L), what a repetition penalty looks at.

        Raises:
            NoNumbers: if a row's logits are none.
        """
        refuse_no_numbers(logits, rows)
        chosen = self._draw(self.warpers, logits, rows, draw, sequence)
        if not self.window:
            return chosen
        repeated = sequence[:, -self.window :] == chosen[:, None]
        again = self._draw(self.without_truncation, logits, rows, self.num_draws + draw, sequence)
        loops = repeated.sum(dim=-1) >= REPETITION_SHARE * self.window
        return torch.where(loops, again, chosen)

    def _draw(
        self,
        warpers: LogitsProcessorList,
        logits: torch.Tensor,
        rows: torch.Tensor,
        draw: int | torch.Tensor,
        sequence: torch.Tensor,
    ) -> torch.Tensor:
        warped = warpers(sequence, logits.float()).double()  # type: ignore[arg-type]
        cumulative = torch.softmax(warped, dim=-1).cumsum(dim=-1)
        uniform = self.uniform[rows.cpu(), draw, None].to(logits.device)
        chosen = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
        return chosen[:, 0].clamp(max=logits.shape[-1] - 1)


def pad_left(
    prompts: Sequence[Sequence[int]], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns ids (B, L) padded on the left, and the mask of what is no padding (B, L).

    A prompt's own first id pads it: Llama's tokenizers name no padding, and an id that is not in
    the prompt would fall under the repetition penalty, depending on the batch.
    """
    width = max(map(len, prompts))
    ids = [[prompt[0]] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


@torch.inference_mode()
def generate_seeded(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    requests: Sequence[SamplingRequest],
    settings: SamplingSettings,
    *,
    num_steps: int,
    speech_ids: tuple[int, int],
) -> list[list[int]]:
    """Returns the new ids of each prompt, the one that ended it included.

    Args:
        model: a causal language model.
        prompts: token ids, one list per request.
        requests: carry the seeds.
        settings: temperature, top_p, top_k, repetition_penalty.
        num_steps: ids to draw at most.
        speech_ids: first and last id of speech; any other id ends a row.
    """
    choose = SeededChoice([request.seed for request in requests], num_steps, settings)
    sequence, mask = pad_left(prompts, model.device)
    rows = torch.arange(len(prompts), device=model.device)
    positions = (mask.cumsum(dim=-1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    inputs, generated = sequence, [[] for _ in prompts]
    for step in range(num_steps):
        logits = model(
            input_ids=inputs, attention_mask=mask, position_ids=positions, past_key_values=cache,
            use_cache=True, logits_to_keep=1,
        ).logits[:, -1]  # fmt: skip
        chosen = choose(logits, rows, step, sequence)
        for row, token in zip(rows.tolist(), chosen.tolist(), strict=True):
            generated[row].append(token)
        goes_on = ((chosen >= speech_ids[0]) & (chosen <= speech_ids[1])).nonzero()[:, 0]
        if not len(goes_on):
            break
        if len(goes_on) < len(rows):
            cache.batch_select_indices(goes_on)
        rows, inputs = rows[goes_on], chosen[goes_on, None]
        sequence = torch.cat([sequence[goes_on], inputs], dim=1)
        mask = torch.cat([mask[goes_on], torch.ones_like(inputs)], dim=1)
        positions = positions[goes_on, -1:] + 1
    return generated
