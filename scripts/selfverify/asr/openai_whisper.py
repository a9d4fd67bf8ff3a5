"""OpenAI's Whisper through its own package: a model name, or a checkpoint file."""

from typing import Any

import numpy as np
import torch
import whisper

from selfverify.asr.base import Hypothesis, Recogniser, join_segments


class OpenAIWhisper(Recogniser):
    """`openai-whisper`, greedy."""

    def __init__(self, model: str, *, device: str = "cpu", **options) -> None:
        super().__init__(**options)
        self.model = whisper.load_model(model, device=device)
        self.fp16 = device != "cpu"

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        num_mels = self.model.dims.n_mels
        mels = torch.stack(
            [whisper.log_mel_spectrogram(whisper.pad_or_trim(clip), num_mels) for clip in clips]
        ).to(self.model.device)
        options = whisper.DecodingOptions(
            language=self.language, temperature=0.0, without_timestamps=True, fp16=self.fp16
        )
        hypotheses = []
        for start in range(0, len(clips), self.batch_size):
            results = whisper.decode(self.model, mels[start : start + self.batch_size], options)
            assert isinstance(results, list)  # a batch in, a list out
            hypotheses += [
                Hypothesis(r.text.strip(), r.avg_logprob, r.no_speech_prob, r.compression_ratio)
                for r in results
            ]
        return hypotheses

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
