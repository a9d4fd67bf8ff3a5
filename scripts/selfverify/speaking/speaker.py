"""Texts to verified speech: draw, listen, keep; in batches across texts, segment by segment."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from selfverify.audio.pace import expected_seconds
from selfverify.codecs import load_codec
from selfverify.errors import InputError
from selfverify.sampling.seeds import candidate_seed
from selfverify.selection.early_abort import AbortRules, over_long_s
from selfverify.selection.policies import POLICIES
from selfverify.speaking.joining import join_audio
from selfverify.speaking.setup import Start, read_setup, read_start
from selfverify.speaking.text import TextSegment, split_text
from selfverify.speaking.verifier_model import load_verifier
from selfverify.speaking.verifying import Cascade, JudgedTake, Take
from selfverify.storage.records import StopReason
from selfverify.systems import load_system
from selfverify.systems.base import SampledCodes, SamplingRequest, SamplingSettings
from selfverify.workflow.torch_setup import set_up_torch

DEFAULT_SYSTEM = "mini-llasa"
BASE_SEED = 2606


@dataclass(frozen=True)
class Segment:
    """A segment of a text, spoken: the take that is kept, and all that were tried."""

    text_id: str
    index: int  # within its text, from 0
    source: TextSegment
    is_last: bool  # of its text
    takes: tuple[JudgedTake, ...]
    kept: int  # index among the takes
    audio: np.ndarray  # float32 (num_samples,)
    sample_rate: int  # Hz

    @property
    def best(self) -> JudgedTake:
        """The take that is kept."""
        return self.takes[self.kept]

    @property
    def is_verified(self) -> bool:
        """Whether the verifier accepts what is kept."""
        return self.best.is_accepted


@dataclass
class _Job:
    """A segment that is being worked on."""

    text_id: str
    index: int
    source: TextSegment
    is_last: bool
    expected_s: float
    takes: list[JudgedTake] = field(default_factory=list)

    @property
    def scores(self) -> list[float]:
        return [take.score for take in self.takes]


class Speaker:
    """Speaks with a system of a params file and verifies what it says.

    Args:
        system: a key of a track's `systems`; the models are loaded here, once.
        n: candidates of a segment at most; by the calibration if not given.
        temperature: of sampling; by the calibration if not given.
        policy: stops at the first that is `accepted`, at the first that is `good`, or draws all n
            and keeps the `best`.
        retry_after: refused candidates after which `retry_temperature` is used; 0: never.
        retry_temperature: of those that follow.
        seed: the same command with the same seed gives the same candidates.
        max_segment_s: longest segment, by what its text should take; if not given, the longest
            whose runaway limit is within the system's cap.
        params: a study's params.yaml; the repository's if not given.

    Raises:
        InputError: if there is no such system, weights are missing, or a number is out of range.
    """

    def __init__(
        self,
        system: str = DEFAULT_SYSTEM,
        *,
        n: int | None = None,
        temperature: float | None = None,
        policy: str = "accepted",
        retry_after: int = 0,
        retry_temperature: float = 0.5,
        seed: int = BASE_SEED,
        max_segment_s: float | None = None,
        params: Path | None = None,
    ) -> None:
        self.setup = read_setup(system, params)
        self.start = _start(read_start(self.setup), n, temperature)
        if policy not in POLICIES:
            raise InputError(f"policy {policy!r}: choose one of {', '.join(POLICIES)}")
        self.policy_name = policy
        self.policy = POLICIES[policy](self.start.n)
        self.retry_after, self.retry_temperature = retry_after, retry_temperature
        self.seed = seed
        self.rules = AbortRules(max_share=self.setup.thresholds.runaway_share)
        cap_s = self.setup.system["max_audio_s"]
        self.max_segment_s = max_segment_s or cap_s / self.rules.max_share
        set_up_torch()
        entry = self.setup.system
        self._system = load_system(
            entry["adapter"], self.setup.checkpoint, voice=entry.get("voice", ""),
            device=self.setup.device, dtype=entry["dtype"],
        )  # fmt: skip
        codec = load_codec(
            self.setup.codec["adapter"], self.setup.codec_checkpoint, device=self.setup.device
        )
        self.sample_rate = codec.sample_rate
        verifier = load_verifier(self.setup)
        self._cascade = Cascade(codec, verifier, self.setup.thresholds, self.rules)

    def split(self, text: str) -> list[TextSegment]:
        """Returns the segments that a text is spoken in, each checked against the tokenizer.

        Raises:
            InputError: if there is nothing to say, or characters that the system does not know.
        """
        segments = split_text(text, max_s=self.max_segment_s, pace=self.setup.pace)
        for segment in segments:
            self._system.prompt_ids(segment.text)
        return segments

    def segments(self, texts: Iterable[tuple[str, Sequence[TextSegment]]]) -> Iterator[Segment]:
        """Yields the segments of texts in their order, each once it and those before are done.

        Args:
            texts: pairs of an id, part of the seeds, and what `split` made of the text.
        """
        waiting = self._jobs(texts)
        order: deque[_Job] = deque()
        open_jobs: list[_Job] = []
        exhausted = False
        while not exhausted or open_jobs:
            while not exhausted and len(open_jobs) < self.setup.system["batch_size"]:
                job = next(waiting, None)
                exhausted = job is None
                if job is not None:
                    open_jobs.append(job)
                    order.append(job)
            self._draw(open_jobs)
            open_jobs = [job for job in open_jobs if self.policy.goes_on(job.scores)]
            while order and not self.policy.goes_on(order[0].scores):
                yield self._finish(order.popleft())

    def speak(self, text: str) -> np.ndarray:
        """Returns the audio of one text, float32 (num_samples,) at `sample_rate`, pauses included.

        Use `segments` for what was tried and whether it was accepted.
        """
        return join_audio(list(self.segments([("text", self.split(text))])))

    def draw_unverified(
        self, texts: Iterable[tuple[str, Sequence[TextSegment]]]
    ) -> list[np.ndarray]:
        """Returns the audio of one take of each segment that nobody listened to, in order.

        A single shot, with the first of the takes that `segments` would draw: to compare with.
        """
        audio: list[np.ndarray] = []
        jobs = list(self._jobs(texts))
        size = self.setup.system["batch_size"]
        for start in range(0, len(jobs), size):
            takes = self._sample(jobs[start : start + size], self.start.temperature)
            audio += self._cascade.codec.decode([take.sampled.codes for take in takes])
        return audio

    def _jobs(self, texts: Iterable[tuple[str, Sequence[TextSegment]]]) -> Iterator[_Job]:
        for text_id, segments in texts:
            for index, segment in enumerate(segments):
                seconds = expected_seconds(segment.text, self.setup.pace)
                yield _Job(text_id, index, segment, index == len(segments) - 1, seconds)

    def _draw(self, jobs: list[_Job]) -> None:
        """One more take of each job, a batch per temperature."""
        by_temperature: dict[float, list[_Job]] = {}
        for job in jobs:
            retries = self.retry_after and len(job.takes) >= self.retry_after
            temperature = self.retry_temperature if retries else self.start.temperature
            by_temperature.setdefault(temperature, []).append(job)
        for temperature, group in by_temperature.items():
            takes = self._sample(group, temperature)
            for job, judged in zip(group, self._cascade.judge(takes), strict=True):
                job.takes.append(judged)

    def _sample(self, jobs: list[_Job], temperature: float) -> list[Take]:
        """A take of each; the batch stops where the last of them is over-long for its text."""
        entry = self.setup.system
        cap_s = entry["max_audio_s"]
        limits = [over_long_s(job.expected_s, cap_s, self.rules) for job in jobs]
        settings = SamplingSettings(
            temperature, entry["top_p"], entry["top_k"], max(limits),
            entry.get("repetition_penalty", 1.0),
        )  # fmt: skip
        seeds = [
            candidate_seed(self.seed, self.setup.name, f"{job.text_id}/{job.index}", len(job.takes))
            for job in jobs
        ]
        requests = [
            SamplingRequest(job.source.text, seed) for job, seed in zip(jobs, seeds, strict=True)
        ]
        sampled = self._system.sample(requests, settings)
        return [
            Take(
                job.source.text, job.expected_s, seed, temperature,
                cut(codes, round(limit * self._system.frame_rate)),
            )
            for job, seed, codes, limit in zip(jobs, seeds, sampled, limits, strict=True)
        ]  # fmt: skip

    def _finish(self, job: _Job) -> Segment:
        if not any(take.is_accepted for take in job.takes):
            job.takes = self._cascade.hear_all(job.takes)
        kept = self.policy.keep(job.scores)
        audio = job.takes[kept].audio
        return Segment(
            job.text_id, job.index, job.source, job.is_last, tuple(job.takes), kept, audio,
            self.sample_rate,
        )  # fmt: skip


def cut(sampled: SampledCodes, num_frames: int) -> SampledCodes:
    """Returns what was sampled up to a number of frames, as if the cap had been there.

    What a batch with a longer text let go on longer is then the same as drawn alone.
    """
    if sampled.codes.shape[1] <= num_frames:
        return sampled
    return replace(sampled, codes=sampled.codes[:, :num_frames], stop_reason=StopReason.CAP)


def _start(start: Start, n: int | None, temperature: float | None) -> Start:
    if n is not None and n < 1:
        raise InputError(f"n {n}: at least 1 candidate")
    if temperature is not None and temperature <= 0:
        raise InputError(f"temperature {temperature}: above 0")
    given = n is not None and temperature is not None
    source = "as asked" if given else start.source
    return Start(temperature or start.temperature, n or start.n, source)
