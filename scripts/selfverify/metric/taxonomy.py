"""What counts as a catastrophic failure, and of which kind.

Rules are in seconds and relative to the expected duration, never in tokens: 25 tokens are half a
second of XCodec2 and two seconds of Mimi. All rules are stored as flags; the first that matches, in
the order of `RULES`, gives the class, and what matches none is ok. Empty and silent audio is judged
without its transcript, because recognisers invent one.

Sources of the thresholds. Half of the characters wrong is the field's limit (seed-tts-eval counts
word errors above .5). 2.5 times the expected duration lies between the limits that others publish,
2 (transcript to text, Dograh's verbalization benchmark) and 4 (tokens to text, loudkit). -60 dB is
a thousandth of full scale. An end is missing from two words on, or 30 % of a longer text: seconds
and words have to agree, and of five words two are much. With three, as a text of ten words would
have it, half a sentence passes (of 16 clips of the training corpus cut in half 12 were flagged, all
with two). Three words are the least that make a phrase said again: one or two are within a
recogniser's own errors; half of them have to be repeated as they were, since it mishears the words
around a splice. Four words inserted in a row are a clause, or a quarter of a long text; deletions
and insertions as two failures are those of Non-Attentive Tacotron (arXiv 2010.04301).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan, nan

from selfverify.metric.content import ContentError
from selfverify.storage.records import FailureMode, StopReason, Verdict


@dataclass(frozen=True)
class Thresholds:
    """The metric's numbers, the same for every system: the defaults are those of `params.yaml`."""

    max_cer: float = 0.5  # content: above it, the clip says something else
    min_speech_s: float = 0.25  # silence: less speech than this
    min_speech_share: float = 0.1  # silence: or than this share of the expected duration
    min_rms_db: float = -60.0  # silence: or a whole clip below this level
    early_speech_share: float = 0.7  # early termination: speech below this share of the expected
    early_min_words: int = 2  # and at least so many words missing at the end
    early_word_share: float = 0.3  # and at least this share of all words
    runaway_share: float = 2.5  # runaway: longer than this multiple of the expected duration
    repeat_min_words: int = 3  # repetition: at least so many words too many in a row
    repeat_share: float = 0.5  # and this share of them a phrase said more often than it is written
    insert_min_words: int = 4  # hallucination: at least so many words too many
    insert_word_share: float = 0.25  # in a row, and of the text's words
    insert_length_share: float = 0.5  # or anywhere, and of the text's words
    min_hits: float = 0.5  # both: heard share of the text, where cut: of what is left of it
    paper_min_s: float = 0.5  # the paper's dropout rule: less audio than this
    paper_max_words: int = 1  # or a transcript of at most this many words


@dataclass(frozen=True)
class Evidence:
    """All that a verdict looks at; audio that could not be read has seconds that are not a number.

    `error` is None where there is no transcript, which is not the same as an empty one.
    """

    stop_reason: StopReason
    duration_s: float
    speech_s: float
    expected_s: float
    error: ContentError | None
    rms_db: float = 0.0


def _is_empty(e: Evidence, _: ContentError, t: Thresholds) -> bool:
    return e.duration_s == 0.0


def _is_silent(e: Evidence, _: ContentError, t: Thresholds) -> bool:
    is_short = e.speech_s < max(t.min_speech_s, t.min_speech_share * e.expected_s)
    return is_short or e.rms_db < t.min_rms_db


def _ends_early(e: Evidence, error: ContentError, t: Thresholds) -> bool:
    # Fast but complete speech is no failure: the end must be missing as well.
    enough = max(t.early_min_words, t.early_word_share * error.num_reference_words)
    is_short = e.speech_s < t.early_speech_share * e.expected_s
    is_cut = error.num_missing_at_end >= enough and e.stop_reason != StopReason.CAP
    return is_short and is_cut and _is_text(error, t, without=error.num_missing_at_end)


def _runs_away(e: Evidence, _: ContentError, t: Thresholds) -> bool:
    return e.stop_reason == StopReason.CAP or e.duration_s > t.runaway_share * e.expected_s


