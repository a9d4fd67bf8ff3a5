"""OpenAI's Whisper with its encoder run by OpenVINO: the same weights, transcripts in less time.

The encoder multiplies float32 everywhere, so that processors write the same texts: of 160 clips of
mini-llasa (12 s of silence after each) those of OpenAI's package, in .28 s of a CPU each against
.40. bfloat16 wrote 152 of them, on a processor with tiles in .22 s, on one without in more time
than float32. The decoder is torch's. Audio, search and long clips stay with OpenAI's package.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu
from whisper.decoding import DecodingOptions, DecodingResult, DecodingTask, PyTorchInference
from whisper.model import AudioEncoder

from selfverify.asr.openai_whisper import OpenAIWhisper
from selfverify.errors import InputError

if TYPE_CHECKING:
    from openvino import CompiledModel

SETTINGS = {
    "PERFORMANCE_HINT": "LATENCY",  # a clip at a time
    "ENABLE_CPU_PINNING": False,  # jobs run side by side: they would be pinned to the same core
    "INFERENCE_PRECISION_HINT": "f32",  # by default bfloat16 where a processor has it
}


class OpenVinoWhisper(OpenAIWhisper):
    """`openai-whisper`, greedy, with an encoder that OpenVINO compiles when it is loaded.

    As many threads as torch has. The CPU alone; a GPU is served by `openai-whisper`.
    """

    def __init__(self, model: str, *, device: str = "cpu", **options) -> None:
        if device != "cpu":
            raise InputError(f"openvino-whisper runs on cpu, not {device}; take openai-whisper")
        if find_spec("openvino") is None:
            raise InputError(
                "openvino-whisper: the package openvino is not installed; `make all` does it, or "
                "take openai-whisper, which hears the same"
            )
        super().__init__(model, device=device, **options)
        self.model.encoder = _Compiled(self.model.encoder)  # type: ignore[assignment]

    @contextmanager
    def _encoder_of(self, window_s: int) -> Iterator[None]:
        yield  # this encoder takes any window

    def _run(self, mels: Tensor, options: DecodingOptions) -> list[DecodingResult]:
        task = DecodingTask(self.model, options)
        task.inference = _Unfinished(task)
        return task.run(mels)


class _Unfinished(PyTorchInference):
    """Steps the clips of a batch whose text has not ended; the package waits for the longest loop.

    The search writes ends after an end, whatever the logits: those of ended clips are zeros.
    """

    def __init__(self, task: DecodingTask) -> None:
        super().__init__(task.model, len(task.initial_tokens))
        self.end = task.tokenizer.eot
        self.rows = torch.empty(0, dtype=torch.long)

    def logits(self, tokens: Tensor, audio_features: Tensor) -> Tensor:
        if not self.kv_cache:
            self.rows = torch.arange(len(tokens))
            return super().logits(tokens, audio_features)
        self._drop(tokens[self.rows, -1] == self.end)
        some = super().logits(tokens[self.rows], audio_features[self.rows])
        return some.new_zeros(len(tokens), *some.shape[1:]).index_copy_(0, self.rows, some)

    def _drop(self, ended: Tensor) -> None:
        if ended.any():
            self.rows = self.rows[~ended]
            for module, cached in self.kv_cache.items():
                self.kv_cache[module] = cached[~ended]


class _AnyWindow(nn.Module):
    """The encoder without its demand for as many frames as it has positions."""

    def __init__(self, encoder: AudioEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, mel: Tensor) -> Tensor:
        x = gelu(self.encoder.conv2(gelu(self.encoder.conv1(mel)))).permute(0, 2, 1)
        positions: Any = self.encoder.positional_embedding
        x = x + positions[: x.shape[1]]
        for block in self.encoder.blocks:
            x = block(x)
        return self.encoder.ln_post(x)


class _Compiled(nn.Module):
    """What stands in the encoder's place."""

    def __init__(self, encoder: AudioEncoder) -> None:
        super().__init__()
        self.compiled = _compile(encoder)

    def forward(self, mel: Tensor) -> Tensor:
        # One by one: what a layer makes of one clip fits the cache, of four it does not.
        states = [self.compiled(clip.numpy())[0] for clip in mel.split(1)]
        return torch.from_numpy(np.concatenate(states))


@torch.inference_mode()
def _compile(encoder: AudioEncoder) -> "CompiledModel":
    openvino = _openvino()
    num_mels = encoder.conv1.in_channels
    model = openvino.convert_model(
        _AnyWindow(encoder).eval(),
        example_input=torch.zeros(1, num_mels, 100),
        input=openvino.PartialShape([1, num_mels, -1]),
    )
    settings = SETTINGS | {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
    return openvino.compile_model(model, "CPU", settings)


def _openvino() -> Any:
    # It reports its import and each conversion to its maker where this package is installed.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino
