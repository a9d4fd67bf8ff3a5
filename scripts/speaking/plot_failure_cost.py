"""The figure: failure rate against cost, for each policy of spending."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from selfverify.results.figure_style import PROMPT_SETS, STYLE, save_figure
from selfverify.workflow.script import run_script

POLICIES: dict[str, dict[str, Any]] = {
    "best": {"color": "#999999", "marker": "o", "label": "all n drawn"},
    "good": {"color": "#0072B2", "marker": "s", "label": "until one is good"},
    "accepted": {"color": "#D55E00", "marker": "^", "label": "until one is accepted"},
}


def plot_failure_cost(*, costs: Path, systems: list[str], pdf: Path, png: Path) -> None:
    """Draws a panel per prompt set and system, a line per policy, a point per n.

    Dotted: the same with over-long candidates given up early. The grey rule is 1.3 single shots.

    Args:
        costs: results/policy_costs.csv.
        systems: names to show.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    table = pd.read_csv(costs)
    sets = [name for name in PROMPT_SETS if name in set(table["prompt_set"])]
    shown = [system for system in systems if system in set(table["system"])]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(sets), len(shown), figsize=(1.0 + 2.1 * len(shown), 0.8 + 2.0 * len(sets)),
            squeeze=False, sharey="row",
        )  # fmt: skip
        for row, prompt_set in zip(axes, sets, strict=True):
            for axis, system in zip(row, shown, strict=True):
                rows = table.query("prompt_set == @prompt_set and system == @system")
                draw_frontier(axis, pd.DataFrame(rows))
                axis.set_title(f"{system}\n{PROMPT_SETS[prompt_set]['label']}", fontsize=8)
            row[0].set_ylabel("utterances that fail")
        for axis in axes[-1]:
            axis.set_xlabel("cost, single shots")
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
        save_figure(figure, [pdf, png])


def draw_frontier(axis: Axes, table: pd.DataFrame) -> None:
    """Draws a line per policy on `axis`, cost to the right and failures upwards."""
    axis.axvline(1.3, color="#bbbbbb", linewidth=0.8)
    for policy, style in POLICIES.items():
        rows: pd.DataFrame = table[table["policy"] == policy]  # type: ignore[assignment]
        rows = rows.sort_values("n")
        axis.plot(rows["cost"], rows["failure_rate"], linewidth=1.2, markersize=4, **style)
        axis.plot(
            rows["cost_abort"], rows["failure_rate"], linewidth=0.9, linestyle=":",
            color=style["color"],
        )  # fmt: skip
    axis.set_xscale("log", base=2)
    axis.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axis.minorticks_off()
    axis.set_ylim(bottom=-0.003)
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


if __name__ == "__main__":
    run_script(plot_failure_cost)
