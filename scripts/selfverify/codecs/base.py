"""What a neural codec is to the pipeline; words and properties as moshi's `CompressionModel`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np


class Codec(ABC):
    """Codes to audio, and audio to codes, for one checkpoint.

    Codes are integers of shape (K codebooks, T frames), each in `0 <= code < codebook_size`.
    """

    sample_rate: int  # Hz
    frame_rate: float  # Hz
    num_codebooks: int
    codebook_size: int  # entries of a codebook

    @abstractmethod
    def decode(self, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Returns the audio of each utterance at its true length, float32 (num_samples,).

        Args:
            codes: one array (K, T) per utterance; T may be 0 and may differ between them.
        """

    @abstractmethod
    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Returns the codes (K, T) of mono audio (num_samples,) at `sample_rate`."""

    def is_valid(self, codes: np.ndarray) -> bool:
        """Whether every code is one that the codec has."""
        return bool(((codes >= 0) & (codes < self.codebook_size)).all())

    def duration_s(self, num_frames: int) -> float:
        """Seconds of audio in a number of frames."""
        return num_frames / self.frame_rate
