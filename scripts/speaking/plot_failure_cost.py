"""The figure: failure rate against cost, for each policy of spending."""

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
    save_figure,
    show_percent,
    system_styles,
)
from selfverify.workflow.script import run_script

# In the colour of the system, but what a policy is held against in grey.
POLICIES: dict[str, dict[str, Any]] = {
    "best": {"color": GREY, "marker": "o", "label": "all n drawn"},
    "good": {"markerfacecolor": "white", "marker": "s", "label": "until one is good"},
    "accepted": {"marker": "^", "label": "until one is accepted"},
}
ORACLE: dict[str, Any] = {
    "color": "#000000", "marker": "", "linestyle": "--", "label": "all n drawn, an oracle keeps",
}  # fmt: skip


def plot_failure_cost(*, costs: Path, systems: list[str], pdf: Path, png: Path) -> None:
    """Draws a panel per prompt set and system, a line per policy, a point per n.

    Dotted: the same with over-long candidates given up early. Dashed: the evaluator itself keeps.
    The grey rule is 1.3 single shots. The verifier is the recogniser.

    Args:
        costs: results/policy_costs.csv.
        systems: names to show.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    table = pd.read_csv(costs).query("verifier == 'recogniser'")
    sets = [name for name in PROMPT_SETS if name in set(table["prompt_set"])]
    shown = [system for system in systems if system in set(table["system"])]
    styles = system_styles(systems)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(sets), len(shown), figsize=(WIDTH_IN, 0.8 + 1.7 * len(sets)),
            squeeze=False, sharey="row",
        )  # fmt: skip
        for row, prompt_set in zip(axes, sets, strict=True):
            for axis, system in zip(row, shown, strict=True):
                rows = table.query("prompt_set == @prompt_set and system == @system")
                draw_frontier(axis, pd.DataFrame(rows), styles[system]["color"])
            row[0].set_ylabel(f"fail, {PROMPT_SETS[prompt_set]['label']}")
            row[0].set_ylim(bottom=-0.003)  # of the whole row, once all of it is drawn
        for axis, system in zip(axes[0], shown, strict=True):
            axis.set_title(system, color=styles[system]["color"])
        figure.supxlabel("cost, single shots", fontsize=8)
        looks = [*POLICIES.values(), ORACLE]
        black: dict[str, Any] = {"color": "black"}
        keys = [Line2D([], [], **(black | look)) for look in looks]
        figure.legend(handles=keys, loc="outside upper center", ncols=2)
        save_figure(figure, [pdf, png])


def draw_frontier(axis: Axes, table: pd.DataFrame, color: str) -> None:
    """Draws a line per policy on `axis`, cost to the right and failures upwards."""
    axis.axvline(1.3, color="#bbbbbb", linewidth=0.8)
    for policy, looks in POLICIES.items():
        style: dict[str, Any] = {"color": color} | looks
        rows: pd.DataFrame = table[table["policy"] == policy]  # type: ignore[assignment]
        rows = rows.sort_values("n")
        axis.plot(rows["cost"], rows["failure_rate"], **style)
        axis.plot(
            rows["cost_abort"], rows["failure_rate"], linewidth=0.9, linestyle=":",
            color=style["color"],
        )  # fmt: skip
    drawn = table.query("policy == 'best'").sort_values("n")
    axis.plot(drawn["cost"], drawn["oracle_rate"], linewidth=0.9, **ORACLE)
    axis.set_xscale("log", base=2)
    axis.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axis.minorticks_off()
    show_percent(axis.yaxis)


if __name__ == "__main__":
    run_script(plot_failure_cost)
