"""What a training does to prompts that it has not seen: looked at now and then, on the way.

Candidates are the system's own on a shard of training prompts that no arm learns from: none is of
the evaluation. Along them, all at the temperature of the loss:

- loss: -log p per id of each prompt's best candidate that passes, which falls if what is learnt
  carries over;
- accuracy: the share of pairs, the best against the worst, of which the policy has raised the first
  more than the second;
- entropy of p, nats per id, along the best ones: falls if the policy grows sharper;
- KL: sum of p log(p / p0), p0 the start, nats per id: how far the policy has moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import TrainerCallback

from selfverify.distillation.pools import TrainingCandidate
from selfverify.distillation.teacher_forcing import entropy_of, forced_logits
from selfverify.distillation.training_sets import best_of_n, preference_pairs
from selfverify.systems.base import TTSSystem

NUM_LOOKS = 3  # beside the one before the first step
MAX_PROMPTS = 48


@dataclass(frozen=True)
class Along:
    """What two models say of the ids of one candidate."""

    log_prob: float  # of the policy, added up over ids
    gain: float  # over the start's
    entropy: float  # of the policy, mean over ids
    divergence: float  # KL from the start, mean over ids
    num_ids: int


class HeldOut(TrainerCallback):
    """Adds rows to the history of a training, which is kept with its checkpoints.

    Args:
        system: that is trained.
        candidates: of prompts that the training does not see, judged; the first prompts are used.
    """

    def __init__(self, system: TTSSystem, candidates: Sequence[TrainingCandidate]) -> None:
        self.system = system
        self.examples = best_of_n(candidates)[:MAX_PROMPTS]
        self.pairs = preference_pairs(candidates)[:MAX_PROMPTS]

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Looks at the start, unless an interrupted training goes on."""
        if state.global_step == 0:
            self._look(state, kwargs["model"])

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Looks every few steps and at the last."""
        step = state.global_step
        if step % max(1, state.max_steps // NUM_LOOKS) == 0 or step == state.max_steps:
            self._look(state, kwargs["model"])

    def _look(self, state: Any, model: Any) -> None:
        if self.examples:
            state.log_history.append({"step": state.global_step} | self.measure(model))

    def measure(self, model: Any) -> dict[str, float]:
        """Returns loss, accuracy, entropy and KL of the policy that `model` is.

        Args:
            model: PEFT's, whose base is the system's; without adapter it is the start.
        """
        was_training = model.training
        model.eval()
        sides = [(pair.chosen, pair.rejected) for pair in self.pairs]
        wanted = {_key(c): c for c in [*self.examples, *(c for side in sides for c in side)]}
        found = dict(zip(wanted, along(self.system, model, list(wanted.values())), strict=True))
        model.train(was_training)
        examples = [found[_key(c)] for c in self.examples]
        sizes = [item.num_ids for item in examples]
        margins = [found[_key(c)].gain - found[_key(r)].gain for c, r in sides]
        return {
            "held_out_loss": -sum(item.log_prob for item in examples) / sum(sizes),
            # Before the first update there is no margin, and nothing to rank.
            "held_out_accuracy": float(np.mean(np.array(margins) > 0)) if any(margins) else np.nan,
            "held_out_entropy": float(np.average([a.entropy for a in examples], weights=sizes)),
            "held_out_kl": float(np.average([a.divergence for a in examples], weights=sizes)),
        }


def _key(candidate: TrainingCandidate) -> tuple[str, int]:
    return candidate.utterance_id, candidate.candidate_index


def along(system: TTSSystem, model: Any, candidates: Sequence[TrainingCandidate]) -> list[Along]:
    """Returns what the policy and its start say of each candidate."""
    ids = [(system.prompt_ids(c.text), c.token_ids) for c in candidates]
    found = []
    for pair in ids:  # one by one: the logits of two models lie side by side
        (policy,) = forced_logits(system, [pair])
        with model.disable_adapter():
            (start,) = forced_logits(system, [pair])
        found.append(_compare(policy, start, torch.tensor(pair[1], device=policy.device)))
    return found


def _compare(policy: torch.Tensor, start: torch.Tensor, ids: torch.Tensor) -> Along:
    log_p, log_q = (torch.log_softmax(logits, dim=-1) for logits in (policy, start))
    drawn = [values.gather(1, ids[:, None]).sum().item() for values in (log_p, log_q)]
    divergence = (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean().item()
    return Along(
        drawn[0], drawn[0] - drawn[1], entropy_of(policy).mean().item(), divergence, len(ids)
    )
