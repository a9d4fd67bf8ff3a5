"""The figure: how the loss of every training went, and the margin of preference losses."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.lines import Line2D

from selfverify.command import run_script
from selfverify.distillation.comparison import parse_arms
from selfverify.figure_style import STYLE, save_figure, system_styles

ROLLING = 5  # steps over which a curve is averaged
PANELS = {"loss": "loss", "margin": "margin, β included"}


def plot_training_curves(*, curves: list[Path], arms: list[str], pdf: Path, png: Path) -> None:
    """Draws loss and margin by step, a row per system, a colour per arm, a line per seed.

    Args:
        curves: policies/{policy}/curve.csv.
        arms: "policy=system=arm" of every policy.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    known = parse_arms(arms)
    systems = list(dict.fromkeys(system for system, _ in known.values()))
    styles = system_styles(list(dict.fromkeys(arm for _, arm in known.values())))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(systems), len(PANELS), figsize=(7.5, 0.5 + 2.3 * len(systems)), squeeze=False
        )
        for path in curves:
            system, arm = known[path.parent.name]
            table = pd.read_csv(path)
            for axis, column in zip(axes[systems.index(system)], PANELS, strict=True):
                if column in table:
                    smooth = table[column].rolling(ROLLING, min_periods=1).mean()
                    axis.plot(table["step"], smooth, color=styles[arm]["color"], linewidth=1.1)
        for row, system in zip(axes, systems, strict=True):
            for axis, label in zip(row, PANELS.values(), strict=True):
                axis.set(title=system, xlabel="step", ylabel=label)
        for row in axes:
            row[0].set_yscale("log")  # losses of different kinds
        lines = [Line2D([], [], color=style["color"], label=arm) for arm, style in styles.items()]
        figure.legend(handles=lines, loc="outside upper center", ncols=len(lines), fontsize=8)
        save_figure(figure, [pdf, png])


if __name__ == "__main__":
    run_script(plot_training_curves)
