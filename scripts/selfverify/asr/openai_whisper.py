"""OpenAI's Whisper through its own package: a model name, or a checkpoint file."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from math import ceil
from typing import Any

import numpy as np
import torch
import whisper
from torch import Tensor

from selfverify.asr.base import WINDOW_S, Hypothesis, Recogniser, join_segments
from selfverify.audio.samples import RECOGNISER_RATE

FRAMES_PER_S = 50  # of the encoder: a mel frame every 10 ms, halved by its second convolution


class OpenAIWhisper(Recogniser):
    """`openai-whisper`, greedy.

    With `padding_s` a short clip is followed by so much silence, rounded up to whole seconds, and
    not by silence up to 30 s, which is what an encoder spends most of its time on. Tiny.en with
    12 s took half as long (.36 s of a CPU a clip, .69 s with 30 s) and understood clean speech as
    well (56 clips: 9.3 % of words wrong, 9.9 %); of 120 candidates of a mini system it judged 5
    otherwise. With 4 s 4 of 48 clips more failed, with half a second 18.
    """

    can_shorten_window = True

    def __init__(self, model: str, *, device: str = "cpu", **options) -> None:
        super().__init__(**options)
        self.model = whisper.load_model(model, device=device)
        self.fp16 = device != "cpu"

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        # By window, so that what is heard in a clip does not depend on the clips beside it.
        windows = [self._window_s(clip) for clip in clips]
        order = sorted(range(len(clips)), key=windows.__getitem__)
        heard: dict[int, Hypothesis] = {}
        for window_s, group in groupby(order, key=windows.__getitem__):
            same = list(group)
            for start in range(0, len(same), self.batch_size):
                batch = same[start : start + self.batch_size]
                results = self._decode([clips[i] for i in batch], window_s)
                heard |= dict(zip(batch, results, strict=True))
        return [heard[i] for i in range(len(clips))]

    def _window_s(self, clip: np.ndarray) -> int:
        """Whole seconds that the encoder is shown of a clip and the silence after it."""
        if not self.padding_s:
            return int(WINDOW_S)
        return min(int(WINDOW_S), ceil(len(clip) / RECOGNISER_RATE + self.padding_s))

    def _decode(self, clips: list[np.ndarray], window_s: int) -> list[Hypothesis]:
        num_samples, num_mels = window_s * RECOGNISER_RATE, self.model.dims.n_mels
        mels = [
            whisper.log_mel_spectrogram(whisper.pad_or_trim(clip, num_samples), num_mels)
            for clip in clips
        ]
        options = whisper.DecodingOptions(
            language=self.language, temperature=0.0, without_timestamps=True, fp16=self.fp16
        )
        with self._encoder_of(window_s):
            results = self._run(torch.stack(mels).to(self.model.device), options)
        return [
            Hypothesis(r.text.strip(), r.avg_logprob, r.no_speech_prob, r.compression_ratio)
            for r in results
        ]

    def _run(self, mels: Tensor, options: whisper.DecodingOptions) -> list[whisper.DecodingResult]:
        results = whisper.decode(self.model, mels, options)
        assert isinstance(results, list)  # a batch in, a list out
        return results

    @contextmanager
    def _encoder_of(self, window_s: int) -> Iterator[None]:
        """The encoder takes shorter windows meanwhile: it asks for as many frames as positions."""
        encoder = self.model.encoder
        positions: Any = encoder.positional_embedding
        encoder.positional_embedding = positions[: window_s * FRAMES_PER_S]
        try:
            yield
        finally:
            encoder.positional_embedding = positions

    def _long(self, clip: np.ndarray) -> Hypothesis:
        result: dict[str, Any] = self.model.transcribe(
            clip, language=self.language, temperature=0.0, condition_on_previous_text=False,
            fp16=self.fp16, verbose=None,
        )  # fmt: skip
        return join_segments(
            [
                Hypothesis(s["text"], s["avg_logprob"], s["no_speech_prob"], s["compression_ratio"])
                for s in result["segments"]
            ]
        )
