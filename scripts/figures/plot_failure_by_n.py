"""The figure: failure rate of best-of-n against n, with intervals and the floors."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from selfverify.results.figure_style import PROMPT_SETS, STYLE, save_figure
from selfverify.workflow.script import run_script


def plot_failure_by_n(*, rates: Path, systems: list[str], floor: str, pdf: Path, png: Path) -> None:
    """Draws one panel per system: points with 95 % intervals, the floor as a dashed line.

    Args:
        rates: results/failure_rates.csv.
        systems: names to show, a panel each.
        floor: the reference whose failure rate is drawn as a line.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    table = pd.read_csv(rates)
    references = table[(table["system"] == floor) & (table["best_of"] == 1)]
    floors = dict(zip(references["prompt_set"], references["rate"], strict=True))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(systems), figsize=(1.0 + 2.4 * len(systems), 2.9), sharey=True, squeeze=False
        )
        for axis, system in zip(axes[0], systems, strict=True):
            draw_system(axis, pd.DataFrame(table[table["system"] == system]), floors)
            axis.set_title(system)
        axes[0][0].set_ylim(bottom=-0.01)  # of all panels, now that they have their points
        axes[0][0].set_ylabel("utterances that fail")
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=8)
        save_figure(figure, [pdf, png])


def draw_system(axis: Axes, table: pd.DataFrame, floors: dict[str, float]) -> Axes:
    """Draws the curves of one system on `axis` and returns it."""
    ticks = sorted(table["best_of"].unique())
    for prompt_set, style in PROMPT_SETS.items():
        rows = table.query("prompt_set == @prompt_set").sort_values("best_of")
        if rows.empty:
            continue
        spread = [rows["rate"] - rows["low"], rows["high"] - rows["rate"]]
        axis.errorbar(
            rows["best_of"], rows["rate"], yerr=spread, capsize=2.5, linewidth=1.4, markersize=5,
            **style,
        )  # fmt: skip
        if prompt_set in floors:
            axis.axhline(
                floors[prompt_set], color=style["color"], linewidth=0.9, linestyle=(0, (2, 2)),
                label=f"the voice itself, {style['label']}",
            )  # fmt: skip
    axis.set_xscale("log", base=2)
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.set_xlabel("n, candidates to choose from")
    return axis


if __name__ == "__main__":
    run_script(plot_failure_by_n)
