"""Orpheus: a Llama that continues text with SNAC codes, seven tokens a frame.

Template and ids: `engine_class.py` and `decoder.py` of canopyai/Orpheus-TTS at 835ac7c. Token
`<custom_token_N>` is id 128256 + N of the real checkpoint; the first ten are marks, the rest are
codes, slot by slot. Ids stay ids: upstream decodes them to a string and parses that, which drops
code 0 of the first slot.
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

SLOTS = 7  # tokens a frame
# Which row of SNAC's codes each slot is: level 0, then levels 1 and 2 of the frame's first half and
# of its second.
ROW_OF_SLOT = (0, 1, 3, 4, 2, 5, 6)
NUM_MARKS = 10  # custom tokens before the first code
START_OF_SPEECH, END_OF_SPEECH, START_OF_HUMAN, END_OF_HUMAN, START_OF_AI = 1, 2, 3, 4, 5
END_OF_TEXT = "<|eot_id|>"
# Hz, of frames of seven codes; other codecs say theirs in the config.
SNAC_FRAME_RATE = 24_000 / 2048


class Orpheus(TTSSystem):
    """An Orpheus checkpoint and its tokenizer.

    Args:
        checkpoint: folder.
        device: where the model runs.
        dtype: of the weights, a name of torch's.
        voice: the speaker's name before the text, as the real one was trained; "" for none.
        load_model: whether to load weights; prompts and training examples need none.
    """

    model_type = "llama"

    def __init__(
        self,
        checkpoint: str | Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        voice: str = "",
        load_model: bool = True,
    ) -> None:
        self.name, self.voice = Path(checkpoint).name, voice
        self.tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        self.first_custom_id = self._id("<custom_token_0>")
        self.end_id = self.first_custom_id + END_OF_SPEECH
        self.first_code_id = self.first_custom_id + NUM_MARKS
        vocabulary = self.tokenizer.get_vocab()
        self.codebook_size = check_code_range(
            self.name, vocabulary, "<custom_token_{}>", NUM_MARKS, num_slots=SLOTS
        )
        config = LlamaConfig.from_pretrained(checkpoint)
        check_embedding(self.name, max(vocabulary.values()), config.vocab_size)
        self.stop_ids = read_stop_ids(checkpoint, self.end_id)
        self.frame_rate = getattr(config, "codec_frame_rate", SNAC_FRAME_RATE)
        if load_model:
            model = load_whole(LlamaForCausalLM, checkpoint, dtype=dtype)
            self.model = model.to(device).eval()

    def prompt_ids(self, text: str) -> list[int]:
        """Returns start of human, text, its end, and the marks up to start of speech."""
        spoken = f"{self.voice}: {text}" if self.voice else text
        ids = self.tokenizer(spoken).input_ids
        self.check_text(text, ids)
        marks = [self.first_custom_id + n for n in (END_OF_HUMAN, START_OF_AI, START_OF_SPEECH)]
        return [self.first_custom_id + START_OF_HUMAN, *ids, self._id(END_OF_TEXT), *marks]

    def sample(
        self, requests: Sequence[SamplingRequest], settings: SamplingSettings
    ) -> list[SampledCodes]:
        """Returns one result per request; see `TTSSystem.sample`."""
        last_id = self.first_code_id + SLOTS * self.codebook_size - 1
        with naming_requests(self.name, self.model.dtype, requests):
            sampled = generate(
                self.model,
                [self.prompt_ids(request.text) for request in requests],
                requests,
                settings,
                num_steps=ceil(settings.max_audio_s * self.frame_rate) * SLOTS,
                speech_ids=(self.first_code_id, last_id),
            )
        return [self.parse(ids) for ids in sampled]

    def parse(self, token_ids: Sequence[int]) -> SampledCodes:
        """Returns codes (7, T) and stop reason of the ids that the model gave after its prompt.

        A code in another slot than its own makes every later one wrong, so it ends the utterance;
        an incomplete last frame is cut off.
        """
        slots = np.arange(len(token_ids)) % SLOTS
        offsets = self.first_code_id + slots * self.codebook_size
        codes = np.array(token_ids, dtype=np.int64) - offsets
        outside = np.flatnonzero((codes < 0) | (codes >= self.codebook_size))
        num_valid = int(outside[0]) if outside.size else len(codes)
        num_frames = num_valid // SLOTS
        frames = codes[: num_frames * SLOTS].reshape(num_frames, SLOTS)
        rows = np.empty((SLOTS, num_frames), dtype=np.int64)
        rows[list(ROW_OF_SLOT)] = frames.T
        if not outside.size:
            reason = StopReason.CAP
        elif token_ids[num_valid] not in self.stop_ids:
            reason = StopReason.INVALID_CODES
        else:
            reason = StopReason.EOS if num_frames else StopReason.EMPTY
        return SampledCodes(list(token_ids), rows, reason)

    def training_example(self, text: str, codes: np.ndarray) -> TrainingExample:
        """Returns prompt, codes and end of speech; the loss is on codes and end."""
        offsets = self.first_code_id + np.arange(SLOTS) * self.codebook_size
        speech = (codes[list(ROW_OF_SLOT)].T + offsets).ravel().tolist()
        prompt = self.prompt_ids(text)
        labels = [*speech, self.end_id]
        return TrainingExample(prompt + labels, [-100] * len(prompt) + labels)

    def _id(self, token: str) -> int:
        token_id = self.tokenizer.get_vocab().get(token)
        if token_id is None:
            raise InputError(
                f"{self.name}: the tokenizer has no {token}, so this is no Orpheus; choose another "
                "adapter"
            )
        return token_id
