"""Training of `mini-mimi`: transformers' MimiModel at a size that a laptop trains.

The class cannot be trained as it is: its codebooks are buffers and its encoder gets no gradient.
Here the latent passes through the class's own projections and a residual quantiser with
straight-through gradient and moving-average codebooks (VQ-VAE, arXiv 1711.00937, appendix A.1),
whose means are written into the class's buffers at the end.
"""

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import MimiConfig, MimiModel

from selfverify.pretraining.codec import TrainableCodec

QUANTISED_FROM = 200  # steps; before, latents pass as they are
COMMITMENT = 0.25
DECAY = 0.99  # of the moving averages
DEAD_BELOW = 0.05  # latents a step: an entry chosen less often is put where a latent is


def mini_mimi_config() -> MimiConfig:
    """Returns the configuration of `mini-mimi`: 6 codebooks of 256 codes at 25 Hz, 16 kHz."""
    return MimiConfig(
        sampling_rate=16_000, hidden_size=160, num_filters=26, upsampling_ratios=[8, 5, 4, 2],
        num_hidden_layers=2, intermediate_size=320, num_attention_heads=5, num_key_value_heads=5,
        head_dim=32, codebook_size=256, codebook_dim=32, vector_quantization_hidden_dimension=32,
        num_quantizers=6, num_semantic_quantizers=1, upsample_groups=160,
    )  # fmt: skip


class MovingCodebook(nn.Module):
    """One codebook: the moving average of the latents that chose each entry."""

    sums: torch.Tensor
    counts: torch.Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("sums", torch.zeros(size, dim))
        self.register_buffer("counts", torch.zeros(size))

    @property
    def entries(self) -> torch.Tensor:
        """The codebook, shape (size, dim)."""
        return self.sums / self.counts.clamp(min=1e-5)[:, None]

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Returns the nearest entry of each vector (N, dim), and learns from them in training."""
        with torch.no_grad():
            if self.training:
                self._revive(vectors)
            codes = torch.cdist(vectors, self.entries).argmin(dim=-1)
            if self.training:
                self._follow(vectors, codes)
            return self.entries[codes]

    def _follow(self, vectors: torch.Tensor, codes: torch.Tensor) -> None:
        chosen = F.one_hot(codes, len(self.counts)).to(vectors.dtype)
        self.counts.mul_(DECAY).add_(chosen.sum(dim=0), alpha=1 - DECAY)
        self.sums.mul_(DECAY).add_(chosen.T @ vectors, alpha=1 - DECAY)

    def _revive(self, vectors: torch.Tensor) -> None:
        dead = torch.nonzero(self.counts < DEAD_BELOW).flatten()
        places = torch.randint(len(vectors), (len(dead),), device=vectors.device)
        self.sums[dead], self.counts[dead] = vectors[places], 1.0


class TrainableMimi(TrainableCodec):
    """A Mimi with a gradient through its quantiser.

    A batch normalisation before the codebooks keeps the latents from collapsing to one code and
    from growing away from their codebook; `save` moves it into the class's projections and
    codebooks, after which the plain class computes the same codes.
    """

    hop_length = 640  # 25 frames a second at 16 kHz
    crop_frames = 32
    num_crops = 24
    step: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        config = mini_mimi_config()
        self.model: Any = MimiModel(config)
        # transformers' initialisation starts far too loud: loss 3.2 against 2.3 after 120 steps.
        for module in self.model.modules():
            if isinstance(module, nn.Linear | nn.Conv1d | nn.ConvTranspose1d):
                module.reset_parameters()
        quantizer, size = self.model.quantizer, (config.codebook_size, config.codebook_dim)
        self.parts = nn.ModuleList(
            _ResidualPart(part, size)
            for part in (
                quantizer.semantic_residual_vector_quantizer,
                quantizer.acoustic_residual_vector_quantizer,
            )
        )
        self.register_buffer("step", torch.zeros((), dtype=torch.long))

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns audio (B, 640·T) for audio frames (B, T, 640), and the commitment loss."""
        latent = self.model.encoder(frames.flatten(1)[:, None]).latents
        quantised = not self.training or bool(self.step >= QUANTISED_FROM)
        outputs = [part(latent, quantised=quantised) for part in self.parts]
        if self.training:
            self.step += 1
        audio = self.model.decoder(sum(latent for latent, _ in outputs)).audio_values
        commitment = torch.stack([loss for _, loss in outputs]).sum()
        return audio[:, 0, : frames.shape[1] * self.hop_length], COMMITMENT * commitment

    def save(self, folder: Path) -> None:
        """Writes the plain model in float16, codebooks and normalisation in the class's places."""
        for part in self.parts:
            part.fold()  # type: ignore[operator]
        self.model.half().save_pretrained(folder)


class _ResidualPart(nn.Module):
    """One of the class's two residual quantisers, which both read the whole latent."""

    def __init__(self, part: Any, size: tuple[int, int]) -> None:
        super().__init__()
        self.part: Any = part
        self.norm: Any = nn.BatchNorm1d(size[1], affine=False, momentum=0.02)
        self.codebooks: Any = nn.ModuleList(MovingCodebook(*size) for _ in part.layers)

    def forward(
        self, latent: torch.Tensor, *, quantised: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns what the decoder reads (B, D, T) of a latent (B, D, T), and the commitment."""
        projected = self.norm(self.part.input_proj(latent)).transpose(1, 2)
        total, loss = projected, latent.new_zeros(())
        if quantised:
            residual = projected
            for codebook in self.codebooks:
                entry = codebook(residual.detach().flatten(0, 1)).view_as(residual)
                loss = loss + F.mse_loss(residual, entry)
                residual = residual - entry
            total = projected - residual.detach()  # gradient 1, past the codebooks
        return self.part.output_proj((total + self._shift()).transpose(1, 2)), loss

    @torch.no_grad()
    def fold(self) -> None:
        """Writes the normalisation into `input_proj`, and the codebooks into the class's."""
        self.part.input_proj.weight.mul_(self._scale()[:, None, None])
        for index, (codebook, layer) in enumerate(
            zip(self.codebooks, self.part.layers, strict=True)
        ):
            shift = self._shift() if index == 0 else 0.0
            layer.codebook.embed_sum.copy_(codebook.entries + shift)
            layer.codebook.cluster_usage.fill_(1.0)
            layer.codebook._embed = None  # the class caches it

    def _scale(self) -> torch.Tensor:
        return torch.rsqrt(self.norm.running_var + self.norm.eps)

    def _shift(self) -> torch.Tensor:
        """The mean that `input_proj`, which has no bias, cannot subtract: the first codebook's."""
        return self.norm.running_mean * self._scale()
