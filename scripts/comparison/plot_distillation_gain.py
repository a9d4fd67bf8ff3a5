"""The figure: failure rate of every arm beside the system as it is."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from selfverify.distillation.comparison import TEACHER
from selfverify.results.figure_style import PROMPT_SETS, STYLE, save_figure
from selfverify.workflow.script import run_script


def plot_distillation_gain(*, table: Path, pdf: Path, png: Path) -> None:
    """Draws a panel per system: an arm a line, single-shot rates with their 95 % intervals.

    Args:
        table: table_distillation.csv.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    rates = pd.read_csv(table)
    systems = list(dict.fromkeys(rates["system"]))
    num_arms = rates.groupby("system")["arm"].nunique().max()
    style: dict[Any, Any] = STYLE | {"axes.grid.axis": "x"}
    with plt.rc_context(style):
        figure, axes = plt.subplots(
            1, len(systems), figsize=(3.7 * len(systems), 1.3 + 0.3 * num_arms), squeeze=False
        )
        for axis, system in zip(axes[0], systems, strict=True):
            draw_system(axis, pd.DataFrame(rates[rates["system"] == system]))
            axis.set(title=system, ylim=(0.5 - num_arms, 0.5))
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=8)
        save_figure(figure, [pdf, png])


def draw_system(axis: Axes, rates: pd.DataFrame) -> Axes:
    """Draws the arms of one system, the teacher on top and as a dashed line."""
    arms = list(dict.fromkeys(rates["arm"]))
    for shift, (prompt_set, style) in zip((0.13, -0.13), PROMPT_SETS.items(), strict=True):
        rows: Any = rates[rates["prompt_set"] == prompt_set].set_index("arm").reindex(arms)
        heights = [-index + shift for index in range(len(arms))]
        spread = [rows["rate"] - rows["low"], rows["high"] - rows["rate"]]
        axis.errorbar(
            rows["rate"], heights, xerr=spread, linestyle="none", capsize=2, markersize=4.5,
            **style,
        )  # fmt: skip
        axis.axvline(rows["rate"][TEACHER], color=style["color"], linewidth=0.8, linestyle="--")
    axis.set_yticks([-index for index in range(len(arms))], arms)
    axis.set_xlim(left=-0.01)
    axis.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.set_xlabel("candidates that fail, single shot")
    return axis


if __name__ == "__main__":
    run_script(plot_distillation_gain)
