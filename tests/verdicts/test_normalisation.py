"""What sounds the same is equal, what sounds different is not, on both sides."""

import pytest

from selfverify.audio.pace import LIBRISPEECH_READERS, expected_seconds
from selfverify.metric.content import content_error
from selfverify.metric.taxonomy import Evidence, Thresholds, judge
from selfverify.storage.records import StopReason

SAME = [
    ("Drive at 50 mph.", "Drive at 50 miles per hour."),
    (
        "I weigh 70 kg and run 10 km/h.",
        "I weigh seventy kilograms and run ten kilometers per hour.",
    ),
    ("It is 32°F outside.", "It is thirty-two degrees Fahrenheit outside."),
    ("He ran 5 km in 20 min.", "He ran five kilometers in twenty minutes."),
    ("The file is 5 MB.", "The file is five megabytes."),
    ("The rod is 20mm long.", "The rod is twenty millimeters long."),
    ("The track is five kilometers long.", "The track is 5km long."),
    ("It weighs 1 kg.", "It weighs one kilogram."),
    ("one hundred and one", "101"),
    ("Version three point one is out.", "Version 3.1 is out."),
    ("The rate rose by one percent.", "The rate rose by 1%."),
    ("Pay me one dollar.", "Pay me $1."),
    ("Call 919-696-3901", "Call (919) 696-3901."),
    ("<laugh> No way! <gasp>", "No way!"),
    ("<sigh> Fine. <groan>", "Fine."),
    ("[inquisitive] What have we here?", "What have we here?"),
    ('<speak>Hi <break time="500ms"/> there</speak>', "Hi there."),
    ("Um, uh, mm-hmm.", "Um, uh, mm-hmm."),
    ("Hmm.", "Hmm."),
]
DIFFERENT = [
    ("Version three point one is out.", "Version thirty-one is out."),
    ("The rate rose by one percent.", "The rate rose by one."),
    ("Pay me one dollar.", "Pay me one."),
    ("Pay me one pound: £1.", "Pay me one pound: one."),
    ("We walked 3.1 miles.", "We walked thirty-one miles."),
    ("It rose two point five percent.", "It rose 25%."),
    ("He won the national cup. <crying>", "He won the national cup. Crying."),
    ("Let us go now.", "Let us go now, um."),
]
LOOPS = ["Um, um, um, um, um, um, um, um.", "Mm-hmm. Mm-hmm. Mm-hmm. Mm-hmm."]


@pytest.mark.parametrize(("text", "heard"), SAME)
def test_what_sounds_the_same_has_no_error(text, heard):
    assert content_error([text], heard).cer == 0.0


@pytest.mark.parametrize(("text", "heard"), DIFFERENT)
def test_what_sounds_different_has_an_error(text, heard):
    assert content_error([text], heard).cer > 0.0


@pytest.mark.parametrize("tail", [*LOOPS, "(and then we were all very happy about that indeed)."])
def test_what_was_said_beyond_the_text_is_a_failure_fillers_and_brackets_too(tail):
    text = "Let us go now."
    expected_s = expected_seconds(text, LIBRISPEECH_READERS)
    error = content_error([text], f"{text} {tail}")
    evidence = Evidence(StopReason.EOS, 4.7, 4.0, expected_s, error, -20.0)
    assert judge(evidence, Thresholds()).failure_mode in {"repetition", "hallucination"}