def _repeats(_: Evidence, error: ContentError, t: Thresholds) -> bool:
    num_inserted = error.num_inserted_in_row
    is_again = error.num_repeated >= t.repeat_share * num_inserted
    return num_inserted >= t.repeat_min_words and is_again


def _hallucinates(_: Evidence, error: ContentError, t: Thresholds) -> bool:
    num_words = error.num_reference_words
    in_row = max(t.insert_min_words, t.insert_word_share * num_words)
    in_all = max(t.insert_min_words, t.insert_length_share * num_words)
    is_added_to = error.num_inserted_in_row >= in_row or error.num_words - num_words >= in_all
    return is_added_to and _is_text(error, t)


def _is_text(error: ContentError, t: Thresholds, without: int = 0) -> bool:
    """Whether the text is there, but for its last words: else it is not cut but replaced."""
    return error.num_hits >= t.min_hits * (error.num_reference_words - without)


def _collapses(_: Evidence, error: ContentError, t: Thresholds) -> bool:
    return error.cer > t.max_cer


def _has_errors(_: Evidence, error: ContentError, t: Thresholds) -> bool:
    return error.cer > 0.0


RULES: dict[FailureMode, Callable[[Evidence, ContentError, Thresholds], bool]] = {
    FailureMode.EMPTY: _is_empty,
    FailureMode.SILENCE: _is_silent,
    FailureMode.EARLY_TERMINATION: _ends_early,
    FailureMode.RUNAWAY: _runs_away,
    FailureMode.REPETITION: _repeats,
    FailureMode.HALLUCINATION: _hallucinates,
    FailureMode.CONTENT_COLLAPSE: _collapses,
    FailureMode.MINOR: _has_errors,
}


def judge(evidence: Evidence, thresholds: Thresholds) -> Verdict:
    """Returns the verdict on one candidate by one recogniser's transcript.

    Without transcript or measures it is a pipeline error, which is not the system's: no rule is
    asked, and error rates are not a number.
    """
    error = evidence.error
    if error is None or isnan(evidence.duration_s + evidence.speech_s + evidence.rms_db):
        flags = {FailureMode.PIPELINE_ERROR.value: True} | {mode.value: False for mode in RULES}
        return Verdict(nan, nan, FailureMode.PIPELINE_ERROR, is_catastrophic=False, flags=flags)
    flags = {FailureMode.PIPELINE_ERROR.value: False}
    flags |= {mode.value: rule(evidence, error, thresholds) for mode, rule in RULES.items()}
    mode = next((FailureMode(name) for name, flag in flags.items() if flag), FailureMode.OK)
    return Verdict(
        cer=error.cer,
        wer=error.wer,
        failure_mode=mode,
        is_catastrophic=mode.is_catastrophic,
        flags=flags,
        paper_metric=is_failure_by_paper(evidence.duration_s, error, thresholds),
    )


def is_failure_by_paper(duration_s: float, error: ContentError, thresholds: Thresholds) -> bool:
    """Whether arXiv 2606.18323 would count a failure: dropout, or a high word error rate.

    Its dropout is fewer than 25 speech tokens, here the half second that they last at XCodec2's 50
    a second, or a transcript of at most one word. Its threshold of the error rate is not published;
    the field's .5 (seed-tts-eval) stands in.
    """
    dropout = duration_s < thresholds.paper_min_s or error.num_words <= thresholds.paper_max_words
    return dropout or error.wer > thresholds.max_cer


def verdict_columns(verdict: Verdict) -> dict[str, object]:
    """Returns a verdict as columns of a table, each rule's word as `flag_{failure mode}`."""
    flags = {f"flag_{name}": flag for name, flag in verdict.flags.items()}
    return {
        "cer": verdict.cer,
        "wer": verdict.wer,
        "failure_mode": verdict.failure_mode.value,
        "is_catastrophic": verdict.is_catastrophic,
        "paper_metric": verdict.paper_metric,
        **flags,
    }
