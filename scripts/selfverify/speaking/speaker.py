"""Texts to verified speech: draw, listen, keep; in batches across texts, segment by segment."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from selfverify.audio.pace import expected_seconds
from selfverify.codecs import load_codec
from selfverify.errors import InputError
from selfverify.sampling.seeds import candidate_seed
from selfverify.selection.early_abort import AbortRules, over_long_s
from selfverify.selection.policies import POLICIES, make_policy
from selfverify.selection.verifiers import VERIFIERS
from selfverify.speaking.joining import join_audio
from selfverify.speaking.segments import Job, Segment, cut
from selfverify.speaking.setup import Start, read_setup, read_start
from selfverify.speaking.text import TextSegment, split_text
from selfverify.speaking.verifier_model import load_families
from selfverify.speaking.verifying import Cascade, Take
from selfverify.storage.records import StopReason
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings
from selfverify.workflow.torch_setup import set_up_torch

DEFAULT_SYSTEM = "mini-llasa"
BASE_SEED = 2606


class Speaker:
    """Speaks with a system of a params file and verifies what it says.

    Args:
        system: a key of a track's `systems`; the models are loaded here, once.
        n: candidates of a segment at most; by the calibration if not given.
        temperature: of sampling; by the calibration if not given.
        policy: stops at the first that is `good`, at the first that is `accepted`, or draws all n
            and keeps the `best`.
        good_cer: share of characters wrong, as the verifier hears them, up to which a candidate is
            good; by the calibration if not given.
        verifier: whose word counts: `one` family of recognisers, the study's verifier; a second,
            its evaluator, where the first accepts with doubt (`grey`); `both` always.
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
        policy: str = "good",
        good_cer: float | None = None,
        verifier: str = "one",
        retry_after: int = 0,
        retry_temperature: float = 0.5,
        seed: int = BASE_SEED,
        max_segment_s: float | None = None,
        params: Path | None = None,
    ) -> None:
        self.setup = read_setup(system, params)
        self.start = _start(read_start(self.setup), n, temperature, good_cer)
        for what, name, known in (
            ("policy", policy, POLICIES), ("verifier", verifier, VERIFIERS),
        ):  # fmt: skip
            if name not in known:
                raise InputError(f"{what} {name!r}: choose one of {', '.join(known)}")
        self.policy_name, self.verifier_name = policy, verifier
        self.policy = make_policy(
            policy, self.start.n, good_cer=self.start.good_cer, verifier=VERIFIERS[verifier]()
        )
        self.retry_after, self.retry_temperature = retry_after, retry_temperature
        self.seed = seed
        self.rules = AbortRules(max_share=self.setup.thresholds.runaway_share)
        cap_s = self.setup.system["max_audio_s"]
        self.max_segment_s = max_segment_s or cap_s / self.rules.max_share
        set_up_torch()
        self._load()

    def _load(self) -> None:
        """Loads the models, which takes most of the time until the first sound."""
        setup, entry = self.setup, self.setup.system
        self._system = load_system(
            entry["adapter"], setup.checkpoint, voice=entry.get("voice", ""),
            device=setup.device, dtype=entry["dtype"],
        )  # fmt: skip
        codec = load_codec(setup.codec["adapter"], setup.codec_checkpoint, device=setup.device)
        self.sample_rate = codec.sample_rate
        families = load_families(setup, self.policy.verifier.num_families)
        self._cascade = Cascade(codec, families, self.policy.verifier, setup.thresholds, self.rules)

    @property
    def recognisers(self) -> list[str]:
        """Names of those that verify."""
        return list(self.setup.families[: self.policy.verifier.num_families])

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
        order: deque[Job] = deque()
        open_jobs: list[Job] = []
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
    ) -> list[tuple[np.ndarray, StopReason]]:
        """Returns audio and end of one take of each segment that nobody listened to, in order.

        A single shot, with the first of the takes that `segments` would draw: to compare with.
        """
        drawn: list[tuple[np.ndarray, StopReason]] = []
        jobs = list(self._jobs(texts))
        size = self.setup.system["batch_size"]
        for start in range(0, len(jobs), size):
            takes = self._sample(jobs[start : start + size], self.start.temperature)
            audio = self._cascade.codec.decode([take.sampled.codes for take in takes])
            drawn += zip(audio, (take.sampled.stop_reason for take in takes), strict=True)
        return drawn

    def _jobs(self, texts: Iterable[tuple[str, Sequence[TextSegment]]]) -> Iterator[Job]:
        for text_id, segments in texts:
            for index, segment in enumerate(segments):
                seconds = expected_seconds(segment.text, self.setup.pace)
                yield Job(text_id, index, segment, index == len(segments) - 1, seconds)

    def _draw(self, jobs: list[Job]) -> None:
        """One more take of each job, a batch per temperature."""
        by_temperature: dict[float, list[Job]] = {}
        for job in jobs:
            retries = self.retry_after and len(job.takes) >= self.retry_after
            temperature = self.retry_temperature if retries else self.start.temperature
            by_temperature.setdefault(temperature, []).append(job)
        for temperature, group in by_temperature.items():
            takes = self._sample(group, temperature)
            for job, judged in zip(group, self._cascade.judge(takes), strict=True):
                job.takes.append(judged)

    def _sample(self, jobs: list[Job], temperature: float) -> list[Take]:
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

    def _finish(self, job: Job) -> Segment:
        if not any(take.is_accepted for take in job.takes):
            job.takes = self._cascade.hear_all(job.takes)
        kept = self.policy.keep(job.scores)
        audio = job.takes[kept].audio
        return Segment(
            job.text_id, job.index, job.source, job.is_last, tuple(job.takes), kept, audio,
            self.sample_rate,
        )  # fmt: skip


def _start(start: Start, n: int | None, temperature: float | None, good_cer: float | None) -> Start:
    if n is not None and n < 1:
        raise InputError(f"n {n}: at least 1 candidate")
    if temperature is not None and temperature <= 0:
        raise InputError(f"temperature {temperature}: above 0")
    if good_cer is not None and not 0 <= good_cer <= 1:
        raise InputError(f"good_cer {good_cer}: a share of characters, from 0 to 1")
    asked = {"n": n, "temperature": temperature, "good_cer": good_cer}
    given = {key: value for key, value in asked.items() if value is not None}
    source = "as asked" if given.keys() == asked.keys() else start.source
    return replace(start, **given, source=source)
