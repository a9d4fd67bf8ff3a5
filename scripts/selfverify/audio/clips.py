"""From samples to a row of an audio table."""

import numpy as np

from selfverify.audio.samples import check_samples, encode_flac, rms_db
from selfverify.audio.voice_activity import speech_seconds
from selfverify.errors import InputError
from selfverify.storage.records import Clip, StopReason


def describe_clip(
    utterance_id: str,
    candidate_index: int,
    audio: np.ndarray,
    sample_rate: int,
    stop_reason: StopReason = StopReason.EOS,
) -> Clip:
    """Returns the clip of mono samples (num_samples,), with its measures.

    Raises:
        InputError: names the candidate if a sample is no number.
    """
    try:
        check_samples(audio)
    except InputError as error:
        raise InputError(f"{utterance_id}, candidate {candidate_index}: {error}") from None
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
