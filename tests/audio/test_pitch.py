"""Pitch against tones whose pitch is known."""

import numpy as np
import pytest

from selfverify.audio.pitch import pitch_of

RATE = 16_000


def voice(frequencies_hz, amplitude=0.3):
    """Four harmonics of a frequency per sample."""
    phase = 2 * np.pi * np.cumsum(frequencies_hz) / RATE
    harmonics = [np.sin(k * phase) / k for k in range(1, 5)]
    return amplitude * np.sum(harmonics, axis=0).astype(np.float32)


@pytest.mark.parametrize(("hz", "semitones"), [(100, 0), (200, 12), (150, 7.02)])
def test_a_steady_voice(hz, semitones):
    median, spread = pitch_of(voice(np.full(RATE, hz)), RATE)
    assert median == pytest.approx(semitones, abs=0.05)
    assert spread < 0.1


def test_the_spread_of_two_pitches_an_octave_apart():
    halves = np.repeat([100.0, 200.0], RATE)
    assert pitch_of(voice(halves), RATE)[1] == pytest.approx(6, abs=0.2)


@pytest.mark.parametrize("num_samples", [0, 1, 500, RATE])
def test_silence_has_no_pitch(num_samples):
    assert pitch_of(np.zeros(num_samples, dtype=np.float32), RATE) is None
