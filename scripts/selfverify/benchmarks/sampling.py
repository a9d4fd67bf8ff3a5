"""What sampling from a real system reaches, and whether it draws what the plain path draws."""

import time
from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import torch

from selfverify.benchmarks.measuring import data_sheet_bytes_per_s, peak_gb, timed, wait
from selfverify.benchmarks.models import Subject
from selfverify.planning.sampling import (
    DTYPE_BYTES,
    OVERHEAD_SHARE,
    cache_bytes,
    num_bytes,
    position_bytes,
    weights_read,
)
from selfverify.systems.base import SamplingRequest, SamplingSettings
from selfverify.systems.csm import Csm
from selfverify.systems.networks import CsmNetwork, LlamaNetwork
from selfverify.systems.sampling import SeededChoice, generate_seeded
from selfverify.systems.static_choice import StaticChoice
from selfverify.systems.static_sampling import (
    CHECK_EVERY,
    StaticSampler,
    sample_static,
    unique_indices,
)

SEED = 2606
MAX_CELL_S = 12.0  # of steps; a slower cell takes fewer and says how many


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


@torch.inference_mode()
def measure_sampling(
    subject: Subject,
    model: Any,
    *,
    batch_size: int,
    steps_per_audio_s: float,
    mean_audio_s: float,
    num_prompt_ids: int,
) -> dict[str, Any]:
    """Returns speed and memory of a batch that is sampled for the audio of one candidate.

    The cache is as large as the cap wants it; steps are those of `mean_audio_s`.
    """
    device, dtype, config = model.device, model.dtype, model.config
    num_steps = ceil(subject.settings.max_audio_s * steps_per_audio_s)
    wanted = min(ceil(mean_audio_s * steps_per_audio_s), num_steps)
    prompts = random_prompts(config, batch_size, num_prompt_ids)
    num_positions = num_prompt_ids + num_steps
    network = make_network(model, batch_size, num_positions)
    choose = StaticChoice(
        seeds_of(batch_size), num_steps * network.num_codes, subject.settings, device
    )
    sampler = StaticSampler(
        network, choose, num_rows=batch_size, num_requests=batch_size, num_steps=num_steps,
        num_positions=num_positions, ends=never, device=device, dtype=dtype,
    )  # fmt: skip
    rows = list(range(batch_size))
    with unique_indices():
        prefill_s = timed(device, lambda: sampler.start(rows, rows, prompts))
        capture_s = timed(device, lambda: sampler.run(1))
        taken, seconds = _run(sampler, wanted - 1)
    step_s = seconds / taken
    positions = num_prompt_ids + 1 + taken / 2
    bytes_read = weights_read(config, model) * DTYPE_BYTES[subject.dtype]
    bytes_read += batch_size * positions * position_bytes(config, subject.dtype)
    weights_gb = num_bytes(model, subject.dtype) / 1e9
    cache_gb = batch_size * cache_bytes(config, num_positions, subject.dtype) / 1e9
    return {
        "num_steps": taken,
        "step_ms": 1e3 * step_s,
        "ids_per_s": batch_size * network.num_codes / step_s,
        "audio_s_per_s": batch_size / step_s / steps_per_audio_s,
        "bound_share": bytes_read / data_sheet_bytes_per_s(device) / step_s,
        "gb_read_per_step": bytes_read / 1e9,
        "prefill_s": prefill_s,
        "capture_s": capture_s,
        "attention": network.steps.attend.__name__,
        "is_graph": sampler.is_graph,
        "peak_gb": peak_gb(device),
        "planned_gb": (1 + OVERHEAD_SHARE) * weights_gb + cache_gb,
        "num_ties": int(sampler.is_tied.sum()),
    }


def _run(sampler: StaticSampler, wanted: int) -> tuple[int, float]:
    """Steps taken, and their seconds; looks at the rows as often as sampling does."""
    device, taken = sampler.device, 0
    wait(device)
    start = time.perf_counter()
    while taken < wanted and time.perf_counter() - start < MAX_CELL_S:
        now = min(CHECK_EVERY, wanted - taken)
        sampler.run(now)
        sampler.is_over.tolist()
        taken += now
    wait(device)
    return taken, time.perf_counter() - start


@torch.inference_mode()
def measure_plain(
    subject: Subject, model: Any, *, batch_size: int, num_steps: int, num_prompt_ids: int
) -> dict[str, Any]:
    """Returns the speed of the path without a static cache, on the same prompts and seeds."""
    prompts = random_prompts(model.config, batch_size, num_prompt_ids)
    draw_plainly(model, prompts, subject.settings, 2)
    seconds = timed(model.device, lambda: draw_plainly(model, prompts, subject.settings, num_steps))
    rate = batch_size * num_codes(model) * num_steps / seconds
    return {
        "step_ms": 1e3 * seconds / num_steps, "ids_per_s": rate, "num_steps": num_steps,
        "peak_gb": peak_gb(model.device),
    }  # fmt: skip


@torch.inference_mode()
def measure_official(
    subject: Subject, model: Any, *, num_steps: int, num_prompt_ids: int
) -> dict[str, Any]:
    """Returns the speed of one candidate by transformers' `generate`, prefill included."""
    settings, device = subject.settings, model.device
    ids = torch.tensor(random_prompts(model.config, 1, num_prompt_ids), device=device)
    options: dict[str, Any] = {
        "do_sample": True, "temperature": settings.temperature, "top_k": settings.top_k,
        "top_p": settings.top_p, "repetition_penalty": settings.repetition_penalty,
    }  # fmt: skip
    if model.config.model_type == "csm":
        depth = model.depth_decoder
        depth.generation_config.pad_token_id = depth.config.pad_token_id = None
        options = {key: options[key] for key in ("do_sample", "temperature", "top_k")}
    else:
        options |= {"pad_token_id": 0, "eos_token_id": None}

    def run(steps: int) -> Any:
        return model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=steps, **options
        )

    run(2)
    drawn: list[int] = []
    seconds = timed(device, lambda: drawn.append(_num_new(run(num_steps), ids, model)))
    return {
        "num_steps": drawn[0],
        "step_ms": 1e3 * seconds / drawn[0],
        "ids_per_s": drawn[0] * num_codes(model) / seconds,
    }


def _num_new(generated: torch.Tensor, ids: torch.Tensor, model: Any) -> int:
    """Steps that `generate` took; CSM's are frames alone."""
    prompt = 0 if model.config.model_type == "csm" else ids.shape[1]
    return max(generated.shape[1] - prompt, 1)


class _PromptedCsm(Csm):
    """CSM's plain path on given ids."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]]) -> None:
        config = model.config
        self.name, self.model, self.prompts = "csm", model, prompts
        self.frame_rate, self.num_codebooks = 1.0, config.num_codebooks
        self.end_code = -1  # never drawn
        self.codebook_size = config.vocab_size

    def prompt_ids(self, text: str) -> list[int]:
        return list(self.prompts[int(text)])


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
    capped = SamplingSettings(
        settings.temperature, settings.top_p, settings.top_k, max_audio_s=num_steps
    )
    return [item.token_ids for item in _PromptedCsm(model, prompts).sample(requests, capped)]


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
