"""What both paths of sampling draw from random weights, and whether that is the same."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from selfverify.benchmarks.models import Subject
from selfverify.systems.base import SamplingRequest, SamplingSettings
from selfverify.systems.csm import Csm
from selfverify.systems.networks import CsmNetwork, LlamaNetwork
from selfverify.systems.sampling import SeededChoice, generate_seeded
from selfverify.systems.static_sampling import sample_static

SEED = 2606


def random_prompts(config: Any, num_prompts: int, num_ids: int) -> list[list[int]]:
    """Returns prompts of random ids that the model embeds."""
    rng = np.random.default_rng(SEED)
    size = min(getattr(config, "text_vocab_size", config.vocab_size), config.vocab_size)
    return rng.integers(1, size, size=(num_prompts, num_ids)).tolist()


def seeds_of(num_requests: int) -> list[int]:
    """Returns the seeds of so many requests."""
    return [SEED + number for number in range(num_requests)]


def never(ids: torch.Tensor) -> torch.Tensor:
    """Ends of rows that never end: random weights draw the end of speech by chance."""
    return torch.zeros(len(ids), dtype=torch.bool, device=ids.device)


def make_network(model: Any, num_rows: int, num_positions: int) -> LlamaNetwork | CsmNetwork:
    """Returns a model with a cache of so many rows and positions."""
    kind = CsmNetwork if model.config.model_type == "csm" else LlamaNetwork
    return kind(model, num_rows, num_positions)


def num_codes(model: Any) -> int:
    """Returns the ids that a step draws."""
    return model.config.num_codebooks if model.config.model_type == "csm" else 1


class _EndlessCsm(Csm):
    """CSM's plain path, without tokenizer and codec; no frame ends."""

    def __init__(self, model: Any) -> None:
        self.model, self.num_codebooks = model, model.config.num_codebooks
        self.end_code, self.codebook_size = -1, model.config.vocab_size


def draw_plainly(
    model: Any, prompts: Sequence[Sequence[int]], settings: SamplingSettings, num_steps: int
) -> list[list[int]]:
    """Returns ids of each prompt by the path without a static cache; no row ends."""
    requests = [SamplingRequest(str(i), seed) for i, seed in enumerate(seeds_of(len(prompts)))]
    if model.config.model_type != "csm":
        return generate_seeded(
            model, prompts, requests, settings, num_steps=num_steps,
            speech_ids=(0, model.config.vocab_size),
        )  # fmt: skip
    drawn = _EndlessCsm(model).sample_plainly(prompts, requests, settings, num_steps)
    return [[code for frame in item for code in frame] for item in drawn]


def draw_statically(
    model: Any, prompts: Sequence[Sequence[int]], settings: SamplingSettings, num_steps: int
) -> list[list[int]]:
    """Returns ids of each prompt by the static path; no row ends."""
    drawn = sample_static(
        lambda rows, positions: make_network(model, rows, positions), prompts,
        seeds_of(len(prompts)), settings, num_rows=len(prompts), num_steps=num_steps,
        num_codes=num_codes(model), ends=never, device=model.device, dtype=model.dtype,
    )  # fmt: skip
    return [[code for step in item for code in step] for item in drawn]


@torch.inference_mode()
def compare_ids(
    subject: Subject, model: Any, *, batch_size: int, num_steps: int, num_prompt_ids: int
) -> dict[str, Any]:
    """Returns how far both paths draw the same ids from the same seeds.

    Rows that differ once go on from other prefixes. So that one difference counts once,
    `differ_given_prefix` is the share of ids that the plain model, shown the static path's ids in
    one forward pass, does not draw with the same numbers, and `plain_differ_given_prefix` the same
    of the plain path's own ids, which is rounding alone; of Llamas only.
    """
    prompts = random_prompts(model.config, batch_size, num_prompt_ids)
    ours = np.array(draw_statically(model, prompts, subject.settings, num_steps))
    theirs = np.array(draw_plainly(model, prompts, subject.settings, num_steps))
    same = ours == theirs
    before = np.where(same.all(axis=1), same.shape[1], same.argmin(axis=1))
    facts = {
        "num_rows": batch_size,
        "num_ids": int(same.size),
        "rows_equal": int(same.all(axis=1).sum()),
        "ids_before_difference": int(before.sum()),
        "rows_that_differ": int((before < same.shape[1]).sum()),
    }
    if model.config.model_type != "csm":
        for name, drawn in (("", ours), ("plain_", theirs)):
            differing = _differing_given_prefix(subject.settings, model, prompts, drawn)
            facts |= {f"{name}differ_given_prefix": differing / same.size}
    return facts


def _differing_given_prefix(
    settings: SamplingSettings, model: Any, prompts: Sequence[Sequence[int]], drawn: np.ndarray
) -> int:
    whole = torch.tensor(np.concatenate([prompts, drawn], axis=1), device=model.device)
    num_steps = drawn.shape[1]
    logits = model(input_ids=whole, logits_to_keep=num_steps + 1, use_cache=False).logits
    choose = SeededChoice(seeds_of(len(prompts)), num_steps, settings)
    rows = torch.arange(len(prompts), device=model.device)
    differing = 0
    for step in range(num_steps):
        before = whole[:, : len(prompts[0]) + step]
        chosen = choose(logits[:, step], rows, step, before)
        differing += int((chosen != whole[:, before.shape[1]]).sum())
    return differing
