"""What a model would have drawn next, along candidates that are given: teacher forcing.

Each id of a candidate has the distribution that it was drawn from, or would have been by another
model: one pass over prompt and candidate gives all of them, in the contexts of sampling.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from selfverify.errors import InputError
from selfverify.systems.base import SamplingSettings, TTSSystem
from selfverify.systems.csm import Csm
from selfverify.systems.sampling import SeededChoice

BATCH = 16
NUM_LOGITS = 100_000_000  # of a batch at most, 0.4 GB; one candidate may have more
Ids = tuple[Sequence[int], Sequence[int]]  # of a prompt and of the candidate after it


@torch.inference_mode()
def forced_logits(system: TTSSystem, candidates: Sequence[Ids]) -> Iterator[torch.Tensor]:
    """Yields of each candidate the logits that its ids are drawn from, shape (ids, V), float32.

    Args:
        system: with its model, which an adapter may be part of.
        candidates: ids of prompt and candidate; of a CSM frame after frame.
    """
    longest = max((len(prompt) + len(ids) for prompt, ids in candidates), default=1)
    size = min(BATCH, max(1, NUM_LOGITS // (longest * system.model.lm_head.out_features)))
    for start in range(0, len(candidates), size):
        batch = candidates[start : start + size]
        yield from (_csm_logits if isinstance(system, Csm) else _llama_logits)(system, batch)


def _llama_logits(system: Any, batch: Sequence[Ids]) -> Iterator[torch.Tensor]:
    """Padded on the right, where a causal model's earlier positions do not see the padding."""
    rows = [torch.tensor([*prompt, *ids]) for prompt, ids in batch]
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True).to(system.model.device)
    logits = system.model(input_ids=padded, use_cache=False).logits
    for row, (prompt, ids) in zip(logits, batch, strict=True):
        first = len(prompt) - 1  # where the first id is drawn
        yield row[first : first + len(ids)].float()


def _csm_logits(system: Any, batch: Sequence[Ids]) -> Iterator[torch.Tensor]:
    """One by one: the backbone's for a frame's first code, the depth decoder's for the rest."""
    model = system.model
    for prompt, ids in batch:
        frames = torch.tensor(ids, device=model.device).view(-1, system.num_codebooks)
        text = model.embed_text_tokens(torch.tensor(prompt, device=model.device))
        spoken = model.backbone_model.embed_tokens(frames[None])[0]
        hidden = model.backbone_model(
            inputs_embeds=torch.cat([text, spoken])[None], use_cache=False
        ).last_hidden_state[0, len(prompt) - 1 : -1]
        # The first position stands for the backbone's hidden state, and has no logits.
        before = torch.cat([torch.zeros_like(frames[:, :1]), frames[:, :-1]], dim=1)
        deep = model.depth_decoder(
            input_ids=before, backbone_last_hidden_state=hidden,
            attention_mask=torch.ones_like(before), use_cache=False,
        ).logits[:, -(system.num_codebooks - 1) :]  # fmt: skip
        logits = torch.cat([model.lm_head(hidden)[:, None], deep], dim=1)
        yield logits.flatten(0, 1).float()


def entropies(
    system: TTSSystem, candidates: Sequence[Ids], settings: SamplingSettings
) -> Iterator[np.ndarray]:
    """Yields of each candidate the entropy at each of its ids, nats, shape (ids,).

    It is that of the distribution which the id is drawn from: the model's own at that place, after
    repetition penalty, temperature, top-k and top-p, as `systems.sampling` has them; 0 where one id
    alone is left. Of repetition-aware sampling it is the first draw's.

    Args:
        system: with its model.
        candidates: ids of prompt and candidate.
        settings: of sampling.

    Raises:
        InputError: of a CSM with a repetition penalty, which looks at one frame alone.
    """
    is_penalised = settings.repetition_penalty != 1.0
    if isinstance(system, Csm) and is_penalised:
        raise InputError(f"{system.name}: no entropy with repetition_penalty; remove it")
    warpers = SeededChoice([0], 1, settings).warpers
    found = zip(forced_logits(system, candidates), candidates, strict=True)
    for logits, (prompt, ids) in found:
        before = _prefixes(prompt, ids) if is_penalised else torch.zeros(len(ids), 1).long()
        warped: Any = warpers(before.to(logits.device), logits)  # type: ignore[arg-type]
        yield entropy_of(warped).cpu().numpy()


def entropy_of(logits: torch.Tensor) -> torch.Tensor:
    """Returns the entropy of the softmax over the last dimension, nats, shape (...)."""
    log_probs = torch.log_softmax(logits.double(), dim=-1)
    return -torch.where(log_probs.isneginf(), 0.0, log_probs.exp() * log_probs).sum(dim=-1)


def _prefixes(prompt: Sequence[int], ids: Sequence[int]) -> torch.Tensor:
    """All ids before each id of a candidate, (ids, L); the prompt's first fills up what is left."""
    whole = torch.tensor([*prompt, *ids[:-1]])
    places = torch.arange(len(whole))
    is_before = places < len(prompt) + torch.arange(len(ids))[:, None]
    return torch.where(is_before, whole, whole[0])
