"""The pitch of a clip, by Praat's autocorrelation (Boersma 1993), as Parselmouth runs it."""

import numpy as np
import parselmouth

# Praat's floor. Up to its ceiling of 600 Hz harmonics pass for pitch, though the voice stays below
# 300: the median of a voice at 90 Hz rises by 7 semitones through the first mini codec, with a
# ceiling of 400 Hz by 1.
FLOOR_HZ, CEILING_HZ = 75.0, 400.0
STEP_S = 0.01
MIN_VOICED_FRAMES = 20  # a fifth of a second; of less nothing is said
REFERENCE_HZ = 100.0  # 0 semitones


def pitch_of(audio: np.ndarray, sample_rate: int) -> tuple[float, float] | None:
    """Returns median and standard deviation in semitones of mono samples (num_samples,)."""
    if len(audio) < 4 * sample_rate / FLOOR_HZ:  # Praat wants three periods of the lowest pitch
        return None
    sound = parselmouth.Sound(audio.astype(np.float64), sample_rate)
    track = sound.to_pitch_ac(STEP_S, FLOOR_HZ, pitch_ceiling=CEILING_HZ)
    frequency = track.selected_array["frequency"]
    voiced = frequency[frequency > 0]
    if len(voiced) < MIN_VOICED_FRAMES:
        return None
    semitones = 12 * np.log2(voiced / REFERENCE_HZ)
    return float(np.median(semitones)), float(np.std(semitones))
