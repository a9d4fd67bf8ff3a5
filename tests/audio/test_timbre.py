"""Timbre: a voice is near itself, whatever its words and loudness, and far from another."""

import numpy as np
import pytest
from scipy.signal import butter, lfilter

from selfverify.audio.timbre import NUM_COEFFICIENTS, cepstrum_of

RATE = 16_000


def distance(first, second):
    return np.linalg.norm(cepstrum_of(first, RATE) - cepstrum_of(second, RATE))


def test_loudness_is_no_timbre(speech):
    assert cepstrum_of(speech[1], RATE).shape == (NUM_COEFFICIENTS,)
    assert distance(speech[1], 0.1 * speech[1]) < 1


def test_the_order_of_words_is_no_timbre_and_a_telephone_is(speech):
    whole = speech[1]
    first, second = np.array_split(whole, 2)
    telephone = lfilter(*butter(1, [300, 3400], "band", fs=RATE), whole)
    assert distance(whole, np.concatenate([second, first])) < 5 < 50 < distance(whole, telephone)


@pytest.mark.parametrize("audio", [np.zeros(RATE), np.zeros(0), np.ones(100)])
def test_of_too_little_nothing_is_measured(audio):
    assert cepstrum_of(audio.astype(np.float32), RATE) is None
