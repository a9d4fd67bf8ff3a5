"""PocketSphinx with the real models of its wheel."""

import numpy as np
import pytest

from selfverify.asr import load_recogniser
from selfverify.asr.base import NOTHING_HEARD
from selfverify.metric.content import content_error


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser("pocketsphinx", "en-us")


@pytest.fixture(scope="module")
def heard(recogniser, speech):
    return recogniser.transcribe([speech[1]])[0]


def test_most_of_clear_speech_is_understood(heard, speech):
    assert content_error([speech[0]], heard.text).cer < 0.5
    assert content_error(["Steven prefers nine dark apples."], heard.text).cer > 0.5


def test_confidence_is_filled(heard):
    assert heard.avg_logprob < 0.0
    assert 0.0 < heard.no_speech_prob < 0.5
    assert 0.0 < heard.compression_ratio < 2.0


def test_a_transcript_does_not_depend_on_what_was_heard_before(recogniser, speech, heard):
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    nothing, _, again = recogniser.transcribe([np.zeros(0, np.float32), noise, speech[1]])
    assert nothing == NOTHING_HEARD
    assert again == heard


def test_a_loop_is_heard_as_often_as_it_sounds(recogniser, speech, heard):
    (looped,) = recogniser.transcribe([np.tile(speech[1], 3)])
    assert len(looped.text.split()) > 2 * len(heard.text.split())
    assert looped.compression_ratio > heard.compression_ratio


@pytest.mark.parametrize("num_samples", [1, 100, 1000])
def test_clips_too_short_for_a_word_hold_none(recogniser, num_samples):
    assert recogniser.transcribe([np.zeros(num_samples, np.float32)]) == [NOTHING_HEARD]


def test_words_of_a_given_language_model_only_are_written(speech, tmp_path):
    arpa = tmp_path / "two_words.arpa"
    arpa.write_text(
        "\\data\\\nngram 1=4\n\n\\1-grams:\n"
        "-1.0 <s>\n-1.0 </s>\n-0.5 thirty\n-0.5 blankets\n\n\\end\\\n"
    )
    (heard,) = load_recogniser("pocketsphinx", arpa).transcribe([speech[1]])
    assert set(heard.text.split()) == {"thirty", "blankets"}
