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

    def decode(self, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Returns the audio of each utterance at its true length, float32 (num_samples,).

        Args:
            codes: one array (K, T) per utterance; T may be 0 and may differ between them.

        Raises:
            ValueError: if a code is not one of the codec's.
        """
        for item in codes:
            if not self.is_valid(item):
                raise ValueError(
                    f"codes outside 0 … {self.codebook_size - 1}; the sampler must end an "
                    "utterance at its first invalid code"
                )
        filled = iter(self._decode([item for item in codes if item.shape[1]]))
        silent = np.zeros(0, dtype=np.float32)
        return [next(filled) if item.shape[1] else silent for item in codes]

    @abstractmethod
    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Returns the codes (K, T) of mono audio (num_samples,) at `sample_rate`."""

    @abstractmethod
    def _decode(self, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """As `decode`, for codes that are valid and have at least one frame."""

    def is_valid(self, codes: np.ndarray) -> bool:
        """Whether every code is one that the codec has."""
        return bool(((codes >= 0) & (codes < self.codebook_size)).all())

    def duration_s(self, num_frames: int) -> float:
        """Seconds of audio in a number of frames."""
        return num_frames / self.frame_rate


def pad_to_frames(audio: np.ndarray, hop_length: int) -> np.ndarray:
    """Returns audio with zeros appended up to a whole number of frames, at least one."""
    num_frames = max(1, -(-len(audio) // hop_length))
    return np.pad(audio, (0, num_frames * hop_length - len(audio)))
