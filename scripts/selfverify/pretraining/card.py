"""What a trained mini model came from, beside its weights: training.json, SHA256SUMS."""

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from selfverify.pretraining.trainer import TrainState
from selfverify.storage.checkpoints import file_sha256, write_checksums


def write_card(
    model: nn.Module,
    folder: Path,
    *,
    state: TrainState,
    command: list[str],
    corpus: list[Path],
    start: Path | None = None,
) -> None:
    """Writes where the saved model in `folder` came from.

    `training.json` holds the command, versions, corpus checksums, the loss history and how long it
    took, and the same of the model that it started from; `SHA256SUMS` covers every other file and
    is what the pipeline checks before it loads one.
    """
    provenance: dict[str, Any] = {
        "command": [Path(command[0]).name, *command[1:]],
        "corpus_sha256": {path.name: file_sha256(path) for path in sorted(corpus)},
        "num_parameters": sum(p.numel() for p in model.parameters()),
        "best_step": state.best_step,
        "best_held_out_loss": state.best_loss,
        "train_s": round(state.train_s),
        "device": next(model.parameters()).device.type,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread(s)",
        "versions": {name: version(name) for name in ("torch", "transformers", "numpy")},
        "history": state.history,
    }
    if start is not None:
        provenance["start"] = json.loads((start / "training.json").read_text())
    (folder / "training.json").write_text(json.dumps(provenance, indent=1) + "\n")
    write_checksums(folder)
