"""Training of `mini-llasa`: a small Llama on characters and codes, in Llasa's format."""

from collections.abc import Sequence
from string import ascii_lowercase

import numpy as np
import torch
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from selfverify.systems.base import TrainingExample
from selfverify.systems.llasa import INSTRUCTION

# The order in which Llasa adds them (train_tts.py); the codes follow.
LLASA_TOKENS = [
    f"<|{kind}_{place}|>"
    for kind in (
        "TEXT_GENERATION", "TEXT_UNDERSTANDING", "SPEECH_GENERATION", "SPEECH_UNDERSTANDING",
    )
    for place in ("START", "END")
]  # fmt: skip
CHARACTERS = f" .{ascii_lowercase}"  # all that the corpus has, upper case folded to lower


def mini_llasa_tokenizer(codebook_size: int) -> PreTrainedTokenizerFast:
    """Returns a tokenizer of characters, Llasa's special tokens and `codebook_size` codes.

    Its chat template drops the instruction that the real one reads: characters are tokens here, and
    a constant prefix would be a fifth of every prompt.
    """
    vocabulary = {token: i for i, token in enumerate(["<|pad|>", "<|unk|>", *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unk|>"))
    tokenizer.normalizer = normalizers.Lowercase()  # type: ignore[assignment]
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")  # type: ignore[assignment]
    codes = [f"<|s_{code}|>" for code in range(codebook_size)]
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in [*LLASA_TOKENS, *codes]])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        unk_token="<|unk|>",
        chat_template=(
            "{% for message in messages %}"
            "{{ message['content'] | replace('" + INSTRUCTION + "', '') }}"
            "{% endfor %}"
        ),
    )


def mini_llasa_config(vocab_size: int, hidden_size: int, num_layers: int) -> LlamaConfig:
    """Returns the configuration of a small Llama with tied embeddings."""
    return LlamaConfig(
        vocab_size=vocab_size, hidden_size=hidden_size, intermediate_size=hidden_size * 8 // 3,
        num_hidden_layers=num_layers, num_attention_heads=hidden_size // 64,
        num_key_value_heads=hidden_size // 64, max_position_embeddings=2048,
        tie_word_embeddings=True, attention_dropout=0.1, bos_token_id=None, eos_token_id=None,
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


def mean_loss(model: LlamaForCausalLM, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Returns the mean cross-entropy of a batch, in nats per trained token.

    Matrices are multiplied in bfloat16, which made a CPU step 1.6 times as fast; weights and loss
    stay float32.
    """
    with torch.autocast(model.device.type, torch.bfloat16):
        return model(**batch).loss
