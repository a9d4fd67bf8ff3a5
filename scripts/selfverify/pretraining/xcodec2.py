"""Training of `mini-xcodec2`: transformers' Xcodec2Model at a size that a laptop trains.

What differs from the real one is size and encoder: the semantic side is the feature projection of a
Wav2Vec2-BERT without layers, trained along, and the acoustic encoder is kept tiny and silent (its
anti-aliased convolutions cost seconds a step on a CPU), so codes come from the log-mel features.
The class, its decoder and its files are those of the real codec.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import Wav2Vec2BertConfig, Xcodec2Config, Xcodec2Model

from selfverify.codecs.xcodec2 import semantic_features
from selfverify.pretraining.codec import TrainableCodec

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


class TrainableXcodec2(TrainableCodec):
    """An Xcodec2Model that can be trained: gradients reach the encoder, codes do not collapse.

    A batch normalisation before the quantiser keeps each of its dimensions at zero mean and unit
    variance, so that all levels stay in use; `fold` moves it into `project_in`, after which the
    plain class computes the same codes.
    """

    hop_length = 320  # 50 frames a second at 16 kHz
    crop_frames = 100
    num_crops = 64

    def __init__(self) -> None:
        super().__init__()
        config = mini_xcodec2_config()
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

    def frames(self, audio: np.ndarray) -> np.ndarray:
        """Returns log-mel features (T, 160) of audio (320·T,)."""
        return semantic_features(audio, self.hop_length)

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns audio (B, 320·T) for log-mel features (B, T, 160), and no further loss."""
        model = self.model
        semantic = model.semantic_encoder(frames).last_hidden_state.transpose(1, 2)
        semantic = model.semantic_adapter(semantic).transpose(1, 2)
        acoustic = semantic.new_zeros(*semantic.shape[:2], model.config.hidden_size)
        hidden = model.fc_encoder(torch.cat([semantic, acoustic], dim=-1))
        latent = model.quantizer.project_in(hidden)
        latent = self.norm(latent.transpose(1, 2)).transpose(1, 2)
        fsq = model.quantizer.quantizer
        quantized, _ = fsq(fsq.bound(latent))
        audio = model.acoustic_decoder(model.quantizer.project_out(quantized))
        return audio[:, 0], audio.new_zeros(())

    def save(self, folder: Path) -> None:
        """Writes the plain model, float16, its `project_in` holding the normalisation."""
        self.fold().half().save_pretrained(folder)

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
