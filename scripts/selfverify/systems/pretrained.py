"""A system in transformers' format: tokenizer, config and weights of one folder."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from transformers import AutoTokenizer

from selfverify.adapters.loading import load_whole
from selfverify.systems.base import TTSSystem


class PretrainedSystem(TTSSystem):
    """A checkpoint and its tokenizer.

    Args:
        checkpoint: folder.
        device: where the model runs.
        dtype: of the weights, a name of torch's.
        voice: which of the system's voices speaks, "" for its own choice.
        load_model: whether to load weights; prompts and training examples need none.

    Raises:
        InputError: if tokenizer, config and this adapter do not belong together.
    """

    model_class: ClassVar[Any]  # transformers', of the weights

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
        self._read_layout(checkpoint)
        if load_model:
            self._load_model(checkpoint, device, dtype)

    @abstractmethod
    def _read_layout(self, checkpoint: str | Path) -> None:
        """Sets what tokenizer and config say of speech: ids, codebooks, frame rate."""

    def _load_model(self, checkpoint: str | Path, device: str, dtype: str) -> None:
        model = load_whole(self.model_class, checkpoint, dtype=dtype)
        self.model = model.to(device).eval()
