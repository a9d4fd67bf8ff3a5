"""Llasa: a Llama that continues text with XCodec2 codes, one code a token.

Template, ids and training layout: `train_tts.py` and the inference example of
zhenye234/LLaSA_training at ef5c260. Speech tokens are the last of the vocabulary: code c is
`<|s_c|>`; speech ends with `<|SPEECH_GENERATION_END|>`.
"""

from typing import Any

from selfverify.errors import InputError
from selfverify.systems.checks import check_code_range
from selfverify.systems.llama import LlamaSystem

INSTRUCTION = "Convert the text to speech:"
# Llama 3.2's template prints today's date unless one is given; the prompt must not change daily.
DATE_STRING = "26 Jul 2024"


class Llasa(LlamaSystem):
    """A Llasa checkpoint. It has no voices: the speaker is another for each candidate."""

    kind = "Llasa"
    row_of_slot = (0,)
    frame_rate = 50.0  # XCodec2

    def _find_codes(self, config: Any) -> None:
        if self.voice:
            raise InputError(
                f"{self.name}: Llasa has no voices to choose from; remove {self.voice!r}"
            )
        self.first_code_id = self._id("<|s_0|>")
        self.end_id = self._id("<|SPEECH_GENERATION_END|>")
        vocabulary = self.tokenizer.get_vocab()
        self.codebook_size = check_code_range(self.name, vocabulary, "<|s_{}|>", 0, num_slots=1)

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
