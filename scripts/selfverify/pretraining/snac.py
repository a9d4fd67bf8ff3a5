"""Training of `mini-snac`: the snac package's class at a size that a laptop trains.

The package's own forward has no loss for its codebooks. Here the first steps train a plain
auto-encoder; then the codebooks start from latents, learn by the codebook and commitment losses of
VQ-VAE (arXiv 1711.00937), and an entry that is never chosen is put where a latent is.
"""

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from snac import SNAC

from selfverify.pretraining.codec import TrainableCodec

# Three levels of 12.5, 25 and 50 codes a second: 87.5 in all, the real one has 82 at 24 kHz.
MINI_SNAC = {
    "sampling_rate": 16_000, "encoder_dim": 24, "encoder_rates": [2, 4, 5, 8],
    "decoder_dim": 256, "decoder_rates": [8, 5, 4, 2], "attn_window_size": None,
    "codebook_size": 256, "codebook_dim": 8, "vq_strides": [4, 2, 1], "noise": True,
    "depthwise": False,
}  # fmt: skip
QUANTISED_FROM = 300  # steps; before, latents pass as they are
REVIVED_EVERY = 100  # steps
COMMITMENT = 0.25


class TrainableSnac(TrainableCodec):
    """A SNAC whose codebooks receive a loss and stay in use."""

    hop_length = 1280  # 4 × 320: one coarse code
    crop_frames = 16
    num_crops = 16
    step: torch.Tensor
    usage: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.model: Any = SNAC(**MINI_SNAC)
        self.register_buffer("step", torch.zeros((), dtype=torch.long))
        shape = len(MINI_SNAC["vq_strides"]), MINI_SNAC["codebook_size"]
        self.register_buffer("usage", torch.zeros(*shape))  # since the last revival

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns audio (B, 1280·T) for audio frames (B, T, 1280), and the codebooks' loss."""
        latent = self.model.encoder(frames.flatten(1)[:, None])
        loss = latent.new_zeros(())
        if self.step >= QUANTISED_FROM:
            latent, loss = self._quantise(latent)
        if self.training:
            self.step += 1
        return self.model.decoder(latent)[:, 0], loss

    def save(self, folder: Path) -> None:
        """Writes config.json and pytorch_model.bin, as the real one has them."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(MINI_SNAC, indent=2) + "\n")
        weights = {name: value.half() for name, value in self.model.state_dict().items()}
        torch.save(weights, folder / "pytorch_model.bin")

    def _quantise(self, latent: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Residual quantisation as the package does it, with the two losses of each level."""
        residual, total, loss = latent, torch.zeros_like(latent), latent.new_zeros(())
        for level, quantizer in enumerate(self.model.quantizer.quantizers):
            pooled = F.avg_pool1d(residual, quantizer.stride, quantizer.stride)
            projected = quantizer.in_proj(pooled)
            if self.training:
                self._place_unused(level, projected)
            entry, codes = quantizer.decode_latents(projected)
            loss = loss + F.mse_loss(entry, projected.detach())
            loss = loss + COMMITMENT * F.mse_loss(projected, entry.detach())
            output = quantizer.out_proj(projected + (entry - projected).detach())
            output = output.repeat_interleave(quantizer.stride, dim=-1)
            residual, total = residual - output, total + output
            if self.training:
                self.usage[level] += torch.bincount(codes.flatten(), minlength=self.usage.shape[1])
        return total, loss

    @torch.no_grad()
    def _place_unused(self, level: int, projected: torch.Tensor) -> None:
        """Moves entries that were never chosen to latents of this batch."""
        since = int(self.step) - QUANTISED_FROM
        if since % REVIVED_EVERY:
            return
        unused = torch.nonzero(self.usage[level] == 0).flatten()
        vectors = projected.transpose(1, 2).flatten(0, 1)
        chosen = torch.randint(len(vectors), (len(unused),), device=vectors.device)
        self.model.quantizer.quantizers[level].codebook.weight[unused] = vectors[chosen]
        self.usage[level] = 0
