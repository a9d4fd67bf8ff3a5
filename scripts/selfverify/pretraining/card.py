"""Saving a trained mini model with what it came from: README, training.json, SHA256SUMS."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from selfverify.checkpoints import file_sha256, write_checksums
from selfverify.pretraining.trainer import TrainState


def save_with_card(
    model: PreTrainedModel,
    folder: Path,
    *,
    state: TrainState,
    command: list[str],
    corpus: list[Path],
    tokenizer: PreTrainedTokenizerBase | None = None,
) -> None:
    """Writes weights as float16 safetensors, configuration, tokenizer and provenance.

    `training.json` holds the command, versions, corpus checksums, the loss history and how long it
    took; `SHA256SUMS` covers every other file and is what the pipeline checks before it loads one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
    provenance = {
        "command": [Path(command[0]).name, *command[1:]],
        "corpus_sha256": {path.name: file_sha256(path) for path in sorted(corpus)},
        "num_parameters": sum(p.numel() for p in model.parameters()),
        "best_step": state.best_step,
        "best_held_out_loss": state.best_loss,
        "train_s": round(state.train_s),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread(s)",
        "versions": {name: version(name) for name in ("torch", "transformers", "numpy")},
        "history": state.history,
    }
    (folder / "training.json").write_text(json.dumps(provenance, indent=1) + "\n")
    write_checksums(folder)
