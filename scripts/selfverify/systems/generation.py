"""Ids from a model, by the fastest path that understands it."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from selfverify.systems.base import SamplingRequest, SamplingSettings
from selfverify.systems.sampling import generate_seeded


def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    requests: Sequence[SamplingRequest],
    settings: SamplingSettings,
    *,
    num_steps: int,
    speech_ids: tuple[int, int],
) -> list[list[int]]:
    """Returns what `generate_seeded` does, to which the arguments belong, up to rounding."""
    first, last = speech_ids
    drawn = generate_fast(
        model, prompts, requests, settings, num_steps=num_steps,
        ends=lambda ids: ((ids < first) | (ids > last)).any(dim=1),
    )  # fmt: skip
    if drawn is not None:
        return [[step[0] for step in item] for item in drawn]
    return generate_seeded(
        model, prompts, requests, settings, num_steps=num_steps, speech_ids=speech_ids
    )


def generate_fast(
    model: Any,
    prompts: Sequence[Sequence[int]],
    requests: Sequence[SamplingRequest],
    settings: SamplingSettings,
    *,
    num_steps: int,
    ends: Callable[[torch.Tensor], torch.Tensor],
) -> list[list[list[int]]] | None:
    """Returns the new ids of each prompt, steps of K ids; None if only transformers runs the model.

    Args:
        model: of transformers.
        prompts: token ids, one list per request.
        requests: carry the seeds.
        settings: of sampling.
        num_steps: to take of each at most.
        ends: which ids (B, K) end their row, (B,).

    Raises:
        NoNumbers: if a request's logits are none.
    """
    seeds = [request.seed for request in requests]
    if model.device.type == "cuda":
        # Of no use elsewhere, and imported by every process that draws.
        from selfverify.systems.card_sampling import sample_on_card

        return sample_on_card(model, prompts, seeds, settings, num_steps=num_steps, ends=ends)
    make_network = _cpu_network(model)
    if make_network is None:
        return None
    from selfverify.systems.cpu_sampling import sample_on_cpu

    return sample_on_cpu(make_network, prompts, seeds, settings, num_steps=num_steps, ends=ends)


def refills_rows(model: Any) -> bool:
    """Returns whether an ended row makes room, so that more requests than rows keep it busy."""
    return _cpu_network(model) is not None


def _cpu_network(model: Any) -> Any:
    if model.device.type != "cpu":
        return None
    # Numba takes a third of a second to import, which prompts and GPUs need not wait for.
    from selfverify.systems.cpu_networks import cpu_network

    return cpu_network(model)
