"""Clips to transcripts: what has speech is recognised in batches, what has none is not."""

from collections.abc import Sequence

import numpy as np

from selfverify.asr.base import NOTHING_HEARD, Hypothesis, Recogniser
from selfverify.audio import decode_flac, to_recogniser_rate
from selfverify.progress import progress
from selfverify.records import Clip, Transcript


def transcribe_clips(
    recogniser: Recogniser, clips: Sequence[Clip], *, min_speech_s: float, name: str
) -> list[Transcript]:
    """Returns a transcript per clip, in their order.

    Args:
        recogniser: what listens; its batches hold clips of similar length.
        clips: with their seconds of speech.
        min_speech_s: a clip with less is not shown to the recogniser, which would invent words.
        name: for the progress lines.
    """
    spoken = [i for i, clip in enumerate(clips) if clip.speech_s >= min_speech_s]
    spoken.sort(key=lambda i: clips[i].duration_s)
    heard = dict.fromkeys(range(len(clips)), NOTHING_HEARD)
    bar = progress(name=f"transcribe {name}", total=len(spoken), unit="clip")
    for start in range(0, len(spoken), recogniser.batch_size):
        batch = spoken[start : start + recogniser.batch_size]
        hypotheses = recogniser.transcribe([_waveform(clips[i]) for i in batch])
        heard |= zip(batch, hypotheses, strict=True)
        bar.update(len(batch))
    bar.close()
    return [_transcript(clip, heard[i]) for i, clip in enumerate(clips)]


def _waveform(clip: Clip) -> np.ndarray:
    assert clip.audio is not None  # it has speech
    return to_recogniser_rate(*decode_flac(clip.audio["bytes"]))


def _transcript(clip: Clip, hypothesis: Hypothesis) -> Transcript:
    return Transcript(
        utterance_id=clip.utterance_id,
        candidate_index=clip.candidate_index,
        hypothesis=hypothesis.text,
        avg_logprob=hypothesis.avg_logprob,
        no_speech_prob=hypothesis.no_speech_prob,
        compression_ratio=hypothesis.compression_ratio,
    )
