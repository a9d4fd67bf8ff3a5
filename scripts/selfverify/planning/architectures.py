"""The real checkpoints' architectures as data: what can be known of them without their weights.

Sizes are those of the published config.json files. Nothing is downloaded: a model built here lives
on torch's meta device, where tensors have a shape and no memory.
"""

from collections.abc import Callable
from typing import Any

import torch
from transformers import (
    CsmConfig,
    CsmForConditionalGeneration,
    LlamaConfig,
    LlamaForCausalLM,
    MimiConfig,
    MimiModel,
    Xcodec2Config,
    Xcodec2Model,
)

from selfverify.errors import InputError

SystemConfig = LlamaConfig | CsmConfig
CodecConfig = MimiConfig | Xcodec2Config | dict[str, Any]  # SNAC's package has no class for its own

_MODELS: dict[type, Callable[..., torch.nn.Module]] = {
    LlamaConfig: LlamaForCausalLM,
    CsmConfig: CsmForConditionalGeneration,
    MimiConfig: MimiModel,
    Xcodec2Config: Xcodec2Model,
}

# What Llama 3.1 and 3.2 share (config.json of meta-llama/Llama-3.2-1B-Instruct); `factor` of the
# rotary embedding is theirs apart.
_LLAMA_3 = {
    "num_key_value_heads": 8, "max_position_embeddings": 131_072, "rms_norm_eps": 1e-5,
    "bos_token_id": 128_000, "eos_token_id": [128_001, 128_008, 128_009],
}  # fmt: skip
_ROPE = {
    "rope_type": "llama3", "rope_theta": 500_000.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
}  # fmt: skip

# config.json of hubertsiuzdak/snac_24khz.
SNAC_24KHZ = {
    "sampling_rate": 24_000, "encoder_dim": 48, "encoder_rates": [2, 4, 8, 8],
    "decoder_dim": 1024, "decoder_rates": [8, 8, 4, 2], "attn_window_size": None,
    "codebook_size": 4096, "codebook_dim": 8, "vq_strides": [4, 2, 1], "noise": True,
    "depthwise": True,
}  # fmt: skip


def _llama_1b(vocab_size: int) -> LlamaConfig:
    """Llama-3.2-1B (meta-llama/Llama-3.2-1B-Instruct) with another vocabulary."""
    return LlamaConfig(
        vocab_size=vocab_size, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16,
        num_attention_heads=32, head_dim=64, tie_word_embeddings=True,
        rope_parameters={**_ROPE, "factor": 32.0}, **_LLAMA_3,
    )  # fmt: skip


def _llama_3b(vocab_size: int) -> LlamaConfig:
    """Llama-3.2-3B (meta-llama/Llama-3.2-3B-Instruct) with another vocabulary."""
    return LlamaConfig(
        vocab_size=vocab_size, hidden_size=3072, intermediate_size=8192, num_hidden_layers=28,
        num_attention_heads=24, head_dim=128, tie_word_embeddings=True,
        rope_parameters={**_ROPE, "factor": 32.0}, **_LLAMA_3,
    )  # fmt: skip


def _llama_8b(vocab_size: int) -> LlamaConfig:
    """Llama-3.1-8B (meta-llama/Llama-3.1-8B-Instruct) with another vocabulary."""
    return LlamaConfig(
        vocab_size=vocab_size, hidden_size=4096, intermediate_size=14_336, num_hidden_layers=32,
        num_attention_heads=32, head_dim=128, tie_word_embeddings=False,
        rope_parameters={**_ROPE, "factor": 8.0}, **_LLAMA_3,
    )  # fmt: skip


SYSTEM_CONFIGS: dict[str, Callable[[], SystemConfig]] = {
    # HKUSTAudio/Llasa-{1B,3B,8B}: 128,256 ids of Llama 3, 8 marks and 65,536 codes (`train_tts.py`
    # of zhenye234/LLaSA_training at ef5c260). The 3B's config.json was read; the 1B's base model is
    # named in that repository; the 8B's size follows from its shards, 17.1 GB in bfloat16.
    "llasa-1b": lambda: _llama_1b(193_800),
    "llasa-3b": lambda: _llama_3b(193_800),
    "llasa-8b": lambda: _llama_8b(193_800),
    # canopylabs/orpheus-3b-0.1-ft: 128,256 ids of Llama 3, 10 marks, 7 × 4,096 codes, and 2 unused
    # ids (config.json of its derivatives).
    "orpheus-3b": lambda: _llama_3b(156_940),
    # sesame/csm-1b: transformers' defaults are its config.json.
    "csm-1b": lambda: CsmConfig(codec_config=MimiConfig().to_dict()),
}

CODEC_CONFIGS: dict[str, Callable[[], CodecConfig]] = {
    # HKUSTAudio/xcodec2-hf and kyutai/mimi: transformers' defaults are their config.json.
    "xcodec2": Xcodec2Config,
    "snac": lambda: dict(SNAC_24KHZ),
    "mimi": MimiConfig,
}


def system_config(name: str) -> SystemConfig:
    """Returns the configuration of a real system.

    Raises:
        InputError: if `SYSTEM_CONFIGS` has no such name.
    """
    if name not in SYSTEM_CONFIGS:
        raise InputError(f"no architecture of {name!r}; there are: {', '.join(SYSTEM_CONFIGS)}")
    return SYSTEM_CONFIGS[name]()


def codec_config(name: str) -> CodecConfig:
    """Returns the configuration of a real codec.

    Raises:
        InputError: if `CODEC_CONFIGS` has no such name.
    """
    if name not in CODEC_CONFIGS:
        raise InputError(f"no architecture of {name!r}; there are: {', '.join(CODEC_CONFIGS)}")
    return CODEC_CONFIGS[name]()


def build_on_meta(config: SystemConfig | CodecConfig) -> Any:
    """Returns the model of a configuration, without memory for its weights."""
    with torch.device("meta"):
        return build(config)


def build(config: SystemConfig | CodecConfig) -> Any:
    """Returns the model of a configuration, its weights drawn at random on the default device."""
    if isinstance(config, dict):
        from snac import SNAC  # the other codecs and all systems do without its package

        return SNAC(**config)
    return _MODELS[type(config)](config)


def num_parameters(*modules: torch.nn.Module) -> int:
    """Returns how many parameters modules have together; what is tied counts once."""
    return sum(parameter.numel() for parameter in torch.nn.ModuleList(modules).parameters())
