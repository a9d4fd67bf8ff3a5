"""GRPO: the policy samples, the verifier judges, and what passes more than its group is reinforced.

    for each step, for each of its prompts x:
        draw y_1 … y_G from the policy; r_i = 1 if the verifier accepts y_i, else 0
        A_i = (r_i - mean r) / (std r + 1e-4)
    minimise  -mean over ids of all y_i  of A_i p(y_it | …) / stop_gradient(p(y_it | …))

(arXiv 2402.03300; TRL's trainer, its loss `dapo`, no KL term.) Candidates are drawn by the system's
own sampler, decoded, heard and judged as those of every other arm; each prompt is seen once, so
that the number of candidates is that of the other arms. A recogniser's error is no reward of 0: it
is given its group's mean, with which it weighs nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import Trainer
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from selfverify.asr.base import Recogniser
from selfverify.asr.clips import transcribe_batches
from selfverify.audio.clips import describe_clip
from selfverify.codecs.base import Codec
from selfverify.distillation.finetuning import (
    TrainingSettings,
    batch_options,
    dtype_name,
    lora_config,
    trainer_options,
)
from selfverify.distillation.pools import TrainingCandidate, training_candidate, verdict_of
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds
from selfverify.sampling.seeds import candidate_seed
from selfverify.storage.records import Candidate, Utterance
from selfverify.storage.tables import write_records
from selfverify.systems.base import SampledCodes, SamplingRequest, SamplingSettings, TTSSystem
from selfverify.systems.csm import Csm

Judge = Callable[[Sequence[Utterance], Sequence[Candidate]], list[TrainingCandidate]]


@dataclass(frozen=True)
class VerifierJudge:
    """Judges candidates as the workflow does, in one process."""

    codec: Codec
    recogniser: Recogniser
    thresholds: Thresholds

    def __call__(
        self, utterances: Sequence[Utterance], candidates: Sequence[Candidate]
    ) -> list[TrainingCandidate]:
        """Returns the candidates judged, in their order; `utterances` are what they speak."""
        waveforms = self.codec.decode([np.array(c.codes, dtype=np.int64) for c in candidates])
        rate = self.codec.sample_rate
        clips = [
            describe_clip(c.utterance_id, c.candidate_index, audio, rate, c.stop_reason)
            for c, audio in zip(candidates, waveforms, strict=True)
        ]
        least = self.thresholds.min_speech_s
        heard = dict(transcribe_batches(self.recogniser, clips, min_speech_s=least))
        return [
            training_candidate(
                u.text, c, verdict_of(clip, heard[i].text, u.spoken, u.expected_s, self.thresholds)
            )
            for i, (u, c, clip) in enumerate(zip(utterances, candidates, clips, strict=True))
        ]


@dataclass(frozen=True)
class Rollout:
    """What TRL's trainer calls for candidates: prompts are utterance ids, each G times in a row."""

    system: TTSSystem
    utterances: dict[str, Utterance]
    sampling: SamplingSettings
    judge: Judge
    seed: int
    folder: Path  # where each step's candidates are kept

    def __call__(self, prompts: Sequence[str], trainer: Any) -> dict[str, Any]:
        """Returns ids of prompts and candidates, and their rewards."""
        utterances = [self.utterances[key] for key in prompts]
        step = trainer.state.global_step
        candidates = self._draw(utterances, step)
        judged = self.judge(utterances, candidates)
        write_records(judged, self.folder / f"{step:06d}.parquet")
        return {
            "prompt_ids": [self.system.prompt_ids(u.text) for u in utterances],
            "completion_ids": [c.token_ids for c in candidates],
            "logprobs": None,
            "verdict_reward": rewards(judged),
        }

    def _draw(self, utterances: Sequence[Utterance], step: int) -> list[Candidate]:
        seeds = [
            candidate_seed(self.seed, f"grpo step {step}", u.utterance_id, index)
            for index, u in enumerate(utterances)
        ]
        requests = [SamplingRequest(u.text, s) for u, s in zip(utterances, seeds, strict=True)]
        model: Any = self.system.model
        was_training = model.training
        model.eval()
        drawn = self.system.sample(requests, self.sampling)
        model.train(was_training)
        return [
            _candidate(u, i, s, d)
            for i, (u, s, d) in enumerate(zip(utterances, seeds, drawn, strict=True))
        ]


def rewards(judged: Sequence[TrainingCandidate]) -> list[float]:
    """Returns 1 for what passes and 0 for what fails, of one prompt's candidates after another.

    What the recogniser could not judge has the mean of its prompt's others; if it could judge none,
    all have 0, so that none is better than another.
    """
    keys = np.array([candidate.utterance_id for candidate in judged])
    values = np.array([_reward(candidate) for candidate in judged])
    for key in set(keys):
        group = values[keys == key]
        known = group[~np.isnan(group)]
        values[keys == key] = np.where(np.isnan(group), known.mean() if len(known) else 0.0, group)
    return values.tolist()


def _reward(candidate: TrainingCandidate) -> float:
    if np.isinf(candidate.score):
        return np.nan
    return float(candidate.passes)


def _candidate(utterance: Utterance, index: int, seed: int, drawn: SampledCodes) -> Candidate:
    return Candidate(
        utterance.utterance_id, index, seed, drawn.token_ids, drawn.codes.tolist(),
        drawn.stop_reason, drawn.codes.shape[1], "",
    )  # fmt: skip


def verdict_reward(verdict_reward: list[float], **_: Any) -> list[float]:
    """Returns what `Rollout` found; TRL asks for rewards in a call of its own."""
    return verdict_reward


def grpo_trainer(
    rollout: Rollout, settings: TrainingSettings, group_size: int, run: Path, device: str
) -> Trainer:
    """Returns what trains `rollout.system`, every utterance once.

    Args:
        rollout: what samples and judges.
        settings: of training; `batch_size` is the number of candidates a step.
        group_size: G, candidates of a prompt.
        run: folder for an interrupted training.
        device: "cpu" or "cuda".

    Raises:
        InputError: if the system is a CSM, or utterances and steps do not fit.
    """
    system = rollout.system
    if isinstance(system, Csm):
        raise InputError("CSM is compared by SFT alone: TRL's trainers know one head")
    drawn = len(rollout.utterances) * group_size
    if settings.num_steps * settings.batch_size != drawn or settings.batch_size % group_size:
        raise InputError(
            f"{len(rollout.utterances)} prompts of {group_size} candidates are not "
            f"{settings.num_steps} steps of {settings.batch_size}; change num_steps"
        )
    return GRPOTrainer(
        model=system.model,
        reward_funcs=verdict_reward,  # type: ignore[arg-type]
        args=GRPOConfig(
            **trainer_options(settings, run, device, dtype_name(system.model)),
            **batch_options(settings.batch_size, settings.micro_batch_size),
            num_generations=group_size,
            temperature=rollout.sampling.temperature,  # of the probabilities that are trained
            beta=0.0,
            max_completion_length=None,
        ),
        train_dataset=Dataset.from_dict({"prompt": list(rollout.utterances)}),
        processing_class=system.tokenizer,
        peft_config=lora_config(settings.lora_rank),
        rollout_func=rollout,
    )
