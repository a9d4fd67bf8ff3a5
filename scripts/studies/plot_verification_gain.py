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
    """Draws a panel per temperature: a contrast a row with its 90 % interval, means below them.

    Args:
        table: table_verification_gain.csv.
        systems: in the order of colours.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    rows: list[dict[str, Any]] = pd.read_csv(table).to_dict("records")
    places = list(dict.fromkeys(row["temperature"] for row in rows))
    labels = list(dict.fromkeys(_label(row) for row in sorted(rows, key=is_mean)))
    num_means = len({row["study"] for row in rows if is_mean(row)})
    style: dict[Any, Any] = STYLE | {"axes.grid.axis": "x"}
    with plt.rc_context(style):
        figure, axes = plt.subplots(
            1, len(places), sharex=True, sharey=True, squeeze=False,
            figsize=(WIDTH_IN, 0.9 + ROW_IN * len(labels)),
        )  # fmt: skip
        for axis, place in zip(axes[0], places, strict=True):
            shown = [row for row in rows if row["temperature"] == place]
            draw_contrasts(axis, shown, labels, system_styles(systems))
            axis.axhline(num_means + 0.5 - len(labels), color=GREY, linewidth=0.5)
            axis.set_title(f"at {place} temperature")
        figure.supxlabel("fewer candidates that fail than after random own ones", fontsize=8)
        save_figure(figure, [pdf, png])


def draw_contrasts(
    axis: Axes, rows: list[dict[str, Any]], labels: list[str], styles: dict[str, dict[str, Any]]
) -> Axes:
    """Draws the contrasts of one temperature, and their means, at the heights of their labels."""
    for row in rows:
        look = MEAN if is_mean(row) else {k: styles[row["system"]][k] for k in ("color", "marker")}
        spread = [[row["difference"] - row["low"]], [row["high"] - row["difference"]]]
        axis.errorbar(
            row["difference"], -labels.index(_label(row)), xerr=spread, capsize=2, elinewidth=0.9,
            **look,
        )  # fmt: skip
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set_yticks([-height for height in range(len(labels))], labels)
    axis.set_ylim(0.4 - len(labels), 0.6)
    show_percent(axis.xaxis)
    return axis


def is_mean(row: dict[str, Any]) -> bool:
    """Whether a row is of several contrasts."""
    return pd.isna(row["system"])


def _label(row: dict[str, Any]) -> str:
    if is_mean(row):
        return f"mean over {row['study']}"
    return "{study}: {system}, {arm}".format(**row)


if __name__ == "__main__":
    run_script(plot_verification_gain)
