"""What the benchmark measures of the real systems: a cell each, in the order of its worth."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import torch

from selfverify.benchmarks.audio import measure_decoding, measure_recognition
from selfverify.benchmarks.cells import Cell
from selfverify.benchmarks.draws import compare_ids
from selfverify.benchmarks.measuring import card_name, copy_bytes_per_s, forget, memory_gb
from selfverify.benchmarks.models import (
    Subject,
    random_model,
    sizes_of_codec,
    sizes_of_system,
    sizes_of_whisper,
)
from selfverify.benchmarks.sampling import measure_official, measure_plain, measure_sampling
from selfverify.benchmarks.training import TrainingWorkload, measure_training
from selfverify.planning.sampling import cache_bytes, num_bytes, steps_per_audio_s

FIRST_BATCHES, OTHER_BATCHES = (64, 1), (16, 128, 256)
PLAIN_STEPS, COMPARED_STEPS, OFFICIAL_STEPS = 24, 48, 48
CSM_SHARE = 6  # a frame of the plain path takes 32 forward passes: so many times fewer steps
MEMORY_SHARE = 0.93  # of a card that a cell may plan with; the rest is the context's
TRANSCRIPT_IDS = 40  # of 8 s of speech: some 20 words


@dataclass(frozen=True)
class Scale:
    """What is assumed of a candidate, and whether sizes are the real ones."""

    mean_audio_s: float
    num_prompt_ids: int
    is_tiny: bool


@dataclass
class Bench:
    """The subjects on one device, with the one model that is loaded."""

    subjects: list[Subject]
    training: TrainingWorkload
    scale: Scale
    device: torch.device
    _held: tuple[str, Any] = field(default=("", None))

    def cells(self) -> list[Cell]:
        """Returns all cells: the systems' speed, what follows sampling, training, other batches."""
        cells = [Cell("card", {"kind": "card"}, self._card)]
        for subject in self.subjects:
            cells += [self._sampling(subject, size) for size in FIRST_BATCHES]
            cells += [self._official(subject), self._plain(subject, 64)]
            cells += [self._ids(subject, "as planned"), self._ids(subject, "float32")]
        cells += [self._decoding(codec) for codec in dict.fromkeys(s.codec for s in self.subjects)]
        cells += [self._recognition()]
        for subject in self.subjects:
            cells += [self._sampling(subject, size) for size in OTHER_BATCHES]
        for loss in ("sft", "dpo"):
            cells += [
                self._training(subject, loss)
                for subject in self.subjects
                if loss == "sft" or not subject.name.startswith("csm")
            ]
        return cells

    def model(self, key: str, config: Any, dtype: str) -> Any:
        """Returns a model, the one before forgotten unless it is the same."""
        if self._held[0] != key:
            self.release()
            built = random_model(config, self.device, getattr(torch, dtype))
            self._held = (key, built)
        forget(self.device)
        return self._held[1]

    def release(self) -> None:
        """Forgets the model that is loaded."""
        self._held = ("", None)
        forget(self.device)

    def steps_per_audio_s(self, subject: Subject) -> float:
        """Returns steps of a system for a second of its audio."""
        return steps_per_audio_s(sizes_of_codec(subject.codec, tiny=self.scale.is_tiny))

    def _system(self, subject: Subject) -> Any:
        config = sizes_of_system(subject.name, tiny=self.scale.is_tiny)
        return self.model(subject.name, config, subject.dtype)

    def _card(self) -> dict[str, Any]:
        return {
            "card": card_name(self.device),
            "memory_gb": memory_gb(self.device),
            "copy_gb_per_s": copy_bytes_per_s(self.device) / 1e9,
            "torch": torch.__version__,
        }

    def _sampling(self, subject: Subject, batch_size: int) -> Cell:
        def measure() -> dict[str, Any]:
            model = self._system(subject)
            if needed := self._too_large(subject, model, batch_size):
                return {"skipped": f"plans {needed:.0f} GB, more than the card has"}
            return measure_sampling(
                subject, model, batch_size=batch_size,
                steps_per_audio_s=self.steps_per_audio_s(subject),
                mean_audio_s=self.scale.mean_audio_s, num_prompt_ids=self.scale.num_prompt_ids,
            )  # fmt: skip

        return _cell("sample", subject, measure, batch_size)

    def _too_large(self, subject: Subject, model: Any, batch_size: int) -> float | None:
        """Planned 10⁹ bytes where a card lacks them."""
        steps = ceil(subject.settings.max_audio_s * self.steps_per_audio_s(subject))
        positions = self.scale.num_prompt_ids + steps
        needed = num_bytes(model, subject.dtype)
        needed += batch_size * cache_bytes(model.config, positions, subject.dtype)
        size = memory_gb(self.device)
        return needed / 1e9 if size and needed / 1e9 > MEMORY_SHARE * size else None

    def _steps(self, subject: Subject, num_steps: int) -> int:
        return max(num_steps // CSM_SHARE, 2) if subject.name.startswith("csm") else num_steps

    def _plain(self, subject: Subject, batch_size: int) -> Cell:
        def measure() -> dict[str, Any]:
            return measure_plain(
                subject, self._system(subject), batch_size=batch_size,
                num_steps=self._steps(subject, PLAIN_STEPS),
                num_prompt_ids=self.scale.num_prompt_ids,
            )  # fmt: skip

        return _cell("plain", subject, measure, batch_size)

    def _official(self, subject: Subject) -> Cell:
        def measure() -> dict[str, Any]:
            return measure_official(
                subject, self._system(subject), num_steps=self._steps(subject, OFFICIAL_STEPS),
                num_prompt_ids=self.scale.num_prompt_ids,
            )  # fmt: skip

        return _cell("official", subject, measure, 1)

    def _ids(self, subject: Subject, dtype: str) -> Cell:
        def measure() -> dict[str, Any]:
            model = self._system(subject)
            try:
                return compare_ids(
                    subject, model.float() if dtype == "float32" else model,
                    batch_size=4 if dtype == "float32" else 16,
                    num_steps=self._steps(subject, COMPARED_STEPS),
                    num_prompt_ids=self.scale.num_prompt_ids,
                )  # fmt: skip
            finally:
                if dtype == "float32":
                    self.release()

        return _cell(f"ids {dtype}", subject, measure)

    def _decoding(self, codec: str) -> Cell:
        def measure() -> dict[str, Any]:
            config = sizes_of_codec(codec, tiny=self.scale.is_tiny)
            model = self.model(codec, config, "float32")
            return measure_decoding(codec, model, batch_size=16, audio_s=self.scale.mean_audio_s)

        return Cell(f"decode {codec}", {"kind": "decode", "system": codec}, measure)

    def _recognition(self) -> Cell:
        def measure() -> dict[str, Any]:
            dtype = "float32" if self.device.type == "cpu" else "float16"
            config = sizes_of_whisper(tiny=self.scale.is_tiny)
            return measure_recognition(
                self.model("whisper", config, dtype), batch_size=16,
                audio_s=self.scale.mean_audio_s, num_ids=TRANSCRIPT_IDS,
            )  # fmt: skip

        facts = {"kind": "recognise", "system": "whisper-large-v3", "batch_size": 16}
        return Cell("recognise whisper-large-v3", facts, measure)

    def _training(self, subject: Subject, loss: str) -> Cell:
        def measure() -> dict[str, Any]:
            self.release()
            model = self._system(subject)
            try:
                return measure_training(model, loss, self.training, self.steps_per_audio_s(subject))
            finally:
                del model
                self.release()

        return _cell(loss, subject, measure, self.training.micro_batch_size)


def _cell(
    kind: str,
    subject: Subject,
    measure: Callable[[], dict[str, Any]],
    batch_size: int | None = None,
) -> Cell:
    facts: dict[str, str | int] = {"kind": kind, "system": subject.name}
    key = f"{kind} {subject.name}"
    if batch_size is not None:
        facts["batch_size"] = batch_size
        key += f" {batch_size}"
    return Cell(key, facts, measure)
