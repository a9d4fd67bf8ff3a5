"""The figure: how candidates fail, per system and prompt set, without any selection."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from selfverify.results.figure_style import (
    FAILURE_MODES,
    PROMPT_SETS,
    SMALL_PT,
    STYLE,
    WIDTH_IN,
    save_figure,
    show_percent,
)
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


def plot_failure_modes(*, modes: Path, voices: list[str], csv: Path, pdf: Path, png: Path) -> None:
    """Draws a panel per prompt set: a bar per voice, made of the shares of its failure modes.

    Args:
        modes: results/failure_modes.csv.
        voices: systems and references to show, from top to bottom.
        csv: what is drawn: voice, prompt set, failure mode, k, n, rate.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    table = shares_of_modes(pd.read_csv(modes), voices)
    write_csv(table, csv)
    sets = [name for name in PROMPT_SETS if name in set(table["prompt_set"])]
    with plt.rc_context(STYLE):
        height = 1.1 + 0.21 * len(voices)
        figure, axes = plt.subplots(
            1, len(sets), figsize=(WIDTH_IN, height), sharex=True, sharey=True, squeeze=False
        )
        for axis, name in zip(axes[0], sets, strict=True):
            draw_modes(axis, table.query("prompt_set == @name"), voices)
            axis.set_title(PROMPT_SETS[name]["label"])
        axes[0][0].set_xlim(right=1.12 * axes[0][0].get_xlim()[1])  # of all panels, for the totals
        figure.supxlabel("candidates that fail", fontsize=8)
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(FAILURE_MODES),
                      handlelength=1.0, handletextpad=0.4, columnspacing=1.1)  # fmt: skip
        save_figure(figure, [pdf, png])


def shares_of_modes(modes: pd.DataFrame, voices: list[str]) -> pd.DataFrame:
    """Returns a row per voice, prompt set and failure mode, categories summed, zeros included."""
    counts = modes[modes["system"].isin(voices)].pivot_table(
        index=["system", "prompt_set"], columns="failure_mode", values="k", aggfunc="sum",
        fill_value=0,
    )  # fmt: skip
    total = counts.sum(axis=1) - counts.get("pipeline_error", 0)
    long: Any = counts.reindex(columns=list(FAILURE_MODES), fill_value=0).stack()
    table = long.reset_index(name="k").merge(total.reset_index(name="n"))
    return table.assign(rate=table["k"] / table["n"])


def draw_modes(axis: Axes, table: pd.DataFrame, voices: list[str]) -> Axes:
    """Draws one bar per voice on `axis`, stacked in the metric's order, its total beside it."""
    heights = np.arange(len(voices))
    left = np.zeros(len(voices))
    for mode, style in FAILURE_MODES.items():
        rates = table[table["failure_mode"] == mode].set_index("system")["rate"].reindex(voices)
        axis.barh(heights, rates, left=left, height=0.7, linewidth=0.5, edgecolor="white", **style)
        left += rates.to_numpy()
    for height, total in zip(heights, left, strict=True):
        axis.annotate(
            f"{total:.1%}", (total, height), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=SMALL_PT,
        )  # fmt: skip
    axis.set_yticks(heights, voices)
    if not axis.yaxis_inverted():  # shared by the panels
        axis.invert_yaxis()
    axis.grid(visible=True, axis="x")
    axis.grid(visible=False, axis="y")
    show_percent(axis.xaxis)
    return axis


if __name__ == "__main__":
    run_script(plot_failure_modes)
