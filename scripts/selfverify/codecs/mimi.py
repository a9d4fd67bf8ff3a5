"""Mimi through transformers' class: codebooks of a residual quantiser, the first one semantic.

The real checkpoint is kyutai/mimi (12.5 frames a second at 24 kHz, 2,048 codes; CSM uses its 32
codebooks).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import MimiModel

from selfverify.adapters.loading import load_whole
from selfverify.codecs.base import Codec, pad_to_frames


class Mimi(Codec):
    """A Mimi checkpoint.

    The decoder is causal: zeros appended to an utterance change nothing before them, so utterances
    of any length share a batch and are cut to their own frames. On a CPU each is a batch: what a
    layer makes of one fits the cache, of 16 it does not (.19 s a clip of mini-csm, alone .07).
    """

    model_type = "mimi"

    def __init__(
        self, checkpoint: str | Path, *, device: str = "cpu", batch_size: int | None = None
    ) -> None:
        model: Any = load_whole(MimiModel, checkpoint, dtype=torch.float32)
        self.model = model.to(device).eval()
        config = self.model.config
        self.sample_rate = config.sampling_rate
        self.frame_rate = config.frame_rate
        self.hop_length = round(self.sample_rate / self.frame_rate)
        self.num_codebooks = config.num_quantizers
        self.codebook_size = config.codebook_size
        self.device = device
        self.batch_size = batch_size or (1 if device == "cpu" else 16)

    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Returns the codes (K, T) of mono audio; T is its frames, rounded up."""
        samples = torch.tensor(pad_to_frames(audio, self.hop_length), device=self.device)
        with torch.inference_mode():
            return self.model.encode(samples[None, None]).audio_codes[0].cpu().numpy()

    @torch.inference_mode()
    def _decode(self, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
        audio = []
        for start in range(0, len(codes), self.batch_size):
            batch = codes[start : start + self.batch_size]
            width = max(item.shape[1] for item in batch)
            padded = [np.pad(item, ((0, 0), (0, width - item.shape[1]))) for item in batch]
            decoded = self.model.decode(torch.tensor(np.stack(padded), device=self.device))
            for item, samples in zip(batch, decoded.audio_values[:, 0], strict=True):
                audio.append(samples[: item.shape[1] * self.hop_length].cpu().numpy())
        return audio
