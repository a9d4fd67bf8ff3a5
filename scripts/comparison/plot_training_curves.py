"""The figure: how every training went, on what it learns and on prompts that it never sees."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from selfverify.distillation.comparison import parse_arms
from selfverify.results.figure_style import STYLE, WIDTH_IN, arm_styles, save_figure
from selfverify.workflow.script import run_script

ROLLING = 5  # steps over which a curve is averaged
COLUMNS = 3
PANELS = {
    "loss": "loss, each arm's own",
    "accuracy": "pairs ranked right",
    "gradient_norm": "norm of the gradient",
    "held_out_loss": "held-out loss, nats per id",
    "held_out_entropy": "held-out entropy, nats per id",
    "held_out_kl": "KL to the start, nats per id",
}
LOOKS: dict[str, Any] = {"marker": "o", "markersize": 3}  # at a few steps alone


def plot_training_curves(*, curves: list[Path], arms: list[str], pdf: Path, png: Path) -> None:
    """Draws six panels per system, a colour per arm, a line per seed.

    The accuracy is that of the pairs of the step before they are learnt: up to the dotted line, at
    which the first pair comes again, of pairs that the policy has not seen; dashed with points, of
    pairs that it never sees. The loss of GRPO, about 0 by construction, is left out.

    Args:
        curves: policies/{policy}/curve.csv, with training.json beside it.
        arms: "policy=system=arm" of every policy.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    known = parse_arms(arms)
    systems = list(dict.fromkeys(system for system, _ in known.values()))
    names = list(dict.fromkeys(known[path.parent.name][1] for path in curves))
    styles = arm_styles(names)
    num_rows = len(PANELS) // COLUMNS
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            num_rows * len(systems), COLUMNS, squeeze=False,
            figsize=(WIDTH_IN, 0.6 + 1.6 * num_rows * len(systems)),
        )  # fmt: skip
        panels = axes.reshape(len(systems), len(PANELS))
        for row, system in zip(panels, systems, strict=True):
            label_panels(list(row), system)
        for path in curves:
            system, arm = known[path.parent.name]
            draw_training(panels[systems.index(system)], path, styles[arm]["color"])
        for axis in axes.flat:  # once drawn: a limit set earlier stops autoscaling on both sides
            axis.set_xlim(left=0)
        lines = [Line2D([], [], color=style["color"], label=arm) for arm, style in styles.items()]
        figure.legend(handles=lines, loc="outside upper center", ncols=4)
        save_figure(figure, [pdf, png])


def label_panels(row: Sequence[Axes], system: str) -> None:
    """Titles and labels the panels of one system."""
    for axis, label in zip(row, PANELS.values(), strict=True):
        axis.set(title=system, xlabel="step", ylabel=label)
    panels = dict(zip(PANELS, row, strict=True))
    panels["loss"].set_yscale("log")  # losses of different kinds
    panels["accuracy"].axhline(0.5, color="0.6", linewidth=0.6)
    panels["accuracy"].set_ylim(0, 1.05)


def draw_training(row: Sequence[Axes], path: Path, color: str) -> None:
    """Draws one curve.csv, and a dotted line where its first pair came again."""
    table = pd.read_csv(path)
    panels = dict(zip(PANELS, row, strict=True))
    if "accuracy" in table:
        # Before the first update there is no margin, and nothing to rank.
        table["accuracy"] = table["accuracy"].where(table["margin"] != 0)
        facts = json.loads((path.parent / "training.json").read_text())
        first_pass = 2 * facts["num_pairs"] / facts["batch_size"]
        panels["accuracy"].axvline(first_pass, color=color, linewidth=0.6, linestyle=":")
    for column in ("loss", "accuracy", "gradient_norm"):
        if column in table and not (column == "loss" and "reward" in table):
            steps = table.dropna(subset="loss")  # a look before the first step is none
            smooth = steps[column].rolling(ROLLING, min_periods=1).mean()
            panels[column].plot(steps["step"], smooth, color=color, linewidth=1.1)
    for column in ("held_out_accuracy", "held_out_loss", "held_out_entropy", "held_out_kl"):
        if column in table:
            seen = table.dropna(subset=column)
            axis = panels[column.replace("held_out_accuracy", "accuracy")]
            style = "--" if column == "held_out_accuracy" else "-"
            axis.plot(seen["step"], seen[column], style, color=color, linewidth=0.9, **LOOKS)


if __name__ == "__main__":
    run_script(plot_training_curves)
