"""What sampling from a real system reaches: speed and memory, beside the official loop."""

import time
from math import ceil
from typing import Any

import torch

from selfverify.benchmarks.draws import (
    draw_plainly,
    make_network,
    never,
    num_codes,
    random_prompts,
    seeds_of,
)
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
from selfverify.systems.graphs import unique_indices
from selfverify.systems.static_choice import StaticChoice
from selfverify.systems.static_sampling import CHECK_EVERY, StaticSampler

MAX_CELL_S = 12.0  # of steps; a slower cell takes fewer and says how many


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
        "attention": network.steps.kernels.attend.__name__,
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
