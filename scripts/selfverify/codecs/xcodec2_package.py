"""XCodec2 through its authors' package, xcodec2 0.1.5: decoding only.

It reads HKUSTAudio/xcodec2 in its own layout, config.json and model.safetensors, and with the same
weights gives the same audio as the adapter `xcodec2`. Encoding is left to that one: the package
downloads facebook/w2v-bert-2.0 for it and encodes one clip at a time.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import nn

from selfverify.codecs.xcodec2 import XCodec2
from selfverify.errors import InputError

# Fixed in the package's code, in no config.json.
_SAMPLE_RATE_HZ = 16_000
_HEAD_DIM = 64
_LEVELS = (4,) * 8


class XCodec2Package(XCodec2):
    """An XCodec2 checkpoint in its authors' layout; only utterances of equal length share a batch.

    Raises:
        InputError: if the package is not installed.
        InputError: if there is no model.safetensors, or its weights have other names.
    """

    model_type = None  # its config.json says none

    def __init__(
        self, checkpoint: str | Path, *, device: str = "cpu", batch_size: int = 16
    ) -> None:
        self.model = _Decoder(_read_weights(checkpoint)).to(device).eval()
        self.sample_rate = _SAMPLE_RATE_HZ
        self.hop_length = self.model.generator.hop_length
        self.frame_rate = self.sample_rate / self.hop_length
        self.codebook_size = int(np.prod(_LEVELS))
        self.device = device
        self.batch_size = batch_size

    def encode(self, audio: np.ndarray) -> np.ndarray:
        """Raises InputError: this adapter decodes only."""
        raise InputError(
            "the codec adapter `xcodec2-package` only decodes; encode with `xcodec2` and the "
            "checkpoint HKUSTAudio/xcodec2-hf"
        )

    @torch.inference_mode()
    def _decode_equal(self, codes: np.ndarray) -> np.ndarray:
        return self.model(torch.tensor(codes, device=self.device))[:, 0].cpu().numpy()


class _Decoder(nn.Module):
    """The decoding half of the package's `XCodec2Model`, by the names of its weights.

    Sizes come from the weights: at the real ones they are the defaults of the package.
    """

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        hidden_dim, latent_dim = weights["fc_post_a.weight"].shape
        self.fc_post_a = nn.Linear(latent_dim, hidden_dim)
        self.generator = _decoder_class()(
            hidden_dim=hidden_dim,
            depth=sum(name.endswith(".att_norm.weight") for name in weights),
            heads=hidden_dim // _HEAD_DIM,
            pos_meb_dim=_HEAD_DIM,
            hop_length=len(weights["generator.head.istft.window"]) // 4,
            vq_dim=latent_dim,
        )
        self.load_state_dict(weights)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        """Returns audio (B, 1, T · hop_length) of codes (B, 1, T): `XCodec2Model.decode_code`."""
        latents = self.generator.quantizer.get_output_from_indices(codes.transpose(1, 2))
        return self.generator(self.fc_post_a(latents), vq=False)[0]


def _read_weights(checkpoint: str | Path) -> dict[str, torch.Tensor]:
    """Returns the decoder's weights by the package's names."""
    path = Path(checkpoint) / "model.safetensors"
    if not path.exists():
        raise InputError(f"{path} is missing; download it from HKUSTAudio/xcodec2")
    with safe_open(path, framework="pt") as file:
        names = [key for key in file.keys() if key.startswith(("generator.", "fc_post_a."))]  # noqa: SIM118
        if not names:
            raise InputError(
                f"{path} has no weights generator.*, so it is not in the layout of "
                "HKUSTAudio/xcodec2; transformers' layout is for the codec adapter `xcodec2`"
            )
        return {key: file.get_tensor(key) for key in names}


def _decoder_class() -> type[Any]:
    """Returns the package's decoder from codes to audio."""
    try:
        with _light_imports():
            return import_module("xcodec2.vq.codec_decoder_vocos").CodecDecoderVocos
    except ModuleNotFoundError as error:
        raise InputError(
            f"the codec adapter `xcodec2-package` lacks the module {error.name}; "
            "run `pip install --no-deps -r envs/xcodec2-package.txt`"
        ) from error


@contextmanager
def _light_imports() -> Iterator[None]:
    """Stands in for two heavy imports of the decoder while it is imported.

    torchaudio is imported and never used, and PyPI's fails beside a CPU build of torch: an empty
    module will do. Of torchtune.modules one class is used, in a file that needs torch alone, while
    the package around it needs torchao, sentencepiece and datasets.
    """
    light = {"torchaudio": ModuleType("torchaudio"), "torchtune.modules": _rotary_embeddings()}
    added = {name: module for name, module in light.items() if name not in sys.modules}
    sys.modules.update(added)
    try:
        yield
    finally:
        for name in added:
            del sys.modules[name]


def _rotary_embeddings() -> ModuleType:
    """Returns torchtune's module of `RotaryPositionalEmbeddings`, loaded alone."""
    package = find_spec("torchtune")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("no module named 'torchtune'", name="torchtune")
    path = Path(package.submodule_search_locations[0], "modules", "position_embeddings.py")
    spec = spec_from_file_location("torchtune.modules.position_embeddings", path)
    assert spec is not None  # the path ends in .py
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
