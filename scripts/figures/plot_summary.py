"""The figure: the study on a page, for who looks at one."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selfverify.distillation.plan import TEACHER
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

Styles = dict[str, dict[str, Any]]
Draw = Callable[[Axes, Styles], list[End]]  # returns the ends of lines, to be named
COLUMNS = 2
ROW_IN = 2.35


def plot_summary(
    *,
    rates: Path,
    systems: list[str],
    pdf: Path,
    png: Path,
    distillation: tuple[Path, ...] = (),
) -> None:
    """Draws failures against n of every prompt set, against draws, and what distillation gains.

    The last is of the hardest set; without distillation its place has what draws cost on another.

    Args:
        rates: results/failure_rates.csv.
        systems: names to show, in the order of their colours.
        pdf: figure to write.
        png: the same figure as pixels.
        distillation: table_distillation.csv, where it is a part of the study.
    """
    table = pd.read_csv(rates)
    sets = [name for name in reversed(PROMPT_SETS) if name in set(table["prompt_set"])]
    labels = [PROMPT_SETS[name]["label"] for name in sets]
    rows = [pd.DataFrame(table[table["prompt_set"] == name]) for name in sets]
    panels = {f"{label}: best of n": _by_n(r) for label, r in zip(labels, rows, strict=True)}
    costs = {
        f"{label}: the first accepted": _by_draws(r)
        for label, r in zip(labels[: 1 if distillation else None], rows, strict=False)
    }
    gains = {
        f"{labels[0]}: distilled, or cooled": _by_arm(arms[arms["prompt_set"] == sets[0]])
        for arms in map(pd.read_csv, distillation)
    }
    with plt.rc_context(STYLE):
        save_figure(_draw(panels | costs | gains, system_styles(systems)), [pdf, png])


def _draw(panels: dict[str, Draw], styles: Styles) -> Figure:
    filled = [min(COLUMNS, len(panels) - start) for start in range(0, len(panels), COLUMNS)]
    figure = plt.figure(figsize=(WIDTH_IN, ROW_IN * len(filled)))
    rows = figure.add_gridspec(len(filled), 1)
    # A grid of its own for each row, so that the names of arms take no width of the row above.
    cells = [cell for row, num in enumerate(filled) for cell in rows[row].subgridspec(1, num)]
    axes = [figure.add_subplot(cell) for cell, _ in zip(cells, panels, strict=True)]
    ends = []
    for axis, (title, draw) in zip(axes, panels.items(), strict=True):
        axis.set_title(title, loc="left")
        ends.append(draw(axis, styles))
    for axis, found in zip(axes, ends, strict=True):
        label_ends(axis, found)  # the layout, of all, decides where names have room
    return figure


def _by_n(table: pd.DataFrame) -> Draw:
    def draw(axis: Axes, styles: Styles) -> list[End]:
        ends = []
        for system, rows in _of_systems(table, styles):
            spread = [rows["rate"] - rows["low"], rows["high"] - rows["rate"]]
            axis.errorbar(
                rows["best_of"], rows["rate"], yerr=spread, capsize=2, elinewidth=0.6,
                **styles[system],
            )  # fmt: skip
            ends.append(_end(rows, "best_of", "rate", styles[system]))
        _scale(axis, sorted(table["best_of"].unique()), "n, candidates to choose from")
        return ends

    return draw


def _by_draws(table: pd.DataFrame) -> Draw:
    def draw(axis: Axes, styles: Styles) -> list[End]:
        ends = []
        for system, rows in _of_systems(table, styles):
            axis.plot(rows["mean_draws"], rows["stop_rate"], **styles[system])
            ends.append(_end(rows, "mean_draws", "stop_rate", styles[system]))
        # Names stand beside the lines, in up to twice their width.
        most = 4 * table["mean_draws"].max()
        ticks = [n for n in sorted(table["best_of"].unique()) if n < most]
        _scale(axis, ticks, "candidates drawn, mean")
        return ends

    return draw


def _by_arm(table: Any) -> Draw:
    def draw(axis: Axes, styles: Styles) -> list[End]:
        arms = [arm for arm in dict.fromkeys(table["arm"]) if arm != TEACHER]
        shown = [system for system in styles if system in set(table["system"])]
        for number, system in enumerate(shown):
            rows = table[table["system"] == system].set_index("arm").reindex(arms)
            shift = 0.36 * (number / (len(shown) - 1) - 0.5) if len(shown) > 1 else 0.0
            low, high = (rows["difference"] - rows[f"difference_{end}"] for end in ("low", "high"))
            places = [-i - shift for i in range(len(arms))]
            drawn: dict[str, Any] = styles[system] | {"linestyle": "none"}
            axis.errorbar(
                rows["difference"], places, xerr=[low, -high], capsize=2, elinewidth=0.9, **drawn
            )
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.set_yticks([-i for i in range(len(arms))], arms)
        axis.grid(visible=True, axis="x")
        axis.grid(visible=False, axis="y")
        show_percent(axis.xaxis)
        axis.set_ylim(0.5 - len(arms), 0.5)
        axis.set_xlabel("fewer failures than as is, single shot")
        return []

    return draw


def _of_systems(table: pd.DataFrame, styles: Styles) -> Iterable[tuple[str, pd.DataFrame]]:
    for system in styles:
        rows = pd.DataFrame(table[table["system"] == system]).sort_values("best_of")
        if not rows.empty:
            yield system, rows


def _end(rows: pd.DataFrame, x: str, y: str, style: dict[str, Any]) -> End:
    last = rows.iloc[-1]
    return End(last[x], last[y], f"{style['label']} {last[y]:.0%}", style["color"])


def _scale(axis: Axes, ticks: list[int], label: str) -> None:
    axis.set_ylim(-0.01, 1.05 * axis.get_ylim()[1])  # the highest marker whole
    axis.set_xscale("log", base=2)
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_xlim(ticks[0] / 1.12, ticks[-1] * 1.12)
    axis.minorticks_off()
    show_percent(axis.yaxis)
    axis.set(xlabel=label, ylabel="utterances that fail")


if __name__ == "__main__":
    run_script(plot_summary)
