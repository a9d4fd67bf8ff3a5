"""Tables for the failure classes: what was observed, which class."""

from dataclasses import replace
from math import isnan, nan

import pytest

from selfverify.metric.content import ContentError, content_error
from selfverify.metric.taxonomy import RULES, Evidence, judge
from selfverify.storage.records import FailureMode, StopReason
from thresholds import THRESHOLDS

RIGHT = Evidence(
    StopReason.EOS, duration_s=2.4, speech_s=2.1, expected_s=2.4,
    error=ContentError(0.0, 0.0, 5, 5, 0, num_hits=5), rms_db=-20.0,
)  # fmt: skip
WRONG = ContentError(0.9, 1.0, num_words=4, num_reference_words=5, num_missing_at_end=0)
TEXT = "Peter has two old desks in the garden"


def with_error(cer, wer, num_words, missing=0):
    return replace(RIGHT, error=ContentError(cer, wer, num_words, 5, missing, num_hits=5 - missing))


def heard(hypothesis, text=TEXT, **changes):
    return replace(RIGHT, error=content_error([text], hypothesis), **changes)


@pytest.mark.parametrize(
    ("evidence", "mode"),
    [
        (RIGHT, FailureMode.OK),
        (with_error(0.5, 0.8, 5), FailureMode.MINOR),  # at the limit, not over
        (with_error(0.51, 0.8, 5), FailureMode.CONTENT_COLLAPSE),
        (replace(RIGHT, duration_s=0.0, speech_s=0.0, error=WRONG), FailureMode.EMPTY),
        (replace(RIGHT, speech_s=0.2, error=WRONG), FailureMode.SILENCE),
        (replace(RIGHT, rms_db=-61.0), FailureMode.SILENCE),
        (replace(with_error(0.6, 0.6, 2, 3), speech_s=0.9), FailureMode.EARLY_TERMINATION),
        (replace(with_error(0.4, 0.4, 3, 2), speech_s=0.9), FailureMode.EARLY_TERMINATION),
        # One of five words is not yet an end cut off, nor is a cut transcript of long speech.
        (replace(with_error(0.4, 0.4, 4, 1), speech_s=0.9), FailureMode.MINOR),
        (with_error(0.5, 0.6, 2, 3), FailureMode.MINOR),
        # Fast speech that says everything is no early termination.
        (replace(RIGHT, duration_s=1.5, speech_s=1.2), FailureMode.OK),
        (replace(RIGHT, duration_s=6.1), FailureMode.RUNAWAY),
        (replace(RIGHT, stop_reason=StopReason.CAP), FailureMode.RUNAWAY),
        (heard("Peter has two old desks has two old desks in the garden"), FailureMode.REPETITION),
        # The word at the splice is misheard.
        (heard("Peter has two old desks and old desks in the garden"), FailureMode.REPETITION),
        (heard("Peter has two old old desks in the garden"), FailureMode.MINOR),
        (heard("no no no no no no no no no", "no no no"), FailureMode.REPETITION),
        (heard("no no no", "no no no"), FailureMode.OK),
        (heard(f"{TEXT} thank you for watching"), FailureMode.HALLUCINATION),
        (heard(f"Hello {TEXT} thank you"), FailureMode.MINOR),
        # An insertion that shares some words with the text is no repetition of it.
        (heard(f"{TEXT} and Susan sold pretty lamps in the garden"), FailureMode.HALLUCINATION),
        # Another text instead, shorter or longer, is not cut and adds nothing to the right one.
        (heard("well I really think that she would sing so much better at home", TEXT),
         FailureMode.CONTENT_COLLAPSE),
        (heard("Susan sold two red lamps", speech_s=1.0), FailureMode.CONTENT_COLLAPSE),
        (replace(RIGHT, error=None), FailureMode.PIPELINE_ERROR),
        (replace(RIGHT, duration_s=nan), FailureMode.PIPELINE_ERROR),
    ],
)  # fmt: skip
def test_first_matching_rule_gives_the_class(evidence, mode):
    verdict = judge(evidence, THRESHOLDS)
    assert verdict.failure_mode is mode
    assert verdict.is_catastrophic == (mode.value not in ("pipeline_error", "minor", "ok"))


@pytest.mark.parametrize(
    "hypothesis", ["", "Thank you.", "Thanks for watching!", TEXT, f"{TEXT} {TEXT}", "a " * 200]
)
@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"duration_s": 0.0, "speech_s": 0.0, "rms_db": -100.0}, FailureMode.EMPTY),
        ({"speech_s": 0.0}, FailureMode.SILENCE),
        ({"speech_s": 0.0, "rms_db": -100.0}, FailureMode.SILENCE),
        ({"speech_s": 0.0, "duration_s": 45.0}, FailureMode.SILENCE),
    ],
)
def test_silence_and_thank_you_is_silence(hypothesis, changes, mode):
    """Empty or silent audio passes under no output of a recogniser."""
    assert judge(heard(hypothesis, **changes), THRESHOLDS).failure_mode is mode


@pytest.mark.parametrize("hypothesis", ["", TEXT, f"{TEXT} " * 3])
def test_a_45_s_clip_is_a_runaway_whatever_was_heard_of_it(hypothesis):
    verdict = judge(heard(hypothesis, duration_s=45.0, speech_s=40.0), THRESHOLDS)
    assert verdict.failure_mode is FailureMode.RUNAWAY


def test_cut_tail_is_early_termination():
    evidence = heard("Peter has two old desk", duration_s=1.4, speech_s=1.2)
    assert judge(evidence, THRESHOLDS).failure_mode is FailureMode.EARLY_TERMINATION


def test_a_pipeline_error_asks_no_rule_and_has_no_error_rate():
    verdict = judge(replace(RIGHT, error=None), THRESHOLDS)
    assert isnan(verdict.cer)
    assert verdict.flags == {mode.value: False for mode in RULES} | {"pipeline_error": True}


def test_every_rule_is_stored_as_a_flag():
    verdict = judge(replace(RIGHT, duration_s=7.0, error=WRONG), THRESHOLDS)
    assert verdict.flags == {"pipeline_error": False} | {
        mode.value: mode.value in ("runaway", "content_collapse", "minor") for mode in RULES
    }


@pytest.mark.parametrize(
    ("evidence", "fails"),
    [
        (RIGHT, False),
        (replace(RIGHT, duration_s=0.49), True),
        (with_error(0.4, 0.4, 1), True),
        (with_error(0.4, 0.6, 5), True),
        (replace(RIGHT, stop_reason=StopReason.CAP), False),  # the paper has no runaway
    ],
)
def test_the_papers_rule_is_dropout_or_word_error(evidence, fails):
    assert judge(evidence, THRESHOLDS).paper_metric is fails
