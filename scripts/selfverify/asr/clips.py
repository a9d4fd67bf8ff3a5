"""Clips to transcripts: what has speech is recognised in batches, what has none is not."""

from collections.abc import Iterator, Sequence

import numpy as np

from selfverify.asr.base import NOTHING_HEARD, Hypothesis, Recogniser
from selfverify.audio.samples import decode_flac, to_recogniser_rate
from selfverify.storage.records import Clip, Transcript
from selfverify.workflow.progress import progress


def transcribe_clips(
    recogniser: Recogniser, clips: Sequence[Clip], *, min_speech_s: float, name: str
) -> list[Transcript]:
    """Returns a transcript per clip, in their order; `name` is for the progress lines.

    The rest is as for `transcribe_batches`.
    """
    batches = transcribe_batches(recogniser, clips, min_speech_s=min_speech_s)
    bar = progress(batches, name=f"transcribe {name}", total=len(clips), unit="clip")
    heard = dict(bar)
    return [_transcript(clip, heard[i]) for i, clip in enumerate(clips)]


def transcribe_batches(
    recogniser: Recogniser, clips: Sequence[Clip], *, min_speech_s: float
) -> Iterator[tuple[int, Hypothesis]]:
    """Yields every clip's index and hypothesis once it is known, clips without speech first.

    Args:
        recogniser: what listens; its batches hold clips of similar length.
        clips: with their seconds of speech.
        min_speech_s: a clip with less is not shown to the recogniser, which would invent words.
    """
    spoken = [i for i, c in enumerate(clips) if c.audio and c.speech_s >= min_speech_s]
    yield from ((i, NOTHING_HEARD) for i in sorted(set(range(len(clips))) - set(spoken)))
    spoken.sort(key=lambda i: clips[i].duration_s)
    for start in range(0, len(spoken), recogniser.batch_size):
        batch = spoken[start : start + recogniser.batch_size]
        hypotheses = recogniser.transcribe([_waveform(clips[i]) for i in batch])
        yield from zip(batch, hypotheses, strict=True)


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
