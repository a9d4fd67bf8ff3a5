"""What all arms share: low-rank adapters, the trainers' settings, and what a training leaves.

Only the projections of attention and feed-forward layers are trained, through adapters
W + (α/r) B A with α = 2 r and B = 0 at the start (LoRA, arXiv 2106.09685, as PEFT makes it), and
where an arm asks for it the gain before the output (`gain`); embeddings and output stay. A policy's
folder has the adapter, and beside it the whole checkpoint with the adapter merged in, which any
program that reads the system's checkpoints runs as it is.
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import pandas as pd
import torch
from peft import LoraConfig, PeftModel
from safetensors import SafetensorError, safe_open
from torch.utils.hooks import RemovableHandle
from transformers import Trainer

from selfverify.sampling.seeds import settings_hash
from selfverify.storage.checkpoints import CHECKSUMS, file_sha256, write_checksums
from selfverify.storage.tables import write_csv
from selfverify.systems.base import TTSSystem
from selfverify.systems.csm import Csm

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
WEIGHTS = {"SHA256SUMS", "model.safetensors.index.json"}  # not copied: made anew
LOGGED = {
    "loss": "loss",
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "logps/chosen": "chosen_logp",
    "logps/rejected": "rejected_logp",
    "reward": "reward",
    "grad_norm": "gradient_norm",
    "held_out_loss": "held_out_loss",
    "held_out_accuracy": "held_out_accuracy",
    "held_out_entropy": "held_out_entropy",
    "held_out_kl": "held_out_kl",
    "learning_rate": "learning_rate",
}


@dataclass(frozen=True)
class TrainingSettings:
    """How a policy is trained; the choices of `params.yaml`."""

    losses: tuple[str, ...]  # ("sft",), or those of TRL's DPOTrainer, added up
    beta: float  # of preference losses; what it scales differs by loss (`preference`)
    learning_rate: float  # peak; warm-up over a tenth of the steps, then linearly to 0
    num_steps: int
    batch_size: int  # sequences a step; a pair is two
    micro_batch_size: int  # at most so many at once, for memory; gradients of a step are added up
    lora_rank: int
    seed: int
    selection: str = "verified"  # what SFT learns of a prompt: a key of `training_sets.SELECTIONS`
    temperature: float = 1.0  # that logits are divided by in the loss
    gain_learning_rate: float | None = None  # peak, of the gain before the output; None: it stays
    fold_adapters: bool | None = None  # of SFT (`folding`); None: no


def facts_of(settings: TrainingSettings) -> dict[str, Any]:
    """Returns the settings that have a value, as a policy's folder keeps them."""
    return {name: value for name, value in vars(settings).items() if value is not None}


def training_key(*choices: object, files: Iterable[Path], start: Path) -> str:
    """Returns what stands for a training in the folder of an interrupted one.

    Args:
        choices: all else that decides the result.
        files: that it reads, by content.
        start: checkpoint to begin with, by content.
    """
    return settings_hash(*choices, [file_sha256(path) for path in files], content_of(start))


def content_of(checkpoint: Path) -> list[str]:
    """Returns checksums that stand for the content of a checkpoint folder."""
    listing = checkpoint / CHECKSUMS
    files = (
        [listing] if listing.exists() else sorted(p for p in checkpoint.iterdir() if p.is_file())
    )
    return [file_sha256(path) for path in files]


def lora_config(rank: int) -> LoraConfig:
    """Returns adapters on every projection, none on embeddings or output."""
    config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, task_type="CAUSAL_LM")
    # A list: of what it is given PEFT makes a set, which is written in another order every time.
    config.target_modules = PROJECTIONS
    return config


