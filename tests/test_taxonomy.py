"""Tables for the failure classes: what was observed, which class."""

from dataclasses import replace

import pytest

from selfverify.metric.content import ContentError
from selfverify.metric.taxonomy import RULES, Evidence, Thresholds, judge
from selfverify.records import FailureMode, StopReason

THRESHOLDS = Thresholds(
    max_cer=0.5, min_speech_s=0.25, min_speech_share=0.1, early_speech_share=0.7,
    early_min_words=3, early_word_share=0.3, runaway_share=2.5,
    paper_min_s=0.5, paper_max_words=1,
)  # fmt: skip
RIGHT = Evidence(
    StopReason.EOS, duration_s=2.4, speech_s=2.1, expected_s=2.4,
    error=ContentError(0.0, 0.0, 5, 5, 0),
)  # fmt: skip
WRONG = ContentError(0.9, 1.0, num_words=4, num_reference_words=5, num_missing_at_end=0)


def with_error(cer, wer, num_words, missing=0):
    return replace(RIGHT, error=ContentError(cer, wer, num_words, 5, missing))


@pytest.mark.parametrize(
    ("evidence", "mode"),
    [
        (RIGHT, FailureMode.OK),
        (with_error(0.5, 0.8, 5), FailureMode.OK),  # at the limit, not over
        (with_error(0.51, 0.8, 5), FailureMode.CONTENT_COLLAPSE),
        (replace(RIGHT, duration_s=0.0, speech_s=0.0, error=WRONG), FailureMode.EMPTY),
        (replace(RIGHT, speech_s=0.2, error=WRONG), FailureMode.SILENCE),
        # Whisper invents the right words under silence: still silence.
        (replace(RIGHT, speech_s=0.0), FailureMode.SILENCE),
        (replace(with_error(0.6, 0.6, 2, 3), speech_s=0.9), FailureMode.EARLY_TERMINATION),
        # Two of five words are not yet an end cut off, nor is a cut transcript of long speech.
        (replace(with_error(0.4, 0.4, 3, 2), speech_s=0.9), FailureMode.OK),
        (with_error(0.5, 0.6, 2, 3), FailureMode.OK),
        # Fast speech that says everything is no early termination.
        (replace(RIGHT, duration_s=1.5, speech_s=1.2), FailureMode.OK),
        (replace(RIGHT, duration_s=6.1), FailureMode.RUNAWAY),
        (replace(RIGHT, stop_reason=StopReason.CAP), FailureMode.RUNAWAY),
    ],
)
def test_first_matching_rule_gives_the_class(evidence, mode):
    verdict = judge(evidence, THRESHOLDS)
    assert verdict.failure_mode is mode
    assert verdict.is_catastrophic == (mode is not FailureMode.OK)


def test_every_rule_is_stored_as_a_flag():
    verdict = judge(replace(RIGHT, duration_s=7.0, error=WRONG), THRESHOLDS)
    assert verdict.flags == {
        mode.value: mode.value in ("runaway", "content_collapse") for mode in RULES
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
