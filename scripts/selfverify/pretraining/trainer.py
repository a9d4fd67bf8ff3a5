"""One training loop for the mini models: held-out loss, early stop, resumable, logged.

Knows nothing of speech. A step's batch and dropout are functions of (seed, step) alone, so a run
that was interrupted and resumed takes the same steps as one that was not.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from selfverify.errors import InputError
from selfverify.storage.files import atomic_path
from selfverify.workflow.progress import progress


@dataclass(frozen=True)
class TrainSettings:
    """Choices of a training run."""

    num_steps: int  # at most; the learning rate's cycle ends there
    learning_rate: float  # the peak
    seed: int
    weight_decay: float = 0.01
    warmup_share: float = 0.05  # of num_steps
    clip_norm: float = 1.0
    is_muon: bool = False  # whether matrices of the layers are trained by Muon, the rest by AdamW
    evaluate_every: int = 100  # steps between two held-out losses, and two checkpoints
    patience: int = 10  # evaluations without improvement before the run stops


@dataclass
class TrainState:
    """Where a run stands; what `history` holds is also what the model card shows."""

    step: int = 0
    best_loss: float = math.inf
    best_step: int = 0
    train_s: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


def train(
    model: nn.Module,
    *,
    settings: TrainSettings,
    loss: Callable[[np.random.Generator], torch.Tensor],
    held_out_loss: Callable[[], float],
    checkpoint: Path,
    name: str,
) -> TrainState:
    """Trains `model` in place and leaves it with the weights of the lowest held-out loss.

    Args:
        model: what is trained; all of its parameters that require gradients.
        settings: see `TrainSettings`.
        loss: draws a batch with the generator given and returns the training loss.
        held_out_loss: the loss on held-out data, called in evaluation mode without gradients.
        checkpoint: where the run is kept; an existing file is resumed.
        name: for the progress lines.

    Raises:
        InputError: if the file belongs to a run with other settings.
    """
    run = _Run(model, settings, checkpoint)
    bar = progress(name=name, total=settings.num_steps, unit="step", every_s=30)
    bar.update(run.state.step)
    while not run.is_over:
        run.step(loss)
        bar.update()
        if run.is_evaluation_due:
            bar.write(json.dumps(run.evaluate(held_out_loss)))
            run.save()
    bar.close()
    return run.finish()


def learning_rate_at(step: int, settings: TrainSettings) -> float:
    """Returns the rate of a step: linear warm-up, then half a cosine down to a twentieth."""
    warmup = max(1, round(settings.warmup_share * settings.num_steps))
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, settings.num_steps - warmup)
    return settings.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


def make_optimizers(model: nn.Module, settings: TrainSettings) -> list[torch.optim.Optimizer]:
    """Returns AdamW for all parameters, or Muon for the layers' matrices and AdamW for the rest.

    Muon (Jordan et al. 2024) takes steps of the size that AdamW's have (Liu et al., arXiv
    2502.16982), so that both share a learning rate. Embeddings and heads are AdamW's.
    """
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    matrices = [p for name, p in trained if p.ndim == 2 and ".layers." in name]
    if not (settings.is_muon and matrices):
        matrices = []
    chosen = {id(p) for p in matrices}
    rest = [p for _, p in trained if id(p) not in chosen]
    decay = settings.weight_decay
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, weight_decay=decay, betas=(0.9, 0.98))
    ]
    if matrices:
        optimizers.append(
            torch.optim.Muon(matrices, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        )
    return optimizers


class _Run:
    """A training run between two checkpoints."""

    def __init__(self, model: nn.Module, settings: TrainSettings, checkpoint: Path) -> None:
        self.model, self.settings, self.checkpoint = model, settings, checkpoint
        self.optimizers = make_optimizers(model, settings)
        self.state = TrainState()
        self.best: dict[str, torch.Tensor] | None = None
        self.losses: list[torch.Tensor] = []
        if checkpoint.exists():
            self._resume()
        self.started = time.monotonic()

    @property
    def is_over(self) -> bool:
        waited = self.state.step - self.state.best_step
        is_stuck = waited >= self.settings.patience * self.settings.evaluate_every
        return self.state.step >= self.settings.num_steps or is_stuck

    @property
    def is_evaluation_due(self) -> bool:
        step, settings = self.state.step, self.settings
        return step % settings.evaluate_every == 0 or step == settings.num_steps

    def step(self, loss: Callable[[np.random.Generator], torch.Tensor]) -> None:
        step, seed = self.state.step, self.settings.seed
        torch.manual_seed(seed * 1_000_003 + step)
        for group in (group for opt in self.optimizers for group in opt.param_groups):
            group["lr"] = learning_rate_at(step, self.settings)
        self.model.train()
        value = loss(np.random.default_rng([seed, step]))
        self.model.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
        self.losses.append(value.detach())  # read with the next held-out loss, not now
        self.state.step += 1

    @torch.no_grad()
    def evaluate(self, held_out_loss: Callable[[], float]) -> dict[str, float]:
        """Takes the held-out loss, keeps the weights if it is the lowest; returns both losses."""
        self.model.eval()
        held_out, training = held_out_loss(), torch.stack(self.losses).mean().item()
        self.losses.clear()
        if held_out < self.state.best_loss:
            self.state.best_loss, self.state.best_step = held_out, self.state.step
            self.best = {k: v.clone() for k, v in self.model.state_dict().items()}
        row = {"train_loss": round(training, 4), "held_out_loss": round(held_out, 4)}
        self.state.history.append({"step": self.state.step} | row)
        return self.state.history[-1]

    def save(self) -> None:
        now = time.monotonic()
        self.state.train_s += now - self.started
        self.started = now
        content = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "best": self.best,
            "state": asdict(self.state),
            "settings": asdict(self.settings),
        }
        with atomic_path(self.checkpoint) as temporary:
            torch.save(content, temporary)

    def finish(self) -> TrainState:
        if self.best is not None:
            self.model.load_state_dict(self.best)
        return self.state

    def _resume(self) -> None:
        content = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        if content["settings"] != asdict(self.settings):
            raise InputError(
                f"{self.checkpoint} belongs to a run with other settings; delete it to train anew"
            )
        self.model.load_state_dict(content["model"])
        for optimizer, kept in zip(self.optimizers, content["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.state, self.best = TrainState(**content["state"]), content["best"]
