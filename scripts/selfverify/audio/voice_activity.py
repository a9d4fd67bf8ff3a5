"""Speech seconds by voice activity detection (Silero, as faster-whisper ships it).

Asked before any recogniser: Whisper writes "Thank you." under silence.
"""

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps

from selfverify.audio.samples import RECOGNISER_RATE, to_recogniser_rate

# No padding around speech and a short minimum, because seconds are counted, not cut out.
_OPTIONS = VadOptions(
    threshold=0.5, min_speech_duration_ms=60, min_silence_duration_ms=200, speech_pad_ms=0
)


def speech_seconds(audio: np.ndarray, sample_rate: int) -> float:
    """Returns how many seconds of a clip are speech."""
    audio = to_recogniser_rate(audio, sample_rate)
    if not audio.size:
        return 0.0
    spans = get_speech_timestamps(audio, _OPTIONS)
    return sum(span["end"] - span["start"] for span in spans) / RECOGNISER_RATE
