"""The records that travel between the steps, one dataclass a row of a table.

They know nothing of files (`tables`) or models. A failed candidate is a record like any other:
`stop_reason` says how it ended, and it stays in every denominator.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class StopReason(StrEnum):
    """How the language model ended a candidate."""

    EOS = "eos"  # it said that the utterance is over
    CAP = "cap"  # the limit of frames was reached first
    INVALID_CODES = "invalid_codes"  # an id outside the codec's range ended it
    EMPTY = "empty"  # it ended before the first frame


class FailureMode(StrEnum):
    """The class of a verdict: that of the first rule that matches (`metric.taxonomy`)."""

    PIPELINE_ERROR = "pipeline_error"  # nothing to judge, which is not the system's fault
    EMPTY = "empty"
    SILENCE = "silence"
    EARLY_TERMINATION = "early_termination"
    RUNAWAY = "runaway"
    REPETITION = "repetition"
    HALLUCINATION = "hallucination"
    CONTENT_COLLAPSE = "content_collapse"
    MINOR = "minor"  # some character differs, by the system or by the recogniser
    OK = "ok"

    @property
    def is_catastrophic(self) -> bool:
        """Whether the class counts as a failure."""
        return self not in (FailureMode.PIPELINE_ERROR, FailureMode.MINOR, FailureMode.OK)


@dataclass(frozen=True)
class Utterance:
    """One text to be spoken."""

    utterance_id: str
    text: str  # written form, what the system is given
    spoken: tuple[str, ...]  # acceptable readings, in words
    category: str
    split: str  # the prompt set
    num_words: int
    expected_s: float  # seconds that the text takes at the voice's pace


@dataclass(frozen=True)
class Candidate:
    """One sampled synthesis, before it is audible."""

    utterance_id: str
    candidate_index: int
    seed: int
    token_ids: list[int]  # language-model ids as sampled, the end token included
    codes: list[list[int]]  # (K codebooks, T frames), each 0 <= code < codebook_size
    stop_reason: StopReason
    num_frames: int
    settings_hash: str  # of checkpoint, template and sampling settings


@dataclass(frozen=True)
class Clip:
    """The audio of a candidate, or of a reference that stands where a candidate would."""

    utterance_id: str
    candidate_index: int
    # {"bytes": FLAC, "path": None}, the convention of Hugging Face datasets; None without samples
    audio: dict[str, Any] | None
    sample_rate: int
    duration_s: float
    speech_s: float  # seconds that voice activity detection calls speech
    rms_db: float  # of the whole clip, relative to full scale
    stop_reason: StopReason


@dataclass(frozen=True)
class Transcript:
    """What a recogniser heard in a clip; a clip without speech is never shown to it."""

    utterance_id: str
    candidate_index: int
    hypothesis: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


@dataclass(frozen=True)
class Verdict:
    """What one recogniser's transcript says about a candidate."""

    cer: float  # characters without spaces, smallest over the readings, at most 1
    wer: float
    failure_mode: FailureMode
    is_catastrophic: bool
    flags: dict[str, bool] = field(default_factory=dict)
    paper_metric: bool = False


@dataclass(frozen=True)
class Selection:
    """What best-of-n keeps of one utterance's pool."""

    utterance_id: str
    num_drawn: int  # n: the pool's first candidates, among which one is kept
    candidate_index: int
    score: float  # of the kept candidate, lower is better (`selection.selection_score`)
    draws: int  # candidates drawn if sampling stopped at the first that passes
