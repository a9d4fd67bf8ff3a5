"""The figure: failure rate against what it costs, candidates drawn per utterance."""

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
from selfverify.storage.tables import write_csv
from selfverify.workflow.script import run_script

KEY: dict[str, Any] = {"color": GREY, "marker": "o", "markerfacecolor": "white"}
COLUMNS = ["system", "prompt_set", "best_of", "mean_draws", "stop_rate", "pool_rate"]
POLICIES = {"-": "until one is accepted", ":": "all n drawn, the best kept"}


def plot_failure_by_draws(
    *, rates: Path, systems: list[str], csv: Path, pdf: Path, png: Path
) -> None:
    """Draws a panel per prompt set, a line per system, a point per n of best-of-n.

    Full line: sampling stops at the first candidate that the verifier accepts, n is a limit and the
    mean of the draws is the cost. Dotted: all n are drawn and the best is kept. Rates and draws are
    expectations over all draws from the pool.

    Args:
        rates: results/failure_rates.csv.
        systems: names to show.
        csv: what is drawn.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    table = pd.DataFrame(pd.read_csv(rates).query("system in @systems")[COLUMNS])
    write_csv(table, csv)
    sets = [name for name in PROMPT_SETS if name in set(table["prompt_set"])]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, len(sets), figsize=(WIDTH_IN, 2.6), squeeze=False)
        for axis, name in zip(axes[0], sets, strict=True):
            draw_costs(axis, table.query("prompt_set == @name"), systems)
            axis.set_title(PROMPT_SETS[name]["label"])
        axes[0][0].set_ylabel("utterances that fail")
        figure.supxlabel("candidates drawn per utterance, mean", fontsize=8)
        looks: list[dict[str, Any]] = [
            KEY | {"linestyle": style, "label": label} for style, label in POLICIES.items()
        ]
        keys = [Line2D([], [], **look) for look in looks]
        figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
        for axis, name in zip(axes[0], sets, strict=True):
            name_systems(axis, pd.DataFrame(table[table["prompt_set"] == name]), systems)
        save_figure(figure, [pdf, png])


def draw_costs(axis: Axes, table: pd.DataFrame, systems: list[str]) -> Axes:
    """Draws the two lines of each system on `axis`, a point per n, and returns it."""
    for system, style in system_styles(systems).items():
        rows = pd.DataFrame(table[table["system"] == system]).sort_values("best_of")
        axis.plot(rows["mean_draws"], rows["stop_rate"], **style)
        axis.plot(
            rows["best_of"], rows["pool_rate"], linewidth=0.9, linestyle=":",
            markerfacecolor="white", color=style["color"], marker=style["marker"],
        )  # fmt: skip
    axis.set_ylim(bottom=-0.01)
    axis.set_xscale("log", base=2)
    ticks = sorted(table["best_of"].unique())
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    show_percent(axis.yaxis)
    return axis


def name_systems(axis: Axes, table: pd.DataFrame, systems: list[str]) -> None:
    """Writes the systems beside the ends of their dotted lines."""
    ends = []
    for system, style in system_styles(systems).items():
        rows = pd.DataFrame(table[table["system"] == system]).sort_values("best_of")
        if len(rows):
            last = rows.iloc[-1]
            ends.append(End(last["best_of"], last["pool_rate"], system, style["color"]))
    label_ends(axis, ends)


if __name__ == "__main__":
    run_script(plot_failure_by_draws)
