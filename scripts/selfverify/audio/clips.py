"""From samples to a row of an audio table."""

import numpy as np

from selfverify.audio.samples import encode_flac, rms_db
from selfverify.audio.voice_activity import speech_seconds
from selfverify.storage.records import Clip, StopReason


def describe_clip(
    utterance_id: str,
    candidate_index: int,
    audio: np.ndarray,
    sample_rate: int,
    stop_reason: StopReason = StopReason.EOS,
) -> Clip:
    """Returns the clip of mono samples (num_samples,), with its measures."""
    return Clip(
        utterance_id=utterance_id,
        candidate_index=candidate_index,
        audio={"bytes": encode_flac(audio, sample_rate), "path": None} if audio.size else None,
        sample_rate=sample_rate,
        duration_s=len(audio) / sample_rate,
        speech_s=speech_seconds(audio, sample_rate),
        rms_db=rms_db(audio),
        stop_reason=stop_reason,
    )
