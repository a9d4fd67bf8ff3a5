"""What a recogniser is to the pipeline: clips in, transcripts out, one per clip.

It is never shown a reference text, decodes at temperature 0 in a fixed language without carrying
text from one window to the next, and hears the whole clip: beyond its window it reads on.
"""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from selfverify.audio.samples import RECOGNISER_RATE
from selfverify.errors import InputError

WINDOW_S = 30.0  # Whisper's; longer clips take the long-form path


@dataclass(frozen=True)
class Hypothesis:
    """What was heard in a clip, with the recogniser's own confidence."""

    text: str
    avg_logprob: float  # mean over tokens, nats
    no_speech_prob: float  # NaN where a recogniser has none
    compression_ratio: float  # gzip; loops compress well


NOTHING_HEARD = Hypothesis("", avg_logprob=0.0, no_speech_prob=1.0, compression_ratio=0.0)


class Recogniser(ABC):
    """A speech recogniser with its weights."""

    weights_file = "model.bin"  # whose checksum counts where the model is a folder
    can_shorten_window = False  # whether `padding_s` means something to it

    def __init__(
        self, *, language: str = "en", batch_size: int = 16, padding_s: float = 0.0
    ) -> None:
        if padding_s and not self.can_shorten_window:
            raise InputError(
                f"padding_s: the window of {type(self).__name__} cannot be shortened; leave it out"
            )
        self.language = language
        self.batch_size = batch_size
        self.padding_s = padding_s

    def transcribe(self, clips: Sequence[np.ndarray]) -> list[Hypothesis]:
        """Returns one hypothesis per clip (float32 samples at `RECOGNISER_RATE`).

        Clips that fit the window go through in one batch; longer ones one by one.
        """
        window = int(WINDOW_S * RECOGNISER_RATE)
        short = [i for i, clip in enumerate(clips) if 0 < len(clip) <= window]
        heard = (
            dict(zip(short, self._short([clips[i] for i in short]), strict=True)) if short else {}
        )
        for i, clip in enumerate(clips):
            if i not in heard:
                heard[i] = self._long(clip) if len(clip) else NOTHING_HEARD
        return [heard[i] for i in range(len(clips))]

    @abstractmethod
    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        """Hypotheses of clips no longer than the window, as one batch."""

    @abstractmethod
    def _long(self, clip: np.ndarray) -> Hypothesis:
        """Hypothesis of a clip of any length."""


def compression_ratio(text: str) -> float:
    """Returns bytes of text over bytes of the same by gzip, as Whisper's packages do."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))


def join_segments(segments: Sequence[Hypothesis]) -> Hypothesis:
    """Returns one hypothesis for the segments of a clip: texts joined, confidences averaged.

    Of the compression ratios the largest counts: one looping segment is a looping clip.
    """
    if not segments:
        return NOTHING_HEARD
    return Hypothesis(
        text=" ".join(segment.text.strip() for segment in segments).strip(),
        avg_logprob=float(np.mean([segment.avg_logprob for segment in segments])),
        no_speech_prob=float(np.mean([segment.no_speech_prob for segment in segments])),
        compression_ratio=max(segment.compression_ratio for segment in segments),
    )
