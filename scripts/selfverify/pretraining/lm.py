"""Training of the mini language models: batches of similar length, and the loss on speech alone."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from selfverify.codecs.base import Codec
from selfverify.pretraining.tokenizers import mini_llasa_tokenizer, mini_orpheus_tokenizer
from selfverify.systems.base import TrainingExample


class TrainableLM(ABC):
    """A mini language model in the making: its model, tokenizer and loss."""

    decoder: Any  # the part that reads the text, with `layers` and `norm`
    text_embedding: torch.nn.Embedding
    model: PreTrainedModel
    tokenizer: Any  # PreTrainedTokenizerFast

    @abstractmethod
    def loss(self, examples: Sequence[TrainingExample]) -> torch.Tensor:
        """Returns the mean loss of a batch on codes and end, in nats."""


class TrainableLlama(TrainableLM):
    """A small Llama whose vocabulary has the codes: Llasa's and Orpheus' kind."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, *, hidden_size: int, num_layers: int
    ) -> None:
        self.tokenizer = tokenizer
        self.model = LlamaForCausalLM(mini_llama_config(len(tokenizer), hidden_size, num_layers))
        self.decoder, self.text_embedding = self.model.model, self.model.model.embed_tokens

    def loss(self, examples: Sequence[TrainingExample]) -> torch.Tensor:
        """Returns the mean cross-entropy of a batch, in nats per trained token.

        Matrices are multiplied in bfloat16, which made a CPU step 1.6 times as fast; weights and
        loss stay float32.
        """
        batch = collate(examples, self.tokenizer.pad_token_id)
        with torch.autocast(self.model.device.type, torch.bfloat16):
            return self.model(**{k: v.to(self.model.device) for k, v in batch.items()}).loss


def trainable_llasa(codec: Codec, hidden_size: int, num_layers: int) -> TrainableLM:
    """Returns a mini Llasa for a codec of one codebook."""
    tokenizer = mini_llasa_tokenizer(codec.codebook_size)
    return TrainableLlama(tokenizer, hidden_size=hidden_size, num_layers=num_layers)


def trainable_orpheus(codec: Codec, hidden_size: int, num_layers: int) -> TrainableLM:
    """Returns a mini Orpheus for a SNAC."""
    tokenizer = mini_orpheus_tokenizer(codec.codebook_size)
    lm = TrainableLlama(tokenizer, hidden_size=hidden_size, num_layers=num_layers)
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


def collate(examples: Sequence[TrainingExample], pad_id: int) -> dict[str, torch.Tensor]:
    """Returns input_ids, attention_mask and labels (B, L), padded on the right."""
    width = max(len(example.input_ids) for example in examples)

    def padded(rows: list[list[int]], value: int) -> torch.Tensor:
        return torch.tensor([row + [value] * (width - len(row)) for row in rows])

    return {
        "input_ids": padded([e.input_ids for e in examples], pad_id),
        "attention_mask": padded([[1] * len(e.input_ids) for e in examples], 0),
        "labels": padded([e.labels for e in examples], -100),
    }
