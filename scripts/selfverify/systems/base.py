"""What a TTS system is to the pipeline: a codec language model with its prompt format."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from selfverify.errors import InputError
from selfverify.storage.records import StopReason


@dataclass(frozen=True)
class SamplingSettings:
    """How candidates are drawn; the choices of `params.yaml`."""

    temperature: float
    top_p: float  # 1 switches it off
    top_k: int  # 0 switches it off; always explicit, transformers would otherwise use 50
    max_audio_s: float  # the cap: a candidate that reaches it stops there
    repetition_penalty: float = 1.0  # on ids of prompt and candidate; 1 switches it off


@dataclass(frozen=True)
class RepetitionAwareSettings(SamplingSettings):
    """Sampling that looks out for loops (VALL-E 2, arXiv 2406.05370, §3.2).

    An id that is a tenth or more of the last `repetition_window` is drawn again, without top-k and
    top-p. A class of its own, so that candidates drawn without it keep their settings' hash.
    """

    repetition_window: int = 10  # the window and the tenth: CosyVoice's `ras_sampling`


def with_window(settings: SamplingSettings, repetition_window: int) -> SamplingSettings:
    """Returns settings with a repetition window; those that are given where it is 0."""
    if not repetition_window:
        return settings
    return RepetitionAwareSettings(**asdict(settings), repetition_window=repetition_window)


@dataclass(frozen=True)
class SamplingRequest:
    """One candidate to draw."""

    text: str
    seed: int


@dataclass(frozen=True)
class SampledCodes:
    """What the language model gave for one request."""

    token_ids: list[int]  # as sampled, the id that ended it included
    codes: np.ndarray  # (K, T) int64, valid for the codec
    stop_reason: StopReason


@dataclass(frozen=True)
class TrainingExample:
    """Token ids of an utterance and the labels of the loss (-100: not trained)."""

    input_ids: list[int]
    labels: list[int]


class TTSSystem(ABC):
    """A checkpoint with its prompt template, token ids and stop condition."""

    name: str  # of the checkpoint, for messages
    tokenizer: Any  # transformers' AutoTokenizer
    model: Any  # transformers' class; absent where weights were not loaded
    frame_rate: float  # of its codec, Hz
    codebook_size: int  # of its codec

    def check_text(self, text: str, ids: Sequence[int]) -> None:
        """Returns silently if a text can be spoken; `ids` are those of its prompt.

        Raises:
            InputError: if the text is empty, has characters that the tokenizer lacks, or what ends
                or begins a part of the prompt, or is speech.
        """
        if not text.strip():
            raise InputError("the text is empty: give it words, or remove the utterance")
        self._check_controls(text, ids)
        unknown_id = self.tokenizer.unk_token_id
        if unknown_id is None or unknown_id not in ids:
            return
        encode = self.tokenizer.encode
        lacks = {c for c in text if unknown_id in encode(c, add_special_tokens=False)}
        named = ", ".join(repr(character) for character in sorted(lacks))
        raise InputError(
            f"{self.name}'s tokenizer lacks {named}: spell the text with characters that it has"
        )

    def _check_controls(self, text: str, ids: Sequence[int]) -> None:
        said = self.tokenizer.encode(text, add_special_tokens=False)
        template = Counter(ids) - Counter(said)
        for token_id in said:
            # Others that were added are text, such as tags of a fine-tuned voice.
            token = self._added.get(token_id)
            if token and (token.special or token_id in template or self.is_speech(token_id)):
                raise InputError(
                    f"the text has {token.content}, which {self.name} does not read as text: "
                    "remove it"
                )

    @cached_property
    def _added(self) -> dict[int, Any]:
        """Tokens that were added to the tokenizer's text, but that for what it lacks."""
        added = self.tokenizer.added_tokens_decoder
        return {key: token for key, token in added.items() if key != self.tokenizer.unk_token_id}

    def is_speech(self, token_id: int) -> bool:
        """Returns whether an id of the tokenizer is a code, or ends speech."""
        return False

    @abstractmethod
    def prompt_ids(self, text: str) -> list[int]:
        """Returns the ids that the model continues with speech.

        Raises:
            InputError: as of `check_text`.
        """

    @abstractmethod
    def sample(
        self, requests: Sequence[SamplingRequest], settings: SamplingSettings
    ) -> list[SampledCodes]:
        """Returns one result per request, drawn as a batch.

        A request's result depends on its text, seed and settings, not on its neighbours, up to
        rounding of the device's arithmetic.
        """

    @abstractmethod
    def training_example(self, text: str, codes: np.ndarray) -> TrainingExample:
        """Returns the ids and labels that teach the model to speak `text` as `codes` (K, T)."""
