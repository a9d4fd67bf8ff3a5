"""Training of `mini-csm`: transformers' CSM class on precomputed codes.

The class would encode audio with its own Mimi at each step; here the frames are embedded as it
embeds them (`backbone_model.embed_tokens`) and given as labels, so that the codec is not needed.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import CsmConfig, CsmForConditionalGeneration, MimiConfig

from selfverify.codecs.mimi import Mimi
from selfverify.pretraining.lm import (
    CODE_NOISE,
    TrainableLM,
    fast_products,
    padded_width,
    random_codes,
)
from selfverify.pretraining.tokenizers import CSM_TOKENS, mini_csm_tokenizer
from selfverify.systems.base import TrainingExample

IGNORED = -100  # labels that have no loss
# Of the frames, those on which the depth decoder is trained: it sees many times more codes than
# the backbone sees frames and does not need them all (Sesame's amortisation, there 1/16).
DEPTH_SHARE = 0.25
# Not 32, CSM-1B's codebooks: as many frames as codebooks are an IndexError in transformers 5.23
# where layers are recomputed, since it takes the depth decoder's positions for a batch of rows.
DEPTH_STEP = 48
# The class holds a codec of its own, which the pipeline never calls: the smallest there is.
UNUSED_CODEC = {
    "num_filters": 2, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1,
    "upsample_groups": 32, "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 32,
}  # fmt: skip


def mini_csm_config(
    tokens: dict[str, int], vocab_size: int, codec: MimiConfig, hidden_size: int, num_layers: int
) -> CsmConfig:
    """Returns the configuration of a small CSM over a codec's codebooks.

    Args:
        tokens: ids of `CSM_TOKENS`.
        vocab_size: of the text.
        codec: configuration of the Mimi that the codes are of.
        hidden_size: of backbone and depth decoder, a multiple of 64.
        num_layers: of the backbone; the depth decoder has two.
    """
    shared: dict[str, Any] = {
        "num_codebooks": codec.num_quantizers, "vocab_size": codec.codebook_size,
        "hidden_size": hidden_size, "intermediate_size": hidden_size * 8 // 3,
        "num_attention_heads": hidden_size // 64, "num_key_value_heads": hidden_size // 64,
        "head_dim": 64, "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
    }  # fmt: skip
    begin, _, audio, audio_end = (tokens[token] for token in CSM_TOKENS)
    return CsmConfig(
        **shared, text_vocab_size=vocab_size, num_hidden_layers=num_layers,
        max_position_embeddings=1024, bos_token_id=begin, eos_token_id=None, pad_token_id=0,
        audio_token_id=audio, audio_eos_token_id=audio_end, codebook_pad_token_id=0,
        codebook_eos_token_id=0, codec_config=_without_path(codec) | UNUSED_CODEC,
        depth_decoder_config=shared | {
            "backbone_hidden_size": hidden_size, "num_hidden_layers": 2,
            "max_position_embeddings": codec.num_quantizers + 1, "pad_token_id": None,
        },
    )  # fmt: skip


def _without_path(codec: MimiConfig) -> dict[str, Any]:
    """A configuration without where it was loaded from, which is a folder of one machine."""
    return {key: value for key, value in codec.to_dict().items() if key != "_name_or_path"}


class TrainableCsm(TrainableLM):
    """A small CSM; a batch is texts and, after each, frames of K codes."""

    def __init__(self, codec: Mimi, hidden_size: int, num_layers: int) -> None:
        self.tokenizer = mini_csm_tokenizer()
        ids = {token: self.tokenizer.get_vocab()[token] for token in CSM_TOKENS}
        config = mini_csm_config(
            ids, len(self.tokenizer), codec.model.config, hidden_size, num_layers
        )
        self.model: Any = CsmForConditionalGeneration(config)
        self.model.codec_model.requires_grad_(False)
        self.decoder, self.text_embedding = self.model.backbone_model, self.model.embed_text_tokens
        self.compiled = [self.decoder, self.model.depth_decoder.model]

    def loss(self, examples: Sequence[TrainingExample]) -> torch.Tensor:
        """Returns the backbone's loss plus the depth decoder's, in nats per code of each."""
        return csm_loss(self.model, examples, noise=CODE_NOISE if self.model.training else 0.0)


def csm_loss(model: Any, examples: Sequence[TrainingExample], noise: float = 0.0) -> torch.Tensor:
    """Returns a CSM's loss on frames: the backbone's plus the depth decoder's, nats per code.

    Args:
        model: the CSM.
        examples: texts and frames.
        noise: share of the codes that the backbone reads which are others of their codebook.
    """
    device = model.device
    text, frames, labels = _collate(examples, model.config.num_codebooks)
    if noise:
        frames = _noisy(frames, noise, model.config.vocab_size)
    if model.training:
        _amortise(labels)
    text, frames, labels = text.to(device), frames.to(device), labels.to(device)
    is_speech = labels[..., :1] != IGNORED
    spoken = model.backbone_model.embed_tokens(frames)
    embedded = torch.where(is_speech, spoken, model.embed_text_tokens(text))
    with fast_products(device):
        return model(inputs_embeds=embedded, labels=labels).loss


def _collate(
    examples: Sequence[TrainingExample], num_codebooks: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Text ids (B, L), frames and labels (B, L, K), made on the host and padded on the right.

    What stands in the padding is never seen, since attention is causal.
    """
    rows = []
    for example in examples:
        num_text = example.labels.count(IGNORED)
        spoken = torch.tensor(example.input_ids[num_text:]).view(-1, num_codebooks)
        rows.append((torch.tensor(example.input_ids[:num_text]), spoken))
    width = padded_width(max(len(said) + len(spoken) for said, spoken in rows))
    text = torch.zeros(len(rows), width, dtype=torch.long)
    frames = torch.zeros(len(rows), width, num_codebooks, dtype=torch.long)
    labels = torch.full_like(frames, IGNORED)
    for row, (said, spoken) in enumerate(rows):
        text[row, : len(said)] = said
        place = slice(len(said), len(said) + len(spoken))
        frames[row, place] = labels[row, place] = spoken
    return text, frames, labels


def _noisy(frames: torch.Tensor, noise: float, codebook_size: int) -> torch.Tensor:
    is_noise = torch.rand(frames.shape) < noise
    return torch.where(is_noise, random_codes(frames, codebook_size), frames)


def _amortise(labels: torch.Tensor) -> None:
    """Takes all codebooks but the first from the labels (B, L, K) of most frames, in place.

    As many keep them as a multiple of `DEPTH_STEP` says: each new shape costs a kernel.
    """
    rows = labels.view(-1, labels.shape[-1])
    spoken = (rows[:, 0] != IGNORED).nonzero()[:, 0]
    num_kept = max(1, round(DEPTH_SHARE * len(spoken) / DEPTH_STEP)) * DEPTH_STEP
    rows[spoken[torch.randperm(len(spoken))[num_kept:]], 1:] = IGNORED
