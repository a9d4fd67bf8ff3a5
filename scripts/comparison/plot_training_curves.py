"""The figure: how the loss of every training went, and how many pairs it ranks right."""

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from selfverify.distillation.comparison import parse_arms
from selfverify.results.figure_style import STYLE, save_figure, system_styles
from selfverify.workflow.script import run_script

ROLLING = 5  # steps over which a curve is averaged
PANELS = {"loss": "loss", "accuracy": "pairs ranked right"}


def plot_training_curves(*, curves: list[Path], arms: list[str], pdf: Path, png: Path) -> None:
    """Draws loss and accuracy by step, a row per system, a colour per arm, a line per seed.

    The accuracy is that of the pairs of the step before they are learnt: up to the dotted line, at
    which the first pair comes again, of pairs that the policy has not seen. GRPO is left out: its
    loss is about 0 by construction.

    Args:
        curves: policies/{policy}/curve.csv, with training.json beside it.
        arms: "policy=system=arm" of every policy.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    known = parse_arms(arms)
    systems = list(dict.fromkeys(system for system, _ in known.values()))
    shown = [path for path in curves if not _is_grpo(path)]
    styles = system_styles(list(dict.fromkeys(known[path.parent.name][1] for path in shown)))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(systems), len(PANELS), figsize=(7.5, 0.5 + 2.3 * len(systems)), squeeze=False
        )
        for row, system in zip(axes, systems, strict=True):
            label_panels(row, system)
        for path in shown:
            system, arm = known[path.parent.name]
            draw_training(axes[systems.index(system)], path, styles[arm]["color"])
        for axis in axes.flat:  # once drawn: a limit set earlier stops autoscaling on both sides
            axis.set_xlim(left=0)
        lines = [Line2D([], [], color=style["color"], label=arm) for arm, style in styles.items()]
        figure.legend(handles=lines, loc="outside upper center", ncols=len(lines), fontsize=8)
        save_figure(figure, [pdf, png])


def label_panels(row: Sequence[Axes], system: str) -> None:
    """Titles and labels the panels of one system."""
    for axis, label in zip(row, PANELS.values(), strict=True):
        axis.set(title=system, xlabel="step", ylabel=label)
    losses, accuracies = row
    losses.set_yscale("log")  # losses of different kinds
    accuracies.axhline(0.5, color="0.6", linewidth=0.6)
    accuracies.set_ylim(0, 1.05)


def draw_training(row: Sequence[Axes], path: Path, color: str) -> None:
    """Draws one curve.csv, and a dotted line where its first pair came again."""
    table = pd.read_csv(path)
    if "accuracy" in table:
        # Before the first update there is no margin, and nothing to rank.
        table["accuracy"] = table["accuracy"].where(table["margin"] != 0)
    for axis, column in zip(row, PANELS, strict=True):
        if column in table:
            smooth = table[column].rolling(ROLLING, min_periods=1).mean()
            axis.plot(table["step"], smooth, color=color, linewidth=1.1)
    if "accuracy" in table:
        facts = json.loads((path.parent / "training.json").read_text())
        first_pass = 2 * facts["num_pairs"] / facts["batch_size"]
        row[1].axvline(first_pass, color=color, linewidth=0.6, linestyle=":")


def _is_grpo(path: Path) -> bool:
    return "reward" in pd.read_csv(path, nrows=1)


if __name__ == "__main__":
    run_script(plot_training_curves)
