"""The figure: failure rate of best-of-n against n, with intervals and the floors."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from selfverify.results.figure_style import (
    GREY,
    PROMPT_SETS,
    STYLE,
    WIDTH_IN,
    End,
    label_ends,
    save_figure,
    show_percent,
    system_styles,
)
from selfverify.workflow.script import run_script

FLOOR: dict[str, Any] = {"color": GREY, "linewidth": 0.9, "linestyle": ":"}


def plot_failure_by_n(*, rates: Path, systems: list[str], floor: str, pdf: Path, png: Path) -> None:
    """Draws one panel per system: points with 95 % intervals, the floors as dotted lines.

    Args:
        rates: results/failure_rates.csv.
        systems: names to show, a panel each.
        floor: the reference whose failure rates are drawn as lines.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    table = pd.read_csv(rates)
    references = table[(table["system"] == floor) & (table["best_of"] == 1)]
    floors = dict(zip(references["prompt_set"], references["rate"], strict=True))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(systems), figsize=(WIDTH_IN, 2.4), sharey=True, squeeze=False
        )
        styles = system_styles(systems)
        for axis, system in zip(axes[0], systems, strict=True):
            draw_system(
                axis, pd.DataFrame(table[table["system"] == system]), floors, styles[system]
            )
            axis.set_title(system, color=styles[system]["color"])
        axes[0][0].set_ylim(bottom=-0.01)  # of all panels, now that they have their points
        axes[0][0].set_ylabel("utterances that fail")
        figure.supxlabel("n, candidates to choose from", fontsize=8)
        figure.legend(handles=_keys(table), loc="outside upper center", ncols=3)
        for axis, system in zip(axes[0], systems, strict=True):
            color = styles[system]["color"]
            write_rates(axis, pd.DataFrame(table[table["system"] == system]), color)
        save_figure(figure, [pdf, png])


def draw_system(
    axis: Axes, table: pd.DataFrame, floors: dict[str, float], style: dict[str, Any]
) -> Axes:
    """Draws the curves of one system on `axis`, and returns it."""
    ticks = sorted(table["best_of"].unique())
    for prompt_set, looks in PROMPT_SETS.items():
        rows = table.query("prompt_set == @prompt_set").sort_values("best_of")
        if rows.empty:
            continue
        spread = [rows["rate"] - rows["low"], rows["high"] - rows["rate"]]
        axis.errorbar(
            rows["best_of"], rows["rate"], yerr=spread, capsize=2, elinewidth=0.7, **(style | looks)
        )
        if prompt_set in floors:
            axis.axhline(floors[prompt_set], **FLOOR)
    axis.set_xscale("log", base=2)
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.margins(x=0.12)
    show_percent(axis.yaxis)
    return axis


def write_rates(axis: Axes, table: pd.DataFrame, color: str) -> None:
    """Writes the rates of the largest n beside the curves."""
    best_of = max(table["best_of"])
    rows = table[(table["best_of"] == best_of) & table["prompt_set"].isin(list(PROMPT_SETS))]
    rates = pd.DataFrame(rows)["rate"]
    label_ends(axis, [End(best_of, rate, f"{rate:.0%}", color) for rate in rates])


def _keys(table: pd.DataFrame) -> list[Line2D]:
    sets = [looks for name, looks in PROMPT_SETS.items() if name in set(table["prompt_set"])]
    keys = [Line2D([], [], color=GREY, marker="o", **looks) for looks in reversed(sets)]
    return [*keys, Line2D([], [], label="the voice itself", **FLOOR)]


if __name__ == "__main__":
    run_script(plot_failure_by_n)
