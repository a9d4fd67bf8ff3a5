"""CTC recognisers of transformers (wav2vec 2.0, HuBERT, …): no decoder that could smooth or invent.

Another family than Whisper: a letter is heard in a frame or it is not, so that a repeated or cut
word is written as it was said.
"""

import numpy as np
import torch
from transformers import AutoModelForCTC, AutoProcessor

from selfverify.asr.base import Hypothesis, Recogniser, compression_ratio
from selfverify.audio.samples import RECOGNISER_RATE


class Ctc(Recogniser):
    """A CTC model and its processor, greedy; one clip at a time, so that nothing is padded."""

    def __init__(
        self, model: str, *, device: str = "cpu", dtype: str = "float32", **options
    ) -> None:
        super().__init__(**options)
        self.processor = AutoProcessor.from_pretrained(model)
        self.model = AutoModelForCTC.from_pretrained(model, dtype=dtype).to(device).eval()

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        return [self._long(clip) for clip in clips]

    @torch.inference_mode()
    def _long(self, clip: np.ndarray) -> Hypothesis:
        inputs = self.processor(clip, sampling_rate=RECOGNISER_RATE, return_tensors="pt")
        logits = self.model(**inputs.to(self.model.device, self.model.dtype)).logits[0]
        best, ids = logits.float().log_softmax(dim=-1).max(dim=-1)
        # Special tokens must stay until repeats are merged: the blank is one, and without it
        # "letter" becomes "leter". Lower case, as Whisper writes; most of these models have upper.
        text = self.processor.decode(ids, skip_special_tokens=False).lower()
        return Hypothesis(
            text=text,
            avg_logprob=best.mean().item(),
            no_speech_prob=(ids == self.model.config.pad_token_id).float().mean().item(),
            compression_ratio=compression_ratio(text),
        )
