"""Llasa: a Llama that continues text with XCodec2 codes, one code a token.

Template, ids and training layout: `train_tts.py` and the inference example of
zhenye234/LLaSA_training at ef5c260. Speech tokens are the last of the vocabulary: code c is
`<|s_c|>`; speech ends with `<|SPEECH_GENERATION_END|>`.
"""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from selfverify.adapters.loading import load_whole
from selfverify.errors import InputError
from selfverify.storage.records import StopReason
from selfverify.systems.base import (
    SampledCodes,
    SamplingRequest,
    SamplingSettings,
    TrainingExample,
    TTSSystem,
)
from selfverify.systems.checks import (
    check_code_range,
    check_embedding,
    naming_requests,
    read_stop_ids,
)
from selfverify.systems.generation import generate

INSTRUCTION = "Convert the text to speech:"
# Llama 3.2's template prints today's date unless one is given; the prompt must not change daily.
DATE_STRING = "26 Jul 2024"


class Llasa(TTSSystem):
    """A Llasa checkpoint and its tokenizer.

    Args:
        checkpoint: folder.
        device: where the model runs.
        dtype: of the weights, a name of torch's.
        voice: must be empty; the speaker is another for each candidate.
        load_model: whether to load weights; prompts and training examples need none.
    """

    model_type = "llama"
    frame_rate = 50.0  # XCodec2

    def __init__(
        self,
        checkpoint: str | Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        voice: str = "",
        load_model: bool = True,
    ) -> None:
        self.name = Path(checkpoint).name
        if voice:
            raise InputError(f"{self.name}: Llasa has no voices to choose from; remove {voice!r}")
        self.tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        self.first_code_id = self._id("<|s_0|>")
        self.end_id = self._id("<|SPEECH_GENERATION_END|>")
        vocabulary = self.tokenizer.get_vocab()
        self.codebook_size = check_code_range(self.name, vocabulary, "<|s_{}|>", 0, num_slots=1)
        check_embedding(
            self.name, max(vocabulary.values()), LlamaConfig.from_pretrained(checkpoint).vocab_size
        )
        self.stop_ids = read_stop_ids(checkpoint, self.end_id)
        if load_model:
            model = load_whole(LlamaForCausalLM, checkpoint, dtype=dtype)
            self.model = model.to(device).eval()

    def prompt_ids(self, text: str) -> list[int]:
        """Returns the ids up to and including `<|SPEECH_GENERATION_START|>`."""
        spoken = f"<|TEXT_UNDERSTANDING_START|>{text}<|TEXT_UNDERSTANDING_END|>"
        chat = [
            {"role": "user", "content": INSTRUCTION + spoken},
            {"role": "assistant", "content": "<|SPEECH_GENERATION_START|>"},
        ]
        ids = self.tokenizer.apply_chat_template(
            chat, tokenize=True, continue_final_message=True, date_string=DATE_STRING,
            return_dict=False,
        )  # fmt: skip
        self.check_text(text, ids)
        return list(ids)

    def sample(
        self, requests: Sequence[SamplingRequest], settings: SamplingSettings
    ) -> list[SampledCodes]:
        """Returns one result per request; see `TTSSystem.sample`."""
        with naming_requests(self.name, self.model.dtype, requests):
            sampled = generate(
                self.model,
                [self.prompt_ids(request.text) for request in requests],
                requests,
                settings,
                num_steps=ceil(settings.max_audio_s * self.frame_rate),
                speech_ids=(self.first_code_id, self.first_code_id + self.codebook_size - 1),
            )
        return [self.parse(ids) for ids in sampled]

    def parse(self, token_ids: Sequence[int]) -> SampledCodes:
        """Returns codes and stop reason of the ids that the model gave after its prompt."""
        codes = np.array(token_ids, dtype=np.int64) - self.first_code_id
        outside = np.flatnonzero((codes < 0) | (codes >= self.codebook_size))
        num_frames = int(outside[0]) if outside.size else len(codes)
        if not outside.size:
            reason = StopReason.CAP
        elif token_ids[num_frames] not in self.stop_ids:
            reason = StopReason.INVALID_CODES
        else:
            reason = StopReason.EOS if num_frames else StopReason.EMPTY
        return SampledCodes(list(token_ids), codes[None, :num_frames], reason)

    def training_example(self, text: str, codes: np.ndarray) -> TrainingExample:
        """Returns prompt, codes and end token; the loss is on codes and end token."""
        prompt = self.prompt_ids(text)
        speech = [*(codes[0] + self.first_code_id).tolist(), self.end_id]
        return TrainingExample(prompt + speech, [-100] * len(prompt) + speech)

    def _id(self, token: str) -> int:
        token_id = self.tokenizer.get_vocab().get(token)
        if token_id is None:
            raise InputError(
                f"{self.name}: the tokenizer has no {token}, so this is no Llasa; choose another "
                "adapter"
            )
        return token_id
