"""SNAC through its package: three levels of codes, each twice as fast as the one above.

The real checkpoint is hubertsiuzdak/snac_24khz (4,096 codes a level). A coarse code and the finer
ones of its time are one frame: row 0 is level 0, rows 1 and 2 are level 1, rows 3 to 6 are level 2,
in order of time. So codes have the shape (7, T) that all codecs have.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from types import MethodType
from typing import Any
from zlib import crc32

import numpy as np
import torch
from snac import SNAC
from snac.layers import Snake1d

from selfverify.codecs.base import Codec, pad_to_frames
from selfverify.errors import InputError
from selfverify.storage.checkpoints import CURE


class Snac(Codec):
    """A SNAC checkpoint: config.json and pytorch_model.bin.

    The decoder adds noise of its own. It is seeded with the utterance's codes, so that equal codes
    give equal audio, whatever was decoded before or beside them; for this one utterance is decoded
    at a time.
    """

    def __init__(self, checkpoint: str | Path, *, device: str = "cpu") -> None:
        self.model = _load(Path(checkpoint)).float().to(device).eval()
        _in_place(self.model)
        self.device = device
        strides = self.model.vq_strides
        self.codes_per_frame = [strides[0] // stride for stride in strides]
        self.num_codebooks = sum(self.codes_per_frame)
        self.codebook_size = self.model.codebook_size
        self.sample_rate = self.model.sampling_rate
        self.hop_length = int(self.model.hop_length) * strides[0]
        self.frame_rate = self.sample_rate / self.hop_length

    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Returns the codes (7, T) of mono audio; T is its frames, rounded up."""
        samples = torch.tensor(pad_to_frames(audio, self.hop_length), device=self.device)
        with torch.inference_mode():
            levels = self.model.encode(samples[None, None])
        return np.concatenate(
            [
                level[0].reshape(-1, per_frame).T.cpu().numpy()
                for level, per_frame in zip(levels, self.codes_per_frame, strict=True)
            ]
        )

    def levels(self, codes: np.ndarray) -> list[np.ndarray]:
        """Returns the codes of each level, in order of time: (T,), (2T,), (4T,)."""
        ends = np.cumsum(self.codes_per_frame)
        return [part.T.ravel() for part in np.split(codes, ends[:-1])]

    @torch.inference_mode()
    def _decode(self, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
        # By length: kernels are made anew for each, and few are kept.
        order = sorted(range(len(codes)), key=lambda i: codes[i].shape[1])
        audio = {i: self._decode_one(codes[i]) for i in order}
        return [audio[i] for i in range(len(codes))]

    def _decode_one(self, codes: np.ndarray) -> np.ndarray:
        levels = [torch.tensor(level, device=self.device)[None] for level in self.levels(codes)]
        with torch.random.fork_rng():
            torch.manual_seed(crc32(codes.astype("<i8").tobytes()))
            audio = self.model.decode(levels)
        return audio[0, 0].cpu().numpy()


def _in_place(model: SNAC) -> None:
    """Makes the model compute what it did without a new tensor for each product.

    Of its activations, x + sin(a x)² / a, each of five steps made a tensor larger than any cache;
    without them decoding takes 8 to 24 % less. No gradient asks for them: all is inference.
    """
    for module in model.modules():
        if isinstance(module, Snake1d):
            module.forward = MethodType(_snake, module)


def _snake(layer: Any, x: torch.Tensor) -> torch.Tensor:
    a = layer.alpha
    return torch.mul(a, x).sin_().square_().mul_((a + 1e-9).reciprocal()).add_(x)


def _load(folder: Path) -> SNAC:
    """The model of a checkpoint; nothing is unpickled but tensors, unlike in the package."""
    config = folder / "config.json"
    weights = folder / "pytorch_model.bin"
    try:
        model = SNAC(**json.loads(config.read_bytes()))
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except (OSError, ValueError, TypeError, RuntimeError, EOFError, UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{folder}: no SNAC of its config and weights: {reason}; {CURE}") from None
    return model
