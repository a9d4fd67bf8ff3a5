"""Texts to verified speech: draw, listen, keep; in batches across texts, segment by segment."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice
from pathlib import Path

import numpy as np

from selfverify.audio.pace import expected_seconds
from selfverify.codecs import load_codec
from selfverify.errors import InputError
from selfverify.selection.early_abort import AbortRules
from selfverify.selection.policies import POLICIES, make_policy
from selfverify.selection.verifiers import VERIFIERS
from selfverify.speaking.drawing import Drawing
from selfverify.speaking.joining import join_audio
from selfverify.speaking.segments import Job, Segment
from selfverify.speaking.setup import check_retry, read_setup, read_start, start_as_asked
from selfverify.speaking.text import TextSegment, split_text
from selfverify.speaking.verifier_model import load_families
from selfverify.speaking.verifying import Cascade, Take
from selfverify.storage.records import StopReason
from selfverify.systems import load_system
from selfverify.workflow.torch_setup import set_up_torch

DEFAULT_SYSTEM = "mini-llasa"
BASE_SEED = 2606
FIRST_ID = "0001"  # of a text that comes alone, as the command calls it: the seeds are the same
FIRST_BATCH = 8  # of more than fit into one, so that the first are heard soon


class NeverPassed(Exception):
    """A segment of a text that has to be strict never passed."""


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
        draws_per_hearing: of so many draws the one that the system was least unsure of is a
            candidate, and heard; the others are neither decoded nor heard.
        seed: the same command with the same seed gives the same candidates.
        max_segment_s: longest segment, by what its text should take; if not given, the longest
            whose runaway limit is within the system's cap.
        strict: whether `speak` refuses a text with a segment that never passed.
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
        draws_per_hearing: int = 1,
        seed: int = BASE_SEED,
        max_segment_s: float | None = None,
        strict: bool = False,
        params: Path | None = None,
    ) -> None:
        self.setup = read_setup(system, params)
        self.start = start_as_asked(read_start(self.setup), n, temperature, good_cer)
        check_retry(retry_after, retry_temperature, self.start.n)
        if draws_per_hearing < 1:
            raise InputError(f"draws_per_hearing {draws_per_hearing}: at least 1")
        if max_segment_s is not None and not max_segment_s > 0:
            raise InputError(f"max_segment_s {max_segment_s}: above 0")
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
        self.seed, self.strict = seed, strict
        self.draws_per_hearing = draws_per_hearing
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
        self._drawing = Drawing(
            self._system, setup, self.rules, seed=self.seed,
            draws_per_hearing=self.draws_per_hearing,
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
        try:
            for segment in segments:
                self._system.prompt_ids(segment.text)
        except InputError:
            self._system.prompt_ids(" ".join(s.text for s in segments))  # names all that it lacks
            raise
        return segments

    def segments(
        self,
        texts: Iterable[tuple[str, Sequence[TextSegment]]],
        *,
        dropped: Set[str] = frozenset(),
    ) -> Iterator[Segment]:
        """Yields the segments of texts in their order, each once it and those before are done.

        Args:
            texts: pairs of an id, part of the seeds, and what `split` made of the text.
            dropped: ids of texts of which no more is wanted; whoever asks may add to it meanwhile.
        """
        waiting = (job for job in self._jobs(texts) if job.text_id not in dropped)
        size = self._drawing.batch_size
        order: deque[Job] = deque()
        open_jobs: list[Job] = []
        at_once = min(FIRST_BATCH, size)
        while True:
            open_jobs = [job for job in open_jobs if job.text_id not in dropped]
            open_jobs += (new := list(islice(waiting, size - len(open_jobs))))
            order.extend(new)
            if not open_jobs:
                return
            self._draw(open_jobs[:at_once] if len(open_jobs) == size else open_jobs)
            at_once = min(2 * at_once, size)
            open_jobs = [job for job in open_jobs if self._goes_on(job)]
            while order and (order[0].text_id in dropped or not self._goes_on(order[0])):
                job = order.popleft()
                if job.text_id not in dropped:
                    yield self._finish(job)

    def speak(self, text: str) -> np.ndarray:
        """Returns the audio of one text, float32 (num_samples,) at `sample_rate`, pauses included.

        Use `segments` for what was tried and whether it was accepted.

        Raises:
            InputError: of `split`.
            NeverPassed: if the speaker is strict and a segment was never accepted.
        """
        segments = []
        for segment in self.segments([(FIRST_ID, self.split(text))]):
            if self.strict and not segment.is_verified:
                raise NeverPassed(segment.source.text)
            segments.append(segment)
        return join_audio(segments)

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
            takes = self._drawing.first(jobs[start : start + size], self.start.temperature)
            audio = self._cascade.codec.decode([take.sampled.codes for take in takes])
            drawn += zip(audio, (take.sampled.stop_reason for take in takes), strict=True)
        return drawn

    def _jobs(self, texts: Iterable[tuple[str, Sequence[TextSegment]]]) -> Iterator[Job]:
        for text_id, segments in texts:
            for index, segment in enumerate(segments):
                seconds = expected_seconds(segment.text, self.setup.pace)
                yield Job(text_id, index, segment, index == len(segments) - 1, seconds)

    def _goes_on(self, job: Job) -> bool:
        return not job.takes or self.policy.goes_on(job.scores)

    def _draw(self, jobs: list[Job]) -> None:
        """One more take of each job, a batch per temperature."""
        by_temperature: dict[float, list[Job]] = {}
        for job in jobs:
            retries = 0 < self.retry_after <= sum(not take.is_accepted for take in job.takes)
            temperature = self.retry_temperature if retries else self.start.temperature
            by_temperature.setdefault(temperature, []).append(job)
        for temperature, group in by_temperature.items():
            drawn = self._drawing.draw(group, temperature)
            takes = [self._least_unsure(few) for few in drawn]
            for job, judged in zip(group, self._cascade.judge(takes), strict=True):
                job.takes.append(judged)

    def _least_unsure(self, takes: list[Take]) -> Take:
        """Of several draws the one to hear: not one that its codes condemn, if there is another."""
        sound = [take for take in takes if self._cascade.by_codes(take) is None]
        return self._drawing.least_unsure(sound or takes)

    def _finish(self, job: Job) -> Segment:
        if not any(take.is_accepted for take in job.takes):
            job.takes = self._cascade.hear_all(job.takes)
        kept = self.policy.keep(job.scores)
        audio = job.takes[kept].audio
        return Segment(
            job.text_id, job.index, job.source, job.is_last, tuple(job.takes), kept, audio,
            self.sample_rate,
        )  # fmt: skip
