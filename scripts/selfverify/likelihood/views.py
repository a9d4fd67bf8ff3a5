"""How likely candidates are to a model, and where its state lies while it says them.

The model is the system that drew them, or a policy: what the policy finds likelier than the system
does is what its training has taught it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from selfverify.distillation.teacher_forcing import entropy_of, forced_logits
from selfverify.storage.records import Candidate
from selfverify.systems.base import TTSSystem
from selfverify.systems.csm import Csm


@dataclass(frozen=True)
class View:
    """What a model makes of one candidate, at one temperature and of all ids that there are."""

    utterance_id: str
    candidate_index: int
    num_ids: int  # the end included
    log_prob: float  # nats, of all ids together
    entropy: float  # nats per id, mean
    state: list[float]  # the last hidden state, mean over the places that ids are drawn at, (D,)


@torch.inference_mode()
def view_candidates(
    system: TTSSystem,
    candidates: Sequence[Candidate],
    texts: Sequence[str],
    temperature: float,
) -> Iterator[View]:
    """Yields what the model makes of each candidate: one pass over prompt and candidate.

    Neither top-p nor top-k is applied: an id that a policy would leave out has a probability, and
    that of the system that drew it is one number with that of the policy.

    Args:
        system: with the model that looks at them.
        candidates: of any speaker with the same ids.
        texts: of each.
        temperature: that logits are divided by.
    """
    states: list[torch.Tensor] = []
    hook = system.model.lm_head.register_forward_hook(  # type: ignore[union-attr]
        lambda module, inputs, output: states.append(inputs[0])
    )
    try:
        for candidate, text in zip(candidates, texts, strict=True):
            prompt = system.prompt_ids(text)
            # One by one: rows of a batch would be padded, the state's too.
            (logits,) = forced_logits(system, [(prompt, candidate.token_ids)])
            hidden = states.pop().flatten(0, -2)
            if not isinstance(system, Csm):  # whose backbone is read where frames are drawn alone
                hidden = hidden[len(prompt) - 1 :][: len(candidate.token_ids)]
            yield _view(candidate, logits / temperature, hidden)
    finally:
        hook.remove()


def _view(candidate: Candidate, logits: torch.Tensor, hidden: torch.Tensor) -> View:
    ids = torch.tensor(candidate.token_ids, device=logits.device)
    log_probs = torch.log_softmax(logits.double(), dim=-1).gather(1, ids[:, None])
    return View(
        candidate.utterance_id, candidate.candidate_index, len(ids), log_probs.sum().item(),
        entropy_of(logits).mean().item(), hidden.float().mean(dim=0).tolist(),
    )  # fmt: skip
