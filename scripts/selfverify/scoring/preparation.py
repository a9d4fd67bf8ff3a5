"""What a recogniser is shown of a clip: speech at one level, whatever is before and after it.

Recognisers write stock phrases under silence and spell a garbled word anew at each level and each
start. So before anything listens, voice activity included, the clip is brought to one peak and cut
to what is above `QUIET`, to the sample: digital silence added at an end, or a gain, then changes
nothing at all. What is noise and not silence is cut by voice activity, within a margin.
"""

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps

from selfverify.audio.samples import RECOGNISER_RATE

PEAK = 0.5
QUIET = 0.01 * PEAK  # 40 dB below the peak
LEAST_PEAK = float(np.finfo(np.float32).tiny)  # what is smaller cannot be scaled up: silence
EDGE_S = 0.1  # kept around what is above QUIET, zeros where the file has none
# As `audio.voice_activity` has them, for the same seconds of speech.
VOICE = VadOptions(
    threshold=0.5, min_speech_duration_ms=60, min_silence_duration_ms=200, speech_pad_ms=0
)
MARGIN_S = 0.4  # around the first and last speech, faster-whisper's own padding for its filter


def prepare(audio: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns what is shown of mono samples (num_samples,) at `RECOGNISER_RATE`, and its speech_s.

    Without speech all that is above `QUIET` is returned.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if peak < LEAST_PEAK:
        return audio[:0], 0.0
    audio = _cut(audio * (PEAK / peak))
    spans = get_speech_timestamps(audio, VOICE)
    if not spans:
        return audio, 0.0
    margin = round(MARGIN_S * RECOGNISER_RATE)
    start, end = max(0, spans[0]["start"] - margin), spans[-1]["end"] + margin
    return audio[start:end], sum(s["end"] - s["start"] for s in spans) / RECOGNISER_RATE


def _cut(audio: np.ndarray) -> np.ndarray:
    """From `EDGE_S` before the first sample above `QUIET` to as long after the last one."""
    loud = np.flatnonzero(np.abs(audio) > QUIET)
    edge = round(EDGE_S * RECOGNISER_RATE)
    start, end = int(loud[0]) - edge, int(loud[-1]) + 1 + edge
    kept = audio[max(0, start) : end]
    return np.pad(kept, (max(0, -start), max(0, end - len(audio))))
