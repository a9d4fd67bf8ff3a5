"""XCodec2 through transformers' class: one codebook, 50 codes a second at 16 kHz.

The real checkpoint is HKUSTAudio/xcodec2-hf (FSQ of 8 dimensions × 4 levels, 65,536 codes).
Encoding uses SeamlessM4TFeatureExtractor, which needs no torchaudio and which the real codec was
trained with; Xcodec2FeatureExtractor computes the same with torchaudio.
"""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import SeamlessM4TFeatureExtractor, Xcodec2Model

from selfverify.adapters.loading import load_whole
from selfverify.codecs.base import Codec, pad_to_frames

# Two stacked 80-band log-mel frames of 10 ms: one feature vector a code.
_FEATURES = SeamlessM4TFeatureExtractor(
    feature_size=80, num_mel_bins=80, sampling_rate=16_000, stride=2
)


def semantic_features(audio: np.ndarray, hop_length: int) -> np.ndarray:
    """Returns log-mel features (T, 160) of audio of shape (T · hop_length,).

    Half a hop of zeros on both sides centres a feature vector on its frame, as upstream does.
    """
    half = hop_length // 2
    inputs = _FEATURES(
        np.pad(audio, (half, half)), sampling_rate=_FEATURES.sampling_rate, return_tensors="np"
    )
    return np.asarray(inputs["input_features"][0], dtype=np.float32)


class XCodec2(Codec):
    """An XCodec2 checkpoint, on the CPU or a GPU.

    The decoder attends over all frames both ways and takes no mask, so that padding an utterance
    would change its audio: only utterances of equal length share a batch.
    """

    model_type: str | None = "xcodec2"
    num_codebooks = 1

    def __init__(
        self, checkpoint: str | Path, *, device: str = "cpu", batch_size: int = 16
    ) -> None:
        model: Any = load_whole(Xcodec2Model, checkpoint, dtype=torch.float32)
        self.model = model.to(device).eval()
        config = self.model.config
        self.sample_rate = config.sampling_rate
        self.hop_length = config.hop_length
        self.frame_rate = config.sampling_rate / config.hop_length
        self.codebook_size = prod(config.quantization_levels)
        self.device = device
        self.batch_size = batch_size

    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Returns the codes (1, T) of mono audio; T is its frames, rounded up."""
        audio = pad_to_frames(audio, self.hop_length)
        features = torch.tensor(semantic_features(audio, self.hop_length), device=self.device)
        samples = torch.tensor(audio, device=self.device)
        with torch.inference_mode():
            encoded = self.model.encode(samples[None, None], features[None])
        return encoded.audio_codes[0].cpu().numpy().astype(np.int64)

    def _decode(self, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
        audio: list[np.ndarray] = [np.empty(0)] * len(codes)
        lengths = np.array([item.shape[1] for item in codes], dtype=int)
        for length in np.unique(lengths):
            same = np.flatnonzero(lengths == length)
            for start in range(0, len(same), self.batch_size):
                batch = same[start : start + self.batch_size]
                samples = self._decode_equal(np.stack([codes[i] for i in batch]))
                for index, clip in zip(batch, samples, strict=True):
                    audio[index] = clip
        return audio

    @torch.inference_mode()
    def _decode_equal(self, codes: np.ndarray) -> np.ndarray:
        audio = self.model.decode(torch.tensor(codes, device=self.device)).audio_values
        return audio[:, 0].cpu().numpy()
