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
    spans = speech_spans(to_recogniser_rate(audio, sample_rate))
    return sum(end - start for start, end in spans) / RECOGNISER_RATE


def speech_spans(audio: np.ndarray) -> list[tuple[int, int]]:
    """Returns where speech starts and ends, in samples at `RECOGNISER_RATE`, as `audio` has."""
    if not audio.size:
        return []
    return [(span["start"], span["end"]) for span in get_speech_timestamps(audio, _OPTIONS)]
