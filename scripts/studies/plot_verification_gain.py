"""The figure: what verification adds to SFT in every study, and in the mean over them."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from selfverify.results.figure_style import (
    GREY,
    STYLE,
    WIDTH_IN,
    save_figure,
    show_percent,
    system_styles,
)
from selfverify.workflow.script import run_script

MEAN: dict[str, Any] = {"color": "#000000", "marker": "D", "markersize": 6}
ROW_IN = 0.2


def plot_verification_gain(*, table: Path, systems: list[str], pdf: Path, png: Path) -> None:
    """Draws a panel per temperature: a contrast a row with its 90 % interval, the mean below them.

    Args:
        table: table_verification_gain.csv.
        systems: in the order of colours.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    rows: list[dict[str, Any]] = pd.read_csv(table).to_dict("records")
    places = list(dict.fromkeys(row["temperature"] for row in rows))
    labels = list(dict.fromkeys(_label(row) for row in rows if not pd.isna(row["system"])))
    style: dict[Any, Any] = STYLE | {"axes.grid.axis": "x"}
    with plt.rc_context(style):
        figure, axes = plt.subplots(
            1, len(places), sharex=True, sharey=True, squeeze=False,
            figsize=(WIDTH_IN, 0.9 + ROW_IN * (len(labels) + 1)),
        )  # fmt: skip
        for axis, place in zip(axes[0], places, strict=True):
            shown = [row for row in rows if row["temperature"] == place]
            draw_contrasts(axis, shown, labels, system_styles(systems))
            axis.set_title(f"at {place} temperature")
        figure.supxlabel("fewer candidates that fail than after random own ones", fontsize=8)
        save_figure(figure, [pdf, png])


def draw_contrasts(
    axis: Axes, rows: list[dict[str, Any]], labels: list[str], styles: dict[str, dict[str, Any]]
) -> Axes:
    """Draws the contrasts of one temperature at the heights of their labels, and their mean."""
    for row in rows:
        is_mean = pd.isna(row["system"])
        look = MEAN if is_mean else {k: styles[row["system"]][k] for k in ("color", "marker")}
        height = -len(labels) if is_mean else -labels.index(_label(row))
        spread = [[row["difference"] - row["low"]], [row["high"] - row["difference"]]]
        axis.errorbar(row["difference"], height, xerr=spread, capsize=2, elinewidth=0.9, **look)
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.axhline(0.5 - len(labels), color=GREY, linewidth=0.5)
    axis.set_yticks([-height for height in range(len(labels) + 1)], [*labels, "mean over all"])
    axis.set_ylim(-len(labels) - 0.6, 0.6)
    show_percent(axis.xaxis)
    return axis


def _label(row: dict[str, Any]) -> str:
    return "{study}: {system}, {arm}".format(**row)


if __name__ == "__main__":
    run_script(plot_verification_gain)
