"""Training of the mini language models: batches of similar length, and the loss on speech alone."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from shutil import which
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from selfverify.codecs.base import Codec
from selfverify.pretraining.tokenizers import mini_llasa_tokenizer, mini_orpheus_tokenizer
from selfverify.systems.base import TrainingExample
from selfverify.systems.orpheus import NUM_MARKS

# Of a batch: each new shape costs a CPU a kernel, and the allocator memory that it keeps.
PAD_TO = 32
# Share of the codes read in training that are others of their codebook: a model learns to lean on
# the text, and to go on after a code that it should not have drawn. What it is to say stays.
CODE_NOISE = 0.15


class TrainableLM(ABC):
    """A mini language model in the making: its model, tokenizer and loss."""

    decoder: Any  # the part that reads the text, with `layers` and `norm`
    compiled: Sequence[torch.nn.Module]  # the parts that take the time of a step
    text_embedding: torch.nn.Embedding
    model: PreTrainedModel
    tokenizer: Any  # PreTrainedTokenizerFast

    @abstractmethod
    def loss(self, examples: Sequence[TrainingExample]) -> torch.Tensor:
        """Returns the mean loss of a batch on codes and end, in nats."""

    def compile(self) -> None:
        """Compiles the layers for any shape, where the machine can; weights keep their names.

        On a CPU: a step of mini-orpheus took 1.86 s of it and takes 1.50, of mini-csm, 32 clips,
        2.04 and 1.44. The first step takes a minute more, and a C++ compiler.
        """
        if self.model.device.type == "cpu" and which(os.environ.get("CXX", "g++")):
            for layers in self.compiled:
                layers.compile(dynamic=True)


class TrainableLlama(TrainableLM):
    """A small Llama whose vocabulary has the codes: Llasa's and Orpheus' kind."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        *,
        first_code: str,
        codebook_size: int,
        hidden_size: int,
        num_layers: int,
    ) -> None:
        self.tokenizer = tokenizer
        self.first_code: Any = tokenizer.convert_tokens_to_ids(
            first_code
        )  # all ids after are codes
        self.codebook_size = codebook_size
        self.model = LlamaForCausalLM(mini_llama_config(len(tokenizer), hidden_size, num_layers))
        self.decoder, self.text_embedding = self.model.model, self.model.model.embed_tokens
        self.compiled = [self.decoder]

    def loss(self, examples: Sequence[TrainingExample]) -> torch.Tensor:
        """Returns the mean cross-entropy of a batch, in nats per trained token."""
        batch = collate(examples, self.tokenizer.pad_token_id)
        if self.model.training:
            batch["input_ids"] = self._noisy(batch["input_ids"])
        with fast_products(self.model.device):
            return self.model(**{k: v.to(self.model.device) for k, v in batch.items()}).loss

    def _noisy(self, input_ids: torch.Tensor) -> torch.Tensor:
        """The same with `CODE_NOISE` of the codes replaced, each within its codebook."""
        codes = input_ids - self.first_code
        others = codes - codes % self.codebook_size + random_codes(codes, self.codebook_size)
        is_noise = (codes >= 0) & (torch.rand(codes.shape) < CODE_NOISE)
        return torch.where(is_noise, others + self.first_code, input_ids)


def fast_products(device: torch.device) -> AbstractContextManager[Any]:
    """Returns what multiplies matrices in bfloat16 where that is faster; weights stay float32.

    Taken to be so on a GPU and on a processor with tiles (AMX). AVX-512 alone multiplied bfloat16
    at 82 GFLOP/s and float32 at 140, so that a step of mini-csm took 1.47 s and takes 1.00 s.
    """
    is_faster = device.type != "cpu" or bool(torch.cpu.get_capabilities().get("amx_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=is_faster)


def random_codes(like: torch.Tensor, codebook_size: int) -> torch.Tensor:
    """Returns random codes of the shape of a tensor of codes."""
    return torch.randint(codebook_size, like.shape, device=like.device)


def trainable_llasa(codec: Codec, hidden_size: int, num_layers: int) -> TrainableLM:
    """Returns a mini Llasa for a codec of one codebook."""
    tokenizer = mini_llasa_tokenizer(codec.codebook_size)
    return TrainableLlama(
        tokenizer, first_code="<|s_0|>", codebook_size=codec.codebook_size,
        hidden_size=hidden_size, num_layers=num_layers,
    )  # fmt: skip


def trainable_orpheus(codec: Codec, hidden_size: int, num_layers: int) -> TrainableLM:
    """Returns a mini Orpheus for a SNAC."""
    tokenizer = mini_orpheus_tokenizer(codec.codebook_size)
    lm = TrainableLlama(
        tokenizer, first_code=f"<custom_token_{NUM_MARKS}>", codebook_size=codec.codebook_size,
        hidden_size=hidden_size, num_layers=num_layers,
    )  # fmt: skip
    lm.model.config.codec_frame_rate = codec.frame_rate
    return lm


def mini_llama_config(vocab_size: int, hidden_size: int, num_layers: int) -> LlamaConfig:
    """Returns the configuration of a small Llama with tied embeddings."""
    return LlamaConfig(
        vocab_size=vocab_size, hidden_size=hidden_size, intermediate_size=hidden_size * 8 // 3,
        num_hidden_layers=num_layers, num_attention_heads=hidden_size // 64,
        num_key_value_heads=hidden_size // 64, max_position_embeddings=2048,
        tie_word_embeddings=True, bos_token_id=None, eos_token_id=None,
        pad_token_id=0,
    )  # fmt: skip


def draw_batch(
    lengths: np.ndarray, rng: np.random.Generator, batch_size: int, jitter: float = 12.0
) -> np.ndarray:
    """Returns indices of `batch_size` examples of similar length, shape (batch_size,).

    Sorting by length plus noise and cutting at a random place leaves little padding, while batches
    keep changing their members.
    """
    order = np.argsort(lengths + rng.uniform(0.0, jitter, len(lengths)), kind="stable")
    start = int(rng.integers(-batch_size + 1, len(order)))
    return order[max(0, start) : start + batch_size]


def padded_width(length: int) -> int:
    """Returns the next multiple of `PAD_TO`."""
    return -(-length // PAD_TO) * PAD_TO


def collate(examples: Sequence[TrainingExample], pad_id: int) -> dict[str, torch.Tensor]:
    """Returns input_ids and labels (B, L), padded on the right to a multiple of `PAD_TO`.

    Attention is causal, so what stands before the padding never sees it: no mask, which is faster.
    """
    width = padded_width(max(len(example.input_ids) for example in examples))

    def padded(rows: list[list[int]], value: int) -> torch.Tensor:
        return torch.tensor([row + [value] * (width - len(row)) for row in rows])

    return {
        "input_ids": padded([e.input_ids for e in examples], pad_id),
        "labels": padded([e.labels for e in examples], -100),
    }
