"""The figure: which kinds of prompts fail, and which of them selection cannot help."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from selfverify.results.figure_style import (
    BEST_OF,
    NEVER,
    PROMPT_SETS,
    SINGLE_SHOT,
    STYLE,
    save_figure,
)
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script


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
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(systems), figsize=(1.6 + 1.5 * len(systems), 1.3 + 0.2 * len(order)),
            sharex=True, sharey=True, squeeze=False,
        )  # fmt: skip
        for axis, system in zip(axes[0], systems, strict=True):
            draw_categories(axis, pd.DataFrame(table[table["system"] == system]), order)
            axis.set_title(system)
        figure.supxlabel("utterances that fail", fontsize=9)
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=8)
        save_figure(figure, [pdf, png])


def _by_difficulty(table: pd.DataFrame) -> list[str]:
    """Categories, those that fail least first, by the mean of the systems."""
    means = table.pivot_table(index="category", values="single_rate", aggfunc="mean")
    return means.sort_values("single_rate").index.tolist()


def draw_categories(axis: Axes, table: pd.DataFrame, order: list[str]) -> Axes:
    """Draws three marks per category on `axis` and returns it."""
    rows = table.set_index("category").reindex(order)
    heights = np.arange(len(order))
    axis.hlines(heights, rows["rate"], rows["single_rate"], color="#bbbbbb", linewidth=1.0)
    axis.plot(rows["never_rate"], heights, **NEVER)
    axis.plot(rows["single_rate"], heights, **SINGLE_SHOT)
    label = BEST_OF["label"].format(table["best_of"].to_numpy().max())
    axis.plot(rows["rate"], heights, **(BEST_OF | {"label": label}))
    axis.set_yticks(heights, [name.replace("_", " ") for name in order])
    axis.set_ylim(-0.7, len(order) - 0.3)
    axis.set_xlim(-0.05, 1.05)
    axis.set_xticks([0, 0.5, 1])
    axis.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return axis


if __name__ == "__main__":
    run_script(plot_failure_by_category)
