"""The figure: failure rate of every arm beside the system as it is."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from selfverify.distillation.comparison import TEACHER
from selfverify.results.figure_style import (
    GREY,
    PROMPT_SETS,
    STYLE,
    WIDTH_IN,
    save_figure,
    show_percent,
    system_styles,
)
from selfverify.workflow.script import run_script


def plot_distillation_gain(*, table: Path, systems: list[str], pdf: Path, png: Path) -> None:
    """Draws a panel per system: an arm a line, single-shot rates with their 95 % intervals.

    Args:
        table: table_distillation.csv.
        systems: of the study, those that were distilled and others, in the order of colours.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    rates = pd.read_csv(table)
    styles = system_styles(systems)
    shown = [system for system in systems if system in set(rates["system"])]
    num_arms = rates.groupby("system")["arm"].nunique()
    style: dict[Any, Any] = STYLE | {"axes.grid.axis": "x"}
    with plt.rc_context(style):
        figure, axes = plt.subplots(
            1, len(shown), figsize=(WIDTH_IN, 1.1 + 0.24 * num_arms.max()), squeeze=False
        )
        for axis, system in zip(axes[0], shown, strict=True):
            draw_system(axis, pd.DataFrame(rates[rates["system"] == system]), styles[system])
            axis.set_title(system, color=styles[system]["color"])
            axis.set_ylim(0.5 - num_arms.max(), 0.5)
        figure.supxlabel("candidates that fail, single shot", fontsize=8)
        keys = [looks for name, looks in PROMPT_SETS.items() if name in set(rates["prompt_set"])]
        handles = [Line2D([], [], color=GREY, marker="o", **looks) for looks in reversed(keys)]
        figure.legend(handles=handles, loc="outside upper center", ncols=2)
        save_figure(figure, [pdf, png])


def draw_system(axis: Axes, rates: pd.DataFrame, style: dict[str, Any]) -> Axes:
    """Draws the arms of one system, the teacher on top and as a line through all."""
    arms = list(dict.fromkeys(rates["arm"]))
    for shift, (prompt_set, looks) in zip((0.13, -0.13), PROMPT_SETS.items(), strict=True):
        rows: Any = rates[rates["prompt_set"] == prompt_set].set_index("arm").reindex(arms)
        heights = [-index + shift for index in range(len(arms))]
        spread = [rows["rate"] - rows["low"], rows["high"] - rows["rate"]]
        drawn: dict[str, Any] = style | looks | {"linestyle": "none"}
        axis.errorbar(rows["rate"], heights, xerr=spread, capsize=2, elinewidth=0.9, **drawn)
        axis.axvline(
            rows["rate"][TEACHER], color=style["color"], linewidth=0.8,
            linestyle=looks["linestyle"], alpha=0.6,
        )  # fmt: skip
    axis.set_yticks([-index for index in range(len(arms))], arms)
    axis.set_xlim(left=-0.01)
    show_percent(axis.xaxis)
    return axis


if __name__ == "__main__":
    run_script(plot_distillation_gain)