def divide_logits(system: TTSSystem, temperature: float) -> list[RemovableHandle]:
    """Makes the model of a system divide its logits, and returns what takes this back.

    Candidates drawn at a temperature T come from p^(1/T): a model that learns them as they are
    grows sharper, and drawn at T again acts as the start at T². Where the loss has the logits that
    sampling has, all divided by T, the start explains its candidates as well as anything, and what
    is learnt is owed to their selection.

    TRL multiplies hidden states with the output's weights itself, so that those of a Llama are
    divided; CSM's backbone hands them on to its depth decoder, so there the heads' outputs are.
    """

    def divided(module: Any, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        return output / temperature

    model: Any = system.model
    places = [model.lm_head, model.depth_decoder.codebooks_head] if isinstance(
        system, Csm
    ) else [model.model.norm]  # fmt: skip
    return [place.register_forward_hook(divided) for place in places]


def trainer_options(
    settings: TrainingSettings, run: Path, device: str, dtype: str
) -> dict[str, Any]:
    """Returns the settings that all of transformers' and TRL's trainers take.

    Arithmetic is in bfloat16 where the weights are. Where they are float16 it is in float32, of
    which the adapters are: float16 gradients need scaling, which no arm was tried with.
    """
    return {
        "output_dir": str(run),
        "max_steps": settings.num_steps,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": max(1, settings.num_steps // 10),
        "seed": settings.seed,
        "data_seed": settings.seed,
        "logging_steps": 1,
        "save_steps": max(1, settings.num_steps // 3),
        "save_total_limit": 1,
        "report_to": [],
        "disable_tqdm": True,
        "use_cpu": device == "cpu",
        "bf16": device != "cpu" and dtype == "bfloat16",
        "gradient_checkpointing": device != "cpu",
        "dataloader_pin_memory": device != "cpu",
    }


def dtype_name(system: Any) -> str:
    """Returns the dtype of a system's weights as `params.yaml` has it."""
    return str(system.model.dtype).removeprefix("torch.")


def batch_options(batch_size: int, limit: int) -> dict[str, Any]:
    """Returns the trainers' settings for steps of `batch_size` items, at most `limit` at once."""
    at_once = max(n for n in range(1, max(limit, 1) + 1) if batch_size % n == 0)
    return {
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": batch_size // at_once,
    }


def train(trainer: Trainer) -> pd.DataFrame:
    """Trains, from where an interrupted run of the same folder was, and returns the curve.

    Columns: step and the names of `LOGGED` that the trainer knows. Those of `held_out` have values
    at a few steps alone, the first of which is 0, before any update.
    """
    run = Path(str(trainer.args.output_dir))
    last = last_whole_checkpoint(run)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    rows: dict[float, dict[str, float]] = {}
    for row in trainer.state.log_history:
        if LOGGED.keys() & row:
            rows.setdefault(row["step"], {}).update(row)
    table = pd.DataFrame([rows[step] for step in sorted(rows)])
    kept = [name for name in ("step", *LOGGED) if name in table]
    return pd.DataFrame(table[kept]).rename(columns=LOGGED)


def last_whole_checkpoint(run: Path) -> Path | None:
    """Returns the latest checkpoint of a run that can be gone on from; removes those cut off.

    A trainer that is killed while it saves leaves a folder without its state, which it writes last,
    or with weights that end too early; the checkpoint before is still there then.
    """
    found = [path for path in run.glob("checkpoint-*") if path.name.split("-")[-1].isdigit()]
    for path in sorted(found, key=lambda path: int(path.name.split("-")[-1]), reverse=True):
        if _is_whole(path):
            return path
        print(f"{path} was cut off while it was written; training goes on before it")
        shutil.rmtree(path)
    return None


def _is_whole(checkpoint: Path) -> bool:
    """Whether state, weights, optimiser and scheduler can be read to their end."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_bytes())
        weights = list(checkpoint.glob("*.safetensors"))
        for path in weights:
            with safe_open(path, framework="pt") as file:
                file.keys()
        for name in ("optimizer.pt", "scheduler.pt"):
            torch.load(checkpoint / name, map_location="cpu", weights_only=True)
    except (OSError, ValueError, RuntimeError, EOFError, UnpicklingError, SafetensorError):
        return False
    return bool(weights)


def save_policy(
    model: PeftModel, start: Path, curve: pd.DataFrame, facts: dict[str, Any], output: Path
) -> None:
    """Writes adapter, merged checkpoint, curve.csv and training.json, and last SHA256SUMS.

    Args:
        model: the trained model with its adapter.
        start: checkpoint that the training began with; tokenizer and the like are its.
        curve: of the training.
        facts: what else is to be known of it.
        output: folder.
    """
    output.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(str(output / "adapter"))
    for path in start.iterdir():
        if path.is_file() and path.name not in WEIGHTS and path.suffix != ".safetensors":
            shutil.copy(path, output / path.name)
    merged: Any = model.merge_and_unload()
    merged.save_pretrained(output)
    write_csv(curve, output / "curve.csv")
    (output / "training.json").write_text(json.dumps(facts, indent=2) + "\n")
    write_checksums(output)
