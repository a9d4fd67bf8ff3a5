"""Draws of segments: their seeds, where a batch stops, and which of several is worth hearing."""

from collections.abc import Sequence
from typing import Any

from selfverify.distillation.teacher_forcing import entropies
from selfverify.sampling.seeds import candidate_seed
from selfverify.selection.early_abort import AbortRules, over_long_s
from selfverify.speaking.segments import Job, cut
from selfverify.speaking.setup import Setup
from selfverify.speaking.verifying import Take
from selfverify.systems.base import (
    SamplingRequest,
    SamplingSettings,
    TTSSystem,
    with_window,
)


class Drawing:
    """Draws with a system.

    Args:
        system: with its model.
        setup: how it samples.
        rules: when a candidate is over-long for its text.
        seed: of the command.
        draws_per_hearing: how many draws a take is chosen from.
    """

    def __init__(
        self,
        system: TTSSystem,
        setup: Setup,
        rules: AbortRules,
        *,
        seed: int,
        draws_per_hearing: int,
    ) -> None:
        self.system, self.setup, self.rules = system, setup, rules
        self.seed, self.draws_per_hearing = seed, draws_per_hearing

    @property
    def batch_size(self) -> int:
        """Segments that can be drawn at once."""
        return max(1, self.setup.system["batch_size"] // self.draws_per_hearing)

    def draw(self, jobs: Sequence[Job], temperature: float) -> list[list[Take]]:
        """Returns `draws_per_hearing` draws of each segment, its next ones."""
        times = range(self.draws_per_hearing)
        drawn = iter(self._sample([(job, i) for job in jobs for i in times], temperature))
        return [[next(drawn) for _ in times] for _ in jobs]

    def first(self, jobs: Sequence[Job], temperature: float) -> list[Take]:
        """Returns the first of the draws of each segment."""
        return self._sample([(job, 0) for job in jobs], temperature)

    def least_unsure(self, takes: Sequence[Take]) -> Take:
        """Returns the take of one text with the lowest mean entropy, the first on ties.

        It is the entropy of what its ids were drawn from, without top-p and top-k: that which
        `table_screening` has found to tell (`likelihood.views`).
        """
        if len(takes) == 1:
            return takes[0]
        prompt = self.system.prompt_ids(takes[0].text)
        ids = [(prompt, take.sampled.token_ids) for take in takes]
        cap_s = self.setup.system["max_audio_s"]
        settings = SamplingSettings(takes[0].temperature, 1.0, 0, cap_s)
        unsure = [per_id.mean() for per_id in entropies(self.system, ids, settings)]
        return takes[min(range(len(takes)), key=unsure.__getitem__)]

    def _sample(self, draws: Sequence[tuple[Job, int]], temperature: float) -> list[Take]:
        """A take of each; the batch stops where the last of them is over-long for its text."""
        entry = self.setup.system
        cap_s = entry["max_audio_s"]
        limits = [over_long_s(job.expected_s, cap_s, self.rules) for job, _ in draws]
        settings = _settings(entry, temperature, max(limits))
        seeds = [self._seed(job, i) for job, i in draws]
        requests = [
            SamplingRequest(job.source.text, seed)
            for (job, _), seed in zip(draws, seeds, strict=True)
        ]
        sampled = self.system.sample(requests, settings)
        return [
            Take(
                job.source.text, job.expected_s, seed, temperature,
                cut(codes, round(limit * self.system.frame_rate)),
            )
            for (job, _), seed, codes, limit in zip(draws, seeds, sampled, limits, strict=True)
        ]  # fmt: skip

    def _seed(self, job: Job, index: int) -> int:
        before = len(job.takes) * self.draws_per_hearing
        return candidate_seed(
            self.seed, self.setup.name, f"{job.text_id}/{job.index}", before + index
        )


def _settings(entry: dict[str, Any], temperature: float, cap_s: float) -> SamplingSettings:
    """How a system of params.yaml draws, but for temperature and cap."""
    penalty = entry.get("repetition_penalty", 1.0)
    settings = SamplingSettings(temperature, entry["top_p"], entry["top_k"], cap_s, penalty)
    return with_window(settings, entry.get("repetition_window", 0))
