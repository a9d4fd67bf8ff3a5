"""Tiny checkpoints of the real classes with random weights, in the layout of the mini systems."""

from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import LlamaForCausalLM, MimiConfig

from selfverify.adapters.loading import load_class
from selfverify.pretraining import TRAINABLE_CODECS
from selfverify.pretraining.csm import TrainableCsm
from selfverify.pretraining.lm import TrainableLM, mini_llama_config
from selfverify.pretraining.mimi import MovingCodebook
from selfverify.pretraining.tokenizers import mini_llasa_tokenizer, mini_orpheus_tokenizer

NUM_CODES = {"llasa": 1024, "orpheus": 16, "csm": 16}
NUM_CODEBOOKS = {"llasa": 1, "orpheus": 7, "csm": 2}


def make_system(adapter: str, folder: Path) -> Path:
    """Writes a system; its output distribution is not flat, so that sampling settings matter."""
    torch.manual_seed(0)
    MAKERS[adapter](folder)
    return folder


def make_codec(adapter: str, folder: Path) -> Path:
    """Writes a codec of the mini size that was never trained."""
    torch.manual_seed(0)
    codec = load_class(TRAINABLE_CODECS, adapter, "codec")()
    for module in codec.modules():
        if isinstance(module, MovingCodebook):  # empty until it is trained
            module.sums.normal_()
            module.counts.fill_(1.0)
    codec.save(folder)
    return folder


def _llama(tokenizer, folder: Path) -> None:
    tokenizer.save_pretrained(folder)
    config = mini_llama_config(len(tokenizer), hidden_size=64, num_layers=2)
    config.tie_word_embeddings = False
    config.codec_frame_rate = 12.5
    model = LlamaForCausalLM(config)
    model.lm_head.weight.data.mul_(5)
    model.save_pretrained(folder)


def _llasa(folder: Path) -> None:
    """Nearly all of its vocabulary is codes: some candidates reach the cap while others end."""
    _llama(mini_llasa_tokenizer(NUM_CODES["llasa"]), folder)


def _orpheus(folder: Path) -> None:
    _llama(mini_orpheus_tokenizer(NUM_CODES["orpheus"]), folder)


def _csm(folder: Path) -> None:
    """Two codebooks of few codes, so that a frame of two zeros, the end, is sometimes drawn."""
    codec = MimiConfig(
        sampling_rate=16_000, upsampling_ratios=[8, 5, 4, 2], codebook_size=NUM_CODES["csm"],
        codebook_dim=32, vector_quantization_hidden_dimension=32, num_quantizers=2,
        num_semantic_quantizers=1, num_attention_heads=4, num_key_value_heads=4, head_dim=8,
    )  # fmt: skip
    lm: TrainableLM = TrainableCsm(
        SimpleNamespace(model=SimpleNamespace(config=codec)), hidden_size=64, num_layers=1
    )  # type: ignore[arg-type]
    lm.model.lm_head.weight.data.mul_(5)
    lm.model.save_pretrained(folder)
    lm.tokenizer.save_pretrained(folder)


MAKERS = {"llasa": _llasa, "orpheus": _orpheus, "csm": _csm}
