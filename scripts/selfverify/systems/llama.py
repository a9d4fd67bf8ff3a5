"""A Llama that continues text with codes: what Llasa and Orpheus share."""

from abc import abstractmethod
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from transformers import LlamaConfig, LlamaForCausalLM

from selfverify.errors import InputError
from selfverify.storage.records import StopReason
from selfverify.systems.base import (
    SampledCodes,
    SamplingRequest,
    SamplingSettings,
    TrainingExample,
)
from selfverify.systems.checks import check_embedding, naming_requests, read_stop_ids
from selfverify.systems.generation import generate
from selfverify.systems.pretrained import PretrainedSystem


class LlamaSystem(PretrainedSystem):
    """A checkpoint whose speech is a row of ids: the slots of a frame, each with codes of its own.

    Code c of slot s is id `first_code_id + s * codebook_size + c`.
    """

    model_type = "llama"
    model_class = LlamaForCausalLM
    kind: ClassVar[str]  # for messages
    row_of_slot: ClassVar[tuple[int, ...]]  # which row of the codec's codes each slot is

    first_code_id: int
    end_id: int

    def _read_layout(self, checkpoint: str | Path) -> None:
        config = LlamaConfig.from_pretrained(checkpoint)
        self._find_codes(config)
        last_id = max(self.tokenizer.get_vocab().values())
        check_embedding(self.name, last_id, config.vocab_size)
        self.stop_ids = read_stop_ids(checkpoint, self.end_id)

    @abstractmethod
    def _find_codes(self, config: Any) -> None:
        """Sets `first_code_id`, `end_id`, `codebook_size` and `frame_rate`."""

    @property
    def num_slots(self) -> int:
        """Ids of a frame."""
        return len(self.row_of_slot)

    @property
    def last_code_id(self) -> int:
        """The last code of the last slot."""
        return self.first_code_id + self.num_slots * self.codebook_size - 1

    def is_speech(self, token_id: int) -> bool:
        """See `TTSSystem.is_speech`."""
        return self.first_code_id <= token_id <= self.last_code_id or token_id in self.stop_ids

    def num_steps(self, settings: SamplingSettings) -> int:
        """Returns how many ids the cap allows."""
        return ceil(settings.max_audio_s * self.frame_rate) * self.num_slots

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
                num_steps=self.num_steps(settings),
                speech_ids=(self.first_code_id, self.last_code_id),
            )
        return [self.parse(ids) for ids in sampled]

    def parse(self, token_ids: Sequence[int]) -> SampledCodes:
        """Returns codes (K, T) and stop reason of the ids that the model gave after its prompt.

        A code in another slot than its own makes every later one wrong, so it ends the utterance;
        an incomplete last frame is cut off.
        """
        offsets = self._offsets[np.arange(len(token_ids)) % self.num_slots]
        codes = np.array(token_ids, dtype=np.int64) - offsets
        outside = np.flatnonzero((codes < 0) | (codes >= self.codebook_size))
        num_valid = int(outside[0]) if outside.size else len(codes)
        num_frames = num_valid // self.num_slots
        frames = codes[: num_frames * self.num_slots].reshape(num_frames, self.num_slots)
        rows = np.empty((self.num_slots, num_frames), dtype=np.int64)
        rows[list(self.row_of_slot)] = frames.T
        if not outside.size:
            reason = StopReason.CAP
        elif token_ids[num_valid] not in self.stop_ids:
            reason = StopReason.INVALID_CODES
        else:
            reason = StopReason.EOS if num_frames else StopReason.EMPTY
        return SampledCodes(list(token_ids), rows, reason)

    def training_example(self, text: str, codes: np.ndarray) -> TrainingExample:
        """Returns prompt, codes and the id that ends speech; the loss is on codes and end."""
        frames = codes[list(self.row_of_slot)].T + self._offsets
        prompt, speech = self.prompt_ids(text), [*frames.ravel().tolist(), self.end_id]
        return TrainingExample(prompt + speech, [-100] * len(prompt) + speech)

    @property
    def _offsets(self) -> np.ndarray:
        """The first id of each slot."""
        return self.first_code_id + np.arange(self.num_slots) * self.codebook_size

    def _id(self, token: str) -> int:
        token_id = self.tokenizer.get_vocab().get(token)
        if token_id is None:
            raise InputError(
                f"{self.name}: the tokenizer has no {token}, so this is no {self.kind}; choose "
                "another adapter"
            )
        return token_id
