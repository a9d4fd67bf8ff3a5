"""Training of `mini-xcodec2`: transformers' Xcodec2Model at a size that a laptop trains.

What differs from the real one is size and encoder: the semantic side is the feature projection of a
Wav2Vec2-BERT without layers, trained along, and the acoustic encoder is kept tiny and silent (its
anti-aliased convolutions cost seconds a step on a CPU), so codes come from the log-mel features.
The class, its decoder and its files are those of the real codec.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import Wav2Vec2BertConfig, Xcodec2Config, Xcodec2Model
from transformers.audio_utils import mel_filter_bank

HOP_LENGTH = 320  # samples a frame, 50 frames a second at 16 kHz
SEMANTIC_SIZE = 128
HIDDEN_SIZE = 256
LEVELS = [4, 4, 4, 4, 4]  # 1,024 codes


def mini_xcodec2_config() -> Xcodec2Config:
    """Returns the configuration of `mini-xcodec2` (4.9 M parameters, 1,024 codes at 50 Hz)."""
    semantic = Wav2Vec2BertConfig(
        hidden_size=SEMANTIC_SIZE, num_hidden_layers=0, num_attention_heads=4,
        intermediate_size=256, feature_projection_input_dim=160, feat_proj_dropout=0.0,
        hidden_dropout=0.0, apply_spec_augment=False, layerdrop=0.0,
    )  # fmt: skip
    return Xcodec2Config(
        hidden_size=HIDDEN_SIZE, intermediate_size=768, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=4, head_dim=64, encoder_hidden_size=2,
        downsampling_ratios=(2, 2, 4, 4, 5), semantic_model_config=semantic,
        quantization_dim=HIDDEN_SIZE + SEMANTIC_SIZE, quantization_levels=LEVELS,
        activation_dropout=0.0,
    )  # fmt: skip


class TrainableXcodec2(nn.Module):
    """An Xcodec2Model that can be trained: gradients reach the encoder, codes do not collapse.

    A batch normalisation before the quantiser keeps each of its dimensions at zero mean and unit
    variance, so that all levels stay in use; `fold` moves it into `project_in`, after which the
    plain class computes the same codes.
    """

    def __init__(self, config: Xcodec2Config) -> None:
        super().__init__()
        self.model = Xcodec2Model(config)
        # transformers' initialisation (std .02) gives one code for any input; PyTorch's does not.
        for module in self.model.modules():
            if isinstance(module, nn.Linear | nn.Conv1d):
                module.reset_parameters()
        silence = self.model.acoustic_encoder.conv2
        nn.init.zeros_(silence.weight)
        assert silence.bias is not None
        nn.init.zeros_(silence.bias)
        self.model.acoustic_encoder.requires_grad_(False)
        self.norm = nn.BatchNorm1d(len(config.quantization_levels), affine=False, momentum=0.02)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns audio (B, 320·T) and codes (B, T) for log-mel features (B, T, 160)."""
        model = self.model
        semantic = model.semantic_encoder(features).last_hidden_state.transpose(1, 2)
        semantic = model.semantic_adapter(semantic).transpose(1, 2)
        acoustic = semantic.new_zeros(*semantic.shape[:2], model.config.hidden_size)
        hidden = model.fc_encoder(torch.cat([semantic, acoustic], dim=-1))
        latent = model.quantizer.project_in(hidden)
        latent = self.norm(latent.transpose(1, 2)).transpose(1, 2)
        fsq = model.quantizer.quantizer
        quantized, codes = fsq(fsq.bound(latent))
        audio = model.acoustic_decoder(model.quantizer.project_out(quantized))
        return audio[:, 0], codes

    @torch.no_grad()
    def fold(self) -> Xcodec2Model:
        """Returns the plain model, its `project_in` holding the normalisation."""
        assert self.norm.running_mean is not None
        assert self.norm.running_var is not None
        scale = torch.rsqrt(self.norm.running_var + self.norm.eps)
        project = self.model.quantizer.project_in
        project.weight.mul_(scale[:, None])
        project.bias.sub_(self.norm.running_mean).mul_(scale)
        return self.model.eval()


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
    """A training clip: audio (320·T,) and its features (T, 160)."""

    audio: np.ndarray
    features: np.ndarray


def draw_crops(
    clips: list[CodecClip], rng: np.random.Generator, *, num_crops: int, num_frames: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns features (B, T, 160) and audio (B, 320·T) of random crops of random clips."""
    features, audio = [], []
    for index in rng.integers(len(clips), size=num_crops):
        clip = clips[index]
        start = int(rng.integers(max(1, len(clip.features) - num_frames + 1)))
        features.append(clip.features[start : start + num_frames])
        audio.append(clip.audio[start * HOP_LENGTH : (start + num_frames) * HOP_LENGTH])
    return torch.tensor(np.stack(features)), torch.tensor(np.stack(audio))
