"""What the trainings of the mini codecs share: clips, crops, and a loss that ignores phase."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers.audio_utils import mel_filter_bank


class TrainableCodec(nn.Module, ABC):
    """A codec of the pipeline, wrapped so that its encoder and codebooks can be trained."""

    hop_length: int  # samples a frame
    crop_frames: int  # of a training crop
    num_crops: int  # a step

    def frames(self, audio: np.ndarray) -> np.ndarray:
        """Returns what the encoder reads of audio (T · hop_length,), one row a frame."""
        return audio.reshape(-1, self.hop_length)

    @abstractmethod
    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns audio (B, T · hop_length) for frames (B, T, …), and what is added to its loss."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes the codec in the layout of the real checkpoint, in float16."""


class MelLoss(nn.Module):
    """Log-mel L1 plus spectral convergence, over several window lengths.

    Phase is free: neither term sees it. Source: multi-resolution STFT loss of Parallel WaveGAN
    (arXiv 1910.11480), on mel bands as in Vocos and DAC.
    """

    def __init__(self, sample_rate: int, windows: tuple[int, ...] = (256, 512, 1024, 2048)) -> None:
        super().__init__()
        self.windows = windows
        for window in windows:
            bank = mel_filter_bank(
                window // 2 + 1, min(80, window // 8), 0.0, sample_rate / 2, sample_rate
            )
            self.register_buffer(f"bank_{window}", torch.tensor(bank, dtype=torch.float32))
            self.register_buffer(f"hann_{window}", torch.hann_window(window))

    def forward(self, audio: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Returns the mean loss of audio (B, S) against target (B, S)."""
        total = audio.new_zeros(())
        for window in self.windows:
            mel, goal = self._mel(audio, window), self._mel(target, window)
            log_l1 = (mel.clamp(min=1e-4).log() - goal.clamp(min=1e-4).log()).abs().mean()
            convergence = (mel - goal).norm() / goal.norm().clamp(min=1e-3)
            total = total + log_l1 + 0.5 * convergence
        return total / len(self.windows)

    def _mel(self, audio: torch.Tensor, window: int) -> torch.Tensor:
        spectrum = torch.stft(
            audio, window, window // 4, window=self.get_buffer(f"hann_{window}"),
            return_complex=True,
        )  # fmt: skip
        magnitude = (spectrum.real.square() + spectrum.imag.square() + 1e-9).sqrt()
        return torch.einsum("bft,fm->bmt", magnitude, self.get_buffer(f"bank_{window}"))


@dataclass(frozen=True)
class CodecClip:
    """A training clip: audio (T · hop_length,) and what the encoder reads of it (T, …)."""

    audio: np.ndarray
    frames: np.ndarray

    @property
    def hop_length(self) -> int:
        """Samples a frame."""
        return len(self.audio) // len(self.frames)


def draw_crops(
    clips: list[CodecClip], rng: np.random.Generator, *, num_crops: int, num_frames: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns frames (B, T, …) and audio (B, T · hop_length) of random crops of random clips."""
    frames, audio = [], []
    for index in rng.integers(len(clips), size=num_crops):
        clip = clips[index]
        start = int(rng.integers(max(1, len(clip.frames) - num_frames + 1)))
        frames.append(clip.frames[start : start + num_frames])
        audio.append(clip.audio[start * clip.hop_length : (start + num_frames) * clip.hop_length])
    return torch.tensor(np.stack(frames)), torch.tensor(np.stack(audio))
