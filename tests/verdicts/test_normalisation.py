"""What a recogniser's normaliser drops is what a synthesiser said."""

import pytest

from selfverify.audio.pace import LIBRISPEECH_READERS, expected_seconds
from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge
from selfverify.storage.records import StopReason

LOOPS = ["Um, um, um, um, um, um, um, um.", "Mm-hmm. Mm-hmm. Mm-hmm. Mm-hmm."]


@pytest.mark.parametrize("tail", [*LOOPS, "(and then we were all very happy about that indeed)."])
def test_what_was_said_beyond_the_text_is_a_failure_fillers_and_brackets_too(tail):
    text = "Let us go now."
    expected_s = expected_seconds(text, LIBRISPEECH_READERS)
    error = content_error([text], f"{text} {tail}")
    evidence = Evidence(StopReason.EOS, 4.7, 4.0, expected_s, error, -20.0)
    assert judge(evidence, Thresholds()).failure_mode in {"repetition", "hallucination"}
