"""A cascade: what codes tell first, then level and voice activity, then one or two recognisers.

Each stage costs more than the one before and sees what that one let pass; which takes the second
family of recognisers hears is the policy's (`selection.verifiers`). A candidate that codes or
measures condemn is not heard; its score is that of a refused one without a right character, unless
`hear_all` asks for more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from selfverify.asr.base import Recogniser
from selfverify.asr.clips import transcribe_batches
from selfverify.audio.clips import describe_clip
from selfverify.codecs.base import Codec
from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge
from selfverify.selection.best_of_n import selection_score
from selfverify.selection.early_abort import AbortRules, cycle_end_s
from selfverify.selection.verifiers import ACCEPTED_BELOW, Verifier
from selfverify.storage.records import Clip, FailureMode, StopReason
from selfverify.systems.base import SampledCodes

UNHEARD_SCORE = 2.0  # refused, and all characters wrong
EMPTY_SCORE = 3.0  # refused, and nothing at all: kept only where all are


@dataclass(frozen=True)
class Take:
    """A sampled candidate of a text."""

    text: str
    expected_s: float
    seed: int
    temperature: float
    sampled: SampledCodes


@dataclass(frozen=True)
class JudgedTake:
    """A take with what the cascade says of it; audio is empty where it was not decoded.

    Of two families that heard it, mode, error rate and words are of the one that liked it less.
    """

    take: Take
    scores: tuple[float, ...]  # by family; lower is better, below 1 it accepts, NaN: not asked
    failure_mode: FailureMode
    cer: float | None  # None: never heard
    hypothesis: str | None
    stage: str  # codes, measures, recogniser or second recogniser: whose word it is
    duration_s: float
    audio: np.ndarray  # float32 (num_samples,)

    @property
    def is_accepted(self) -> bool:
        """Whether the verifier accepts it."""
        return not self.failure_mode.is_catastrophic


class Cascade:
    """The verifier of a system's takes.

    Args:
        codec: of the system.
        families: recognisers, as many as `verifier` has.
        verifier: what they say as one.
        thresholds: of the metric.
        rules: what condemns codes.
    """

    def __init__(
        self,
        codec: Codec,
        families: Sequence[Recogniser],
        verifier: Verifier,
        thresholds: Thresholds,
        rules: AbortRules,
    ) -> None:
        self.codec, self.families, self.verifier = codec, families, verifier
        self.thresholds, self.rules = thresholds, rules

    def judge(self, takes: Sequence[Take]) -> list[JudgedTake]:
        """Returns each take judged, in their order."""
        judged = {i: self.by_codes(take) for i, take in enumerate(takes)}
        left = [i for i, verdict in judged.items() if verdict is None]
        heard = iter(self._by_audio([takes[i] for i in left]))
        return [verdict or next(heard) for verdict in judged.values()]

    def hear_all(self, judged: Sequence[JudgedTake]) -> list[JudgedTake]:
        """Returns the same, those that were never heard now heard: to tell the best of the bad.

        What codes condemned stays condemned, whatever the words; of what is empty nothing is heard.
        """
        unheard = [
            i
            for i, take in enumerate(judged)
            if take.cer is None and take.failure_mode != FailureMode.EMPTY
        ]
        heard = self._by_audio([judged[i].take for i in unheard], measures=False)
        result = list(judged)
        for i, take in zip(unheard, heard, strict=True):
            refused = tuple(s + 1.0 if s < ACCEPTED_BELOW else s for s in take.scores)
            result[i] = replace(take, scores=refused, failure_mode=judged[i].failure_mode)
        return result

    def by_codes(self, take: Take) -> JudgedTake | None:
        """Returns the verdict where codes suffice, which costs next to nothing."""
        sampled = take.sampled
        duration_s = self.codec.duration_s(sampled.codes.shape[1])
        is_over_long = duration_s > self.thresholds.runaway_share * take.expected_s
        mode = None
        if not sampled.codes.shape[1]:
            mode = FailureMode.EMPTY
        elif is_over_long or sampled.stop_reason == StopReason.CAP:
            mode = FailureMode.RUNAWAY
        elif cycle_end_s(sampled.codes, self.codec.frame_rate, self.rules) is not None:
            mode = FailureMode.REPETITION
        if mode is None:
            return None
        return self._unheard(take, mode, "codes", duration_s, np.zeros(0, np.float32))

    def _by_audio(self, takes: Sequence[Take], *, measures: bool = True) -> list[JudgedTake]:
        """Verdicts of what is decoded; what has no speech is not shown to the recogniser."""
        waveforms = self.codec.decode([take.sampled.codes for take in takes])
        clips = [
            describe_clip(str(i), 0, audio, self.codec.sample_rate, take.sampled.stop_reason)
            for i, (take, audio) in enumerate(zip(takes, waveforms, strict=True))
        ]
        silent = {i for i in range(len(takes)) if measures and self._is_silent(takes[i], clips[i])}
        judged = {
            i: self._unheard(
                takes[i], FailureMode.SILENCE, "measures", clips[i].duration_s, waveforms[i]
            )
            for i in silent
        }
        judged |= self._by_families(
            {i: (takes[i], clips[i], waveforms[i]) for i in range(len(takes)) if i not in silent}
        )
        return [judged[i] for i in range(len(takes))]

    def _is_silent(self, take: Take, clip: Clip) -> bool:
        t = self.thresholds
        least_s = max(t.min_speech_s, t.min_speech_share * take.expected_s)
        return clip.speech_s < least_s or clip.rms_db < t.min_rms_db

    def _by_families(
        self, audible: dict[int, tuple[Take, Clip, np.ndarray]]
    ) -> dict[int, JudgedTake]:
        """Verdicts by the first family, and of what it is in doubt about by the second."""
        judged = self._heard(0, audible)
        if len(self.families) == 1 or not judged:
            return judged
        first = np.array([take.scores[0] for take in judged.values()])
        asked = [i for i, ask in zip(judged, self.verifier.asks_second(first), strict=True) if ask]
        second = self._heard(1, {i: audible[i] for i in asked})
        return {i: _both(take, second.get(i)) for i, take in judged.items()}

    def _heard(
        self, family: int, audible: dict[int, tuple[Take, Clip, np.ndarray]]
    ) -> dict[int, JudgedTake]:
        """Verdicts by one family on clips with speech."""
        keys, clips = list(audible), [clip for _, clip, _ in audible.values()]
        found = transcribe_batches(
            self.families[family], clips, min_speech_s=self.thresholds.min_speech_s
        )
        stage = ("recogniser", "second recogniser")[family]
        heard = {keys[k]: hypothesis.text for k, hypothesis in found}
        return {i: self._verdict(*audible[i], heard[i], stage) for i in keys}

    def _verdict(
        self, take: Take, clip: Clip, audio: np.ndarray, text: str, stage: str
    ) -> JudgedTake:
        evidence = Evidence(
            clip.stop_reason, clip.duration_s, clip.speech_s, take.expected_s,
            content_error([take.text], text), clip.rms_db,
        )  # fmt: skip
        verdict = judge(evidence, self.thresholds)
        score = selection_score(np.array(verdict.cer), np.array(verdict.is_catastrophic))
        return JudgedTake(
            take, (float(score),), verdict.failure_mode, verdict.cer, text, stage,
            clip.duration_s, audio,
        )  # fmt: skip

    def _unheard(
        self, take: Take, mode: FailureMode, stage: str, duration_s: float, audio: np.ndarray
    ) -> JudgedTake:
        score = EMPTY_SCORE if mode == FailureMode.EMPTY else UNHEARD_SCORE
        scores = (score,) * len(self.families)
        return JudgedTake(take, scores, mode, None, None, stage, duration_s, audio)


def score_table(takes: Iterable[JudgedTake]) -> np.ndarray:
    """Returns the scores of takes as policies want them, shape (k, F)."""
    return np.array([take.scores for take in takes], dtype=float)


def _both(first: JudgedTake, second: JudgedTake | None) -> JudgedTake:
    """The verdict of two families, the second of which may not have been asked."""
    if second is None:
        return replace(first, scores=(*first.scores, float("nan")))
    worse = second if second.scores > first.scores else first
    return replace(worse, scores=first.scores + second.scores)
