"""Real systems, codecs and the recogniser with random weights, built on the device itself.

Speed and memory depend on sizes alone, so that no checkpoint is needed. `tiny` keeps every class
and shrinks every size, for a run of the same code in seconds on a CPU.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import CsmConfig, LlamaConfig, MimiConfig, WhisperConfig, Xcodec2Config

from selfverify.planning.architectures import (
    CodecConfig,
    SystemConfig,
    build,
    codec_config,
    system_config,
)
from selfverify.systems.base import SamplingSettings

SMALL_DECODER = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16,
}  # fmt: skip
_LLAMA = SMALL_DECODER | {"vocab_size": 600}
SMALL_MIMI = {
    "hidden_size": 64, "num_filters": 8, "codebook_dim": 32, "upsample_groups": 64,
    "vector_quantization_hidden_dimension": 32, "num_hidden_layers": 1, "intermediate_size": 128,
    "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 16,
}  # fmt: skip
SMALL_XCODEC2 = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4,
    "num_key_value_heads": 4, "head_dim": 16, "encoder_hidden_size": 8, "quantization_dim": 96,
}  # fmt: skip
SMALL_WAV2VEC2_BERT = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
    "output_hidden_size": 32,
}  # fmt: skip
SMALL_SNAC = {"encoder_dim": 8, "decoder_dim": 64}
_WHISPER = {
    "d_model": 64, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A system of the paper track as it is measured."""

    name: str  # a key of `architectures.SYSTEM_CONFIGS`
    codec: str  # a key of `architectures.CODEC_CONFIGS`
    dtype: str
    settings: SamplingSettings


def whisper_large_v3() -> WhisperConfig:
    """Returns the sizes of openai/whisper-large-v3 (its config.json; 1.54 billion weights)."""
    return WhisperConfig(
        vocab_size=51_866, num_mel_bins=128, d_model=1280, encoder_layers=32, decoder_layers=32,
        encoder_attention_heads=20, decoder_attention_heads=20, encoder_ffn_dim=5120,
        decoder_ffn_dim=5120, max_source_positions=1500, max_target_positions=448,
    )  # fmt: skip


def sizes_of_system(name: str, *, tiny: bool) -> SystemConfig:
    """Returns the published configuration of a system, or a small one of its kind."""
    config = system_config(name)
    if not tiny:
        return config
    sizes = config.to_dict()
    if isinstance(config, LlamaConfig):
        return LlamaConfig.from_dict(sizes | _LLAMA)
    depth = sizes["depth_decoder_config"] | SMALL_DECODER | {"backbone_hidden_size": 64}
    small = {"depth_decoder_config": depth, "codec_config": sizes["codec_config"] | SMALL_MIMI}
    return CsmConfig.from_dict(sizes | SMALL_DECODER | small)


def sizes_of_codec(name: str, *, tiny: bool) -> CodecConfig:
    """Returns the published configuration of a codec, or a small one of its kind."""
    config = codec_config(name)
    if not tiny:
        return config
    if isinstance(config, dict):
        return config | SMALL_SNAC
    sizes = config.to_dict()
    if isinstance(config, MimiConfig):
        return MimiConfig.from_dict(sizes | SMALL_MIMI)
    semantic = sizes["semantic_model_config"] | SMALL_WAV2VEC2_BERT
    return Xcodec2Config.from_dict(sizes | SMALL_XCODEC2 | {"semantic_model_config": semantic})


def sizes_of_whisper(*, tiny: bool) -> WhisperConfig:
    """Returns large-v3's configuration, or a small one."""
    config = whisper_large_v3()
    return WhisperConfig.from_dict(config.to_dict() | _WHISPER) if tiny else config


@contextmanager
def built_on(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Modules of the block are built on a device, in a dtype: no copy, no weights on the host."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            yield
    finally:
        torch.set_default_dtype(before)


def random_model(config: Any, device: torch.device, dtype: torch.dtype) -> Any:
    """Returns the model of a configuration, ready to run."""
    torch.manual_seed(0)
    with built_on(device, dtype):
        if isinstance(config, WhisperConfig):
            from transformers import WhisperForConditionalGeneration

            return WhisperForConditionalGeneration(config).eval()
        return build(config).eval()
