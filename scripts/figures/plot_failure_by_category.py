"""The figure: which kinds of prompts fail, and which of them selection cannot help."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from selfverify.results.figure_style import (
    GREY,
    PROMPT_SETS,
    STYLE,
    WIDTH_IN,
    save_figure,
    show_percent,
    system_styles,
)
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

SINGLE_SHOT: dict[str, Any] = {
    "marker": "o", "markerfacecolor": "white", "linestyle": "none", "label": "single shot",
}  # fmt: skip
BEST_OF: dict[str, Any] = {
    "marker": "s", "markersize": 4.0, "linestyle": "none", "label": "best of {}",
}  # fmt: skip
NEVER: dict[str, Any] = {
    "color": "#000000", "marker": "|", "markersize": 8, "markeredgewidth": 1.4,
    "linestyle": "none", "label": "no candidate passes",
}  # fmt: skip


def plot_failure_by_category(
    *, categories: Path, systems: list[str], csv: Path, pdf: Path, png: Path
) -> None:
    """Draws a panel per system, a line per category: single shot, best-of-n, and the ceiling.

    Args:
        categories: results/failure_by_category.csv.
        systems: names to show, a panel each.
        csv: what is drawn.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    table = pd.read_csv(categories).query("system in @systems")
    is_shown = table["prompt_set"].isin(list(PROMPT_SETS))  # others have the same categories
    table = pd.DataFrame(table[is_shown])
    write_csv(table, csv)
    order = _by_difficulty(table)
    styles = system_styles(systems)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(systems), figsize=(WIDTH_IN, 1.0 + 0.16 * len(order)),
            sharex=True, sharey=True, squeeze=False,
        )  # fmt: skip
        for axis, system in zip(axes[0], systems, strict=True):
            color = styles[system]["color"]
            draw_categories(axis, pd.DataFrame(table[table["system"] == system]), order, color)
            axis.set_title(system, color=color)
        figure.supxlabel("utterances that fail", fontsize=8)
        figure.legend(handles=_keys(max(table["best_of"])), loc="outside upper center", ncols=3)
        save_figure(figure, [pdf, png])


def _by_difficulty(table: pd.DataFrame) -> list[str]:
    """Categories, those that fail least first, by the mean of the systems."""
    means = table.pivot_table(index="category", values="single_rate", aggfunc="mean")
    return means.sort_values("single_rate").index.tolist()


def draw_categories(axis: Axes, table: pd.DataFrame, order: list[str], color: str) -> Axes:
    """Draws three marks per category on `axis` and returns it."""
    rows = table.set_index("category").reindex(order)
    heights = np.arange(len(order))
    axis.hlines(heights, rows["rate"], rows["single_rate"], color=color, linewidth=0.8, alpha=0.5)
    axis.plot(rows["never_rate"], heights, **NEVER)
    axis.plot(rows["single_rate"], heights, color=color, **SINGLE_SHOT)
    axis.plot(rows["rate"], heights, color=color, **BEST_OF)
    axis.set_yticks(heights, [name.replace("_", " ") for name in order])
    axis.set_ylim(-0.7, len(order) - 0.3)
    axis.set_xlim(-0.05, 1.05)
    show_percent(axis.xaxis)
    return axis


def _keys(best_of: int) -> list[Line2D]:
    label = BEST_OF["label"].format(best_of)
    kept = BEST_OF | {"label": label}
    marks = [Line2D([], [], color=GREY, **mark) for mark in (SINGLE_SHOT, kept)]
    return [*marks, Line2D([], [], **NEVER)]


if __name__ == "__main__":
    run_script(plot_failure_by_category)
