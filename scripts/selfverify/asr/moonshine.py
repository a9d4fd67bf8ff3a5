"""Moonshine through transformers: a second family of recognisers, without a hub.

The wheel moonshine-voice 0.0.73 (MIT, as the weights are; later ones carry none) has Moonshine tiny
for English, 27 M parameters: a transformer that reads raw samples and writes Llama's tokens,
trained from scratch on 200,000 hours (arXiv 2410.15608, and its model card). Network and decoder
owe nothing to Whisper; whether Whisper wrote some of the transcripts that it learned from is not
known. Only the weights are used, in float32; the package is not imported.

Of what the mini voice says of 150 standard prompts it gets 3.9 % of words and 2.1 % of characters
wrong (table_floors), in less than Whisper tiny.en's time. Like Whisper it writes words under
silence and noise (20 clips of 20): voice activity detection comes first.

Layout of tokenizer.bin: one token after another in the order of their ids, each a length (one byte;
from 128 on two, the low seven bits first) and so many bytes of UTF-8.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache, EncoderDecoderCache
from transformers.models.moonshine.modeling_moonshine import MoonshineEncoderModelOutput

from selfverify.asr.base import (
    NOTHING_HEARD,
    WINDOW_S,
    Hypothesis,
    Recogniser,
    compression_ratio,
    join_segments,
)
from selfverify.asr.moonshine_weights import load_model
from selfverify.audio.samples import RECOGNISER_RATE
from selfverify.errors import InputError

_START, _END = 1, 2  # token ids
# Tokens a second before decoding is given up: a loop would never end. The model card's limit.
_MAX_TOKENS_PER_S = 6.5
_MIN_SAMPLES = 1024  # the encoder's convolutions make at least one frame of them


class Moonshine(Recogniser):
    """A folder with `encoder_model.ort`, `decoder_model_merged.ort`, `tokenizer.bin`; greedy.

    The encoder hears one clip at a time: it normalises over the whole of its input and was trained
    without padding. The decoder writes a batch at once, each clip as if it were alone. It has no
    estimate of silence: `no_speech_prob` is NaN, not known.
    """

    weights_file = "decoder_model_merged.ort"

    def __init__(self, model: str, *, device: str = "cpu", **options) -> None:
        super().__init__(**options)
        if self.language != "en":
            raise InputError(f"metric.language: {model} hears English, not {self.language!r}")
        network: Any = load_model(Path(model))
        self.model = network.to(device)
        self.tokens = list(_read_tokens((Path(model) / "tokenizer.bin").read_bytes()))

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        audible = [i for i, clip in enumerate(clips) if len(clip) >= _MIN_SAMPLES]
        audible.sort(key=lambda i: len(clips[i]))
        heard: dict[int, Hypothesis] = {}
        for start in range(0, len(audible), self.batch_size):
            batch = audible[start : start + self.batch_size]
            heard |= dict(zip(batch, self._hear([clips[i] for i in batch]), strict=True))
        return [heard.get(i, NOTHING_HEARD) for i in range(len(clips))]

    def _long(self, clip: np.ndarray) -> Hypothesis:
        # Equal pieces that fit the window; a word on a cut may be lost.
        num_pieces = math.ceil(len(clip) / (WINDOW_S * RECOGNISER_RATE))
        return join_segments(self._short(np.array_split(clip, num_pieces)))

    def _hear(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        limits = [math.ceil(_MAX_TOKENS_PER_S * len(clip) / RECOGNISER_RATE) for clip in clips]
        written = self._write([self._encode(clip) for clip in clips], limits)
        return [self._hypothesis(*ids_and_logprobs) for ids_and_logprobs in written]

    @torch.inference_mode()
    def _encode(self, clip: np.ndarray) -> torch.Tensor:
        """The encoder's states, (frames, size)."""
        samples = torch.from_numpy(clip)[None].to(self.model.device)
        return self.model.model.encoder(samples).last_hidden_state[0]

    @torch.inference_mode()
    def _write(
        self, states: list[torch.Tensor], limits: list[int]
    ) -> list[tuple[list[int], list[float]]]:
        """Per clip the ids of at most so many tokens and their log probabilities, the end's too."""
        written: list[tuple[list[int], list[float]]] = [([], []) for _ in states]
        rows = list(range(len(states)))
        heard, mask = _padded(states)
        memory = EncoderDecoderCache(DynamicCache(), DynamicCache())
        last = torch.full((len(rows),), _START, device=self.model.device)
        while rows:
            step = self.model(
                encoder_outputs=MoonshineEncoderModelOutput(heard, attention_mask=mask),
                decoder_input_ids=last[:, None],
                past_key_values=memory,
            )
            best, last = step.logits[:, -1].log_softmax(dim=-1).max(dim=-1)
            for row, token, logprob in zip(rows, last.tolist(), best.tolist(), strict=True):
                written[row][0].append(token)
                written[row][1].append(logprob)
            going = [
                place
                for place, row in enumerate(rows)
                if written[row][0][-1] != _END and len(written[row][0]) < limits[row]
            ]
            if len(going) < len(rows):
                rows = [rows[place] for place in going]
                places = torch.tensor(going, dtype=torch.long, device=last.device)
                heard, mask, last = heard[places], mask[places], last[places]
                memory.batch_select_indices(places)
        return written

    def _hypothesis(self, ids: list[int], logprobs: list[float]) -> Hypothesis:
        words = (self.tokens[i] for i in ids if _END < i < len(self.tokens))
        text = b"".join(words).decode(errors="replace").replace("▁", " ").strip()
        return Hypothesis(
            text=text,
            avg_logprob=float(np.mean(logprobs)),
            no_speech_prob=math.nan,
            compression_ratio=compression_ratio(text),
        )


def _padded(states: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """What a batch of clips sounds like, (batch, frames, size), and where there is sound."""
    padded = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)
    lengths = torch.tensor([len(clip) for clip in states])
    mask = torch.arange(padded.shape[1]) < lengths[:, None]
    return padded, mask.long().to(padded.device)


def _read_tokens(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        length = data[position]
        position += 1
        if length >= 128:
            length += (data[position] - 1) * 128
            position += 1
        yield data[position : position + length]
        position += length
