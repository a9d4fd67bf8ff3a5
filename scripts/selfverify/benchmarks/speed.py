"""The pipeline's loops against the packages' own, in one process, taking turns."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np
import torch

from selfverify.asr.base import Recogniser
from selfverify.systems.base import SamplingRequest, SamplingSettings, TTSSystem

SLOTS = {"orpheus": 7}  # ids a frame; of the others one


def compare(
    theirs: Callable[[], int], ours: Callable[[], int], num_repeats: int
) -> dict[str, float]:
    """Returns CPU seconds a unit of two loops, each of which returns how many units it did.

    Keys: theirs_s and ours_s, medians; ratio of the medians; ratio_low and ratio_high, of the
    repeats. Both run once before any clock starts.
    """
    theirs()
    ours()
    pairs = [(_cpu_s(theirs), _cpu_s(ours)) for _ in range(num_repeats)]
    ratios = [one / other for one, other in pairs]
    theirs_s, ours_s = (median(values) for values in zip(*pairs, strict=True))
    return {
        "theirs_s": theirs_s,
        "ours_s": ours_s,
        "ratio": theirs_s / ours_s,
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
    }


def _cpu_s(loop: Callable[[], int]) -> float:
    start = time.process_time()
    num_units = loop()
    return (time.process_time() - start) / num_units


def sample_batches(
    system: TTSSystem,
    requests: Sequence[SamplingRequest],
    settings: SamplingSettings,
    batch_size: int,
) -> int:
    """Draws the requests as the pipeline does; returns how many ids or frames it drew."""
    drawn = 0
    for start in range(0, len(requests), batch_size):
        sampled = system.sample(requests[start : start + batch_size], settings)
        drawn += sum(result.codes.shape[1] for result in sampled)
    return drawn


def generate_one_by_one(
    system: TTSSystem, adapter: str, requests: Sequence[SamplingRequest], settings: SamplingSettings
) -> int:
    """Draws them by transformers' `generate`, one text at a time; returns the frames drawn."""
    options = _options(system, adapter, settings)
    drawn = 0
    for request in requests:
        torch.manual_seed(request.seed)
        ids = torch.tensor([system.prompt_ids(request.text)])
        given: Any = system.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), **options
        )
        num_new = given.shape[1] - (0 if adapter == "csm" else ids.shape[1])
        drawn += num_new // SLOTS.get(adapter, 1)
    return drawn


def _options(system: TTSSystem, adapter: str, settings: SamplingSettings) -> dict[str, Any]:
    num_frames = int(settings.max_audio_s * system.frame_rate)
    options: dict[str, Any] = {
        "do_sample": True, "temperature": settings.temperature, "top_p": settings.top_p,
        "top_k": settings.top_k, "max_new_tokens": num_frames * SLOTS.get(adapter, 1),
    }  # fmt: skip
    if adapter != "csm":
        stop_ids = sorted(system.stop_ids)  # type: ignore[attr-defined]
        return options | {"eos_token_id": stop_ids, "pad_token_id": stop_ids[0]}
    # A pad id makes transformers mask that code out of the depth decoder's input.
    depth = system.model.depth_decoder
    depth.generation_config.pad_token_id = depth.config.pad_token_id = None
    shared = ("do_sample", "temperature", "top_p", "top_k")
    return options | {f"depth_decoder_{key}": options[key] for key in shared}


def heard_alike(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Returns how many transcripts are the same text, spaces at the ends aside."""
    return sum(one.strip() == other.strip() for one, other in zip(ours, theirs, strict=True))


def texts_of(recogniser: Recogniser, clips: Sequence[np.ndarray]) -> list[str]:
    """Returns what a recogniser hears in clips."""
    return [hypothesis.text for hypothesis in recogniser.transcribe(clips)]
