"""What counts as a catastrophic failure, and of which kind.

Rules are in seconds and relative to the expected duration, never in tokens: 25 tokens are half a
second of XCodec2 and two seconds of Mimi. All rules are stored as flags; the first that matches, in
the order of `RULES`, gives the class.
"""

from collections.abc import Callable
from dataclasses import dataclass

from selfverify.metric.content import ContentError
from selfverify.records import FailureMode, StopReason, Verdict


@dataclass(frozen=True)
class Thresholds:
    """The metric's numbers; set in `params.yaml`, the same for every system."""

    max_cer: float  # content: above it, the clip says something else
    min_speech_s: float  # silence: less speech than this
    min_speech_share: float  # silence: or than this share of the expected duration
    early_speech_share: float  # early termination: speech below this share of the expected duration
    early_min_words: int  # and at least so many words missing at the end
    early_word_share: float  # and at least this share of all words
    runaway_share: float  # runaway: longer than this multiple of the expected duration
    paper_min_s: float  # the paper's dropout rule: less audio than this
    paper_max_words: int  # or a transcript of at most this many words


@dataclass(frozen=True)
class Evidence:
    """All that a verdict looks at."""

    stop_reason: StopReason
    duration_s: float
    speech_s: float
    expected_s: float
    error: ContentError


def _is_empty(e: Evidence, t: Thresholds) -> bool:
    return e.duration_s == 0.0


def _is_silent(e: Evidence, t: Thresholds) -> bool:
    return e.speech_s < max(t.min_speech_s, t.min_speech_share * e.expected_s)


def _ends_early(e: Evidence, t: Thresholds) -> bool:
    # Fast but complete speech is no failure: the end must be missing as well.
    enough = max(t.early_min_words, t.early_word_share * e.error.num_reference_words)
    is_short = e.speech_s < t.early_speech_share * e.expected_s
    return is_short and e.error.num_missing_at_end >= enough


def _runs_away(e: Evidence, t: Thresholds) -> bool:
    return e.stop_reason == StopReason.CAP or e.duration_s > t.runaway_share * e.expected_s


def _collapses(e: Evidence, t: Thresholds) -> bool:
    return e.error.cer > t.max_cer


RULES: dict[FailureMode, Callable[[Evidence, Thresholds], bool]] = {
    FailureMode.EMPTY: _is_empty,
    FailureMode.SILENCE: _is_silent,
    FailureMode.EARLY_TERMINATION: _ends_early,
    FailureMode.RUNAWAY: _runs_away,
    FailureMode.CONTENT_COLLAPSE: _collapses,
}


def judge(evidence: Evidence, thresholds: Thresholds) -> Verdict:
    """Returns the verdict on one candidate by one recogniser's transcript."""
    flags = {mode.value: rule(evidence, thresholds) for mode, rule in RULES.items()}
    mode = next((FailureMode(name) for name, flag in flags.items() if flag), FailureMode.OK)
    return Verdict(
        cer=evidence.error.cer,
        wer=evidence.error.wer,
        failure_mode=mode,
        is_catastrophic=mode is not FailureMode.OK,
        flags=flags,
        paper_metric=is_failure_by_paper(evidence, thresholds),
    )


def is_failure_by_paper(evidence: Evidence, thresholds: Thresholds) -> bool:
    """Whether arXiv 2606.18323 would count a failure: dropout, or a high word error rate.

    Its dropout is fewer than 25 speech tokens, here the half second that they last at XCodec2's 50
    a second, or a transcript of at most one word. Its threshold of the error rate is not published;
    the field's .5 (seed-tts-eval) stands in.
    """
    dropout = (
        evidence.duration_s < thresholds.paper_min_s
        or evidence.error.num_words <= thresholds.paper_max_words
    )
    return dropout or evidence.error.wer > thresholds.max_cer
