"""Moonshine through onnxruntime: a second family of recognisers, without a hub.

The wheel moonshine-voice 0.0.73 (MIT, as the weights are; later ones carry none) has Moonshine tiny
for English, 27 M parameters: a transformer that reads raw samples and writes Llama's tokens,
trained from scratch on 200,000 hours (arXiv 2410.15608, and its model card). Network and decoder
owe nothing to Whisper; whether Whisper wrote some of the transcripts that it learned from is not
known. Only the weights are used, the package is not imported.

Of 60 clean held-out sentences of the mini voice it gets 7 % of words and 2 % of characters wrong,
in .10 s of CPU each (Whisper tiny.en .61 s). Like Whisper it writes words under silence and noise
(20 clips of 20): voice activity detection comes first.

Layout of tokenizer.bin: one token after another in the order of their ids, each a length (one byte;
from 128 on two, the low seven bits first) and so many bytes of UTF-8.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime

from selfverify.asr.base import (
    NOTHING_HEARD,
    WINDOW_S,
    Hypothesis,
    Recogniser,
    compression_ratio,
    join_segments,
)
from selfverify.audio.samples import RECOGNISER_RATE
from selfverify.errors import InputError

_START, _END = 1, 2  # token ids
# Tokens a second before decoding is given up: a loop would never end. The model card's limit.
_MAX_TOKENS_PER_S = 6.5
_MIN_SAMPLES = 1024  # the encoder's convolutions make at least one frame of them


class Moonshine(Recogniser):
    """A folder with `encoder_model.ort`, `decoder_model_merged.ort`, `tokenizer.bin`; greedy.

    One clip at a time, since the model was trained without padding, on one thread of the CPU
    whatever `device` says. It has no estimate of silence: `no_speech_prob` is NaN, not known.
    """

    weights_file = "decoder_model_merged.ort"

    def __init__(self, model: str, *, device: str = "cpu", **options) -> None:
        super().__init__(**options)
        if self.language != "en":
            raise InputError(f"metric.language: {model} hears English, not {self.language!r}")
        self.encoder = _session(Path(model) / "encoder_model.ort")
        self.decoder = _session(Path(model) / self.weights_file)
        self.tokens = list(_read_tokens((Path(model) / "tokenizer.bin").read_bytes()))

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        return [self._hear(clip) for clip in clips]

    def _long(self, clip: np.ndarray) -> Hypothesis:
        # Equal pieces that fit the window; a word on a cut may be lost.
        num_pieces = math.ceil(len(clip) / (WINDOW_S * RECOGNISER_RATE))
        return join_segments([self._hear(piece) for piece in np.array_split(clip, num_pieces)])

    def _hear(self, clip: np.ndarray) -> Hypothesis:
        if len(clip) < _MIN_SAMPLES:
            return NOTHING_HEARD
        mask = np.ones((1, len(clip)), np.int64)
        states = _run(self.encoder, {"input_values": clip[None], "attention_mask": mask})
        audio = {
            "encoder_hidden_states": states["last_hidden_state"],
            "encoder_attention_mask": mask,
        }
        max_tokens = math.ceil(_MAX_TOKENS_PER_S * len(clip) / RECOGNISER_RATE)
        ids, logprobs = self._decode(audio, max_tokens)
        text = b"".join(self.tokens[i] for i in ids).decode(errors="replace")
        text = text.replace("▁", " ").strip()
        return Hypothesis(
            text=text,
            avg_logprob=float(np.mean(logprobs)),
            no_speech_prob=math.nan,
            compression_ratio=compression_ratio(text),
        )

    def _decode(
        self, audio: dict[str, np.ndarray], max_tokens: int
    ) -> tuple[list[int], list[float]]:
        """Ids of text, and the log probability of every step, the end's included."""
        memory = {
            i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32)
            for i in self.decoder.get_inputs()
            if i.name.startswith("past_key_values")
        }
        ids, logprobs, last = [], [], _START
        while last != _END and len(ids) < max_tokens:
            step = {"input_ids": np.array([[last]]), "use_cache_branch": np.array([bool(ids)])}
            found = _run(self.decoder, step | audio | memory)
            logits = found.pop("logits")[0, -1]
            # What depends on the audio alone comes with the first step only.
            memory |= {
                name.replace("present", "past_key_values"): value
                for name, value in found.items()
                if ".decoder." in name or not ids
            }
            last = int(logits.argmax())
            logprobs.append(float(logits[last] - np.logaddexp.reduce(logits)))
            ids.append(last)
        return [i for i in ids if _END < i < len(self.tokens)], logprobs


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _run(
    session: onnxruntime.InferenceSession, feed: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Outputs by name; of the feed only what this export asks for (some have no masks)."""
    wanted = {i.name: feed[i.name] for i in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, map(np.asarray, session.run(None, wanted)), strict=True))


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
