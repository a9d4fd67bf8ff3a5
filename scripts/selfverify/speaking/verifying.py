"""A cascade: what codes tell first, then level and voice activity, a recogniser last.

Each stage costs more than the one before and sees what that one let pass. A candidate that codes or
measures condemn is not heard; its score is that of a refused one without a right character, unless
`hear_all` asks for more.
"""

from collections.abc import Sequence
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
from selfverify.storage.records import Clip, FailureMode, StopReason
from selfverify.systems.base import SampledCodes

UNHEARD_SCORE = 2.0  # refused, and all characters wrong


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
    """A take with what the cascade says of it; audio is empty where it was not decoded."""

    take: Take
    score: float  # lower is better; below 1 it is accepted
    failure_mode: FailureMode
    cer: float | None  # None: never heard
    hypothesis: str | None
    stage: str  # codes, measures or recogniser: who spoke last
    duration_s: float
    audio: np.ndarray  # float32 (num_samples,)

    @property
    def is_accepted(self) -> bool:
        """Whether the verifier accepts it."""
        return not self.failure_mode.is_catastrophic


class Cascade:
    """The verifier of a system's takes."""

    def __init__(
        self, codec: Codec, recogniser: Recogniser, thresholds: Thresholds, rules: AbortRules
    ) -> None:
        self.codec, self.recogniser = codec, recogniser
        self.thresholds, self.rules = thresholds, rules

    def judge(self, takes: Sequence[Take]) -> list[JudgedTake]:
        """Returns each take judged, in their order."""
        judged = {i: self._by_codes(take) for i, take in enumerate(takes)}
        left = [i for i, verdict in judged.items() if verdict is None]
        heard = iter(self._by_audio([takes[i] for i in left]))
        return [verdict or next(heard) for verdict in judged.values()]

    def hear_all(self, judged: Sequence[JudgedTake]) -> list[JudgedTake]:
        """Returns the same, those that were never heard now heard: to tell the best of the bad.

        What codes condemned stays condemned, whatever the words.
        """
        unheard = [i for i, take in enumerate(judged) if take.cer is None]
        heard = self._by_audio([judged[i].take for i in unheard], measures=False)
        result = list(judged)
        for i, take in zip(unheard, heard, strict=True):
            score = take.score if not take.is_accepted else 1.0 + (take.cer or 0.0)
            result[i] = replace(take, score=score, failure_mode=judged[i].failure_mode)
        return result

    def _by_codes(self, take: Take) -> JudgedTake | None:
        """The verdict where codes suffice, which costs next to nothing."""
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
        return _unheard(take, mode, "codes", duration_s, np.zeros(0, np.float32))

    def _by_audio(self, takes: Sequence[Take], *, measures: bool = True) -> list[JudgedTake]:
        """Verdicts of what is decoded; what has no speech is not shown to the recogniser."""
        waveforms = self.codec.decode([take.sampled.codes for take in takes])
        clips = [
            describe_clip(str(i), 0, audio, self.codec.sample_rate, take.sampled.stop_reason)
            for i, (take, audio) in enumerate(zip(takes, waveforms, strict=True))
        ]
        silent = {i for i in range(len(takes)) if measures and self._is_silent(takes[i], clips[i])}
        left = [i for i in range(len(takes)) if i not in silent]
        min_speech_s = self.thresholds.min_speech_s
        found = transcribe_batches(
            self.recogniser, [clips[i] for i in left], min_speech_s=min_speech_s
        )
        texts = {left[k]: hypothesis.text for k, hypothesis in found}
        return [
            _unheard(take, FailureMode.SILENCE, "measures", clips[i].duration_s, waveforms[i])
            if i in silent
            else self._heard(take, clips[i], texts[i], waveforms[i])
            for i, take in enumerate(takes)
        ]

    def _is_silent(self, take: Take, clip: Clip) -> bool:
        t = self.thresholds
        least_s = max(t.min_speech_s, t.min_speech_share * take.expected_s)
        return clip.speech_s < least_s or clip.rms_db < t.min_rms_db

    def _heard(self, take: Take, clip: Clip, text: str, audio: np.ndarray) -> JudgedTake:
        evidence = Evidence(
            clip.stop_reason, clip.duration_s, clip.speech_s, take.expected_s,
            content_error([take.text], text), clip.rms_db,
        )  # fmt: skip
        verdict = judge(evidence, self.thresholds)
        score = selection_score(np.array(verdict.cer), np.array(verdict.is_catastrophic))
        return JudgedTake(
            take, float(score), verdict.failure_mode, verdict.cer, text, "recogniser",
            clip.duration_s, audio,
        )  # fmt: skip


def _unheard(
    take: Take, mode: FailureMode, stage: str, duration_s: float, audio: np.ndarray
) -> JudgedTake:
    return JudgedTake(take, UNHEARD_SCORE, mode, None, None, stage, duration_s, audio)
