"""Speech seconds by voice activity detection (Silero, as faster-whisper ships it).

Asked before any recogniser: Whisper writes "Thank you." under silence.
"""

import numpy as np
import soxr
from faster_whisper.vad import VadOptions, get_speech_timestamps

from selfverify.asr.base import SAMPLE_RATE

# No padding around speech and a short minimum, because seconds are counted, not cut out.
_OPTIONS = VadOptions(
    threshold=0.5, min_speech_duration_ms=60, min_silence_duration_ms=200, speech_pad_ms=0
)


def to_recogniser_rate(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns mono float32 audio resampled to the recognisers' 16 kHz."""
    if sample_rate != SAMPLE_RATE:
        audio = soxr.resample(audio, sample_rate, SAMPLE_RATE)
    return np.ascontiguousarray(audio, dtype=np.float32)


def speech_seconds(audio: np.ndarray, sample_rate: int) -> float:
    """Returns how many seconds of a clip are speech."""
    audio = to_recogniser_rate(audio, sample_rate)
    if not audio.size:
        return 0.0
    spans = get_speech_timestamps(audio, _OPTIONS)
    return sum(span["end"] - span["start"] for span in spans) / SAMPLE_RATE
