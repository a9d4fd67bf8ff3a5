"""The figure: what fails against how sharply it is chosen, systems as they cool and every arm."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from selfverify.distillation.comparison import TEACHER, parse_arms, read_arms
from selfverify.distillation.sharpening import (
    Point,
    below_line,
    equivalent_temperature,
    line_at,
    mean_entropy,
)
from selfverify.results.figure_style import (
    GREY,
    SMALL_PT,
    STYLE,
    WIDTH_IN,
    arm_styles,
    save_figure,
    show_percent,
)
from selfverify.sampling.seeds import candidate_seed
from selfverify.statistics.intervals import korn_graubard
from selfverify.storage.tables import read_tables, write_csv
from selfverify.workflow.script import run_script

LINE: dict[str, Any] = {"color": "#000000", "linewidth": 1.1, "marker": ".", "markersize": 5}


def plot_sharpening_line(
    *,
    verdicts: list[Path],
    entropies: list[Path],
    arms: list[str],
    temperatures: list[float],
    predicted: list[float],
    seed: int,
    csv: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draws a panel per system and prompt set: the system as it cools as a line, each arm a point.

    Rates are single shot by the evaluator, with Korn-Graubard's 95 % interval: Clopper and
    Pearson's at the effective number of candidates, of which a prompt has several. A filled point
    is drawn at its system's temperature, a hollow one at the matched temperature.

    Args:
        verdicts: of each speaker and prompt set.
        entropies: of each arm.
        arms: "speaker=system=arm" of every speaker, systems at any temperature as "as is".
        temperatures: of each of these speakers.
        predicted: of each the temperature at which its system would act alike, "nan" if unknown.
        seed: of resampling.
        csv: the points, and how far below the line each is.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    points = read_points(verdicts, entropies, arms, temperatures, predicted)
    table = pd.DataFrame([_row(point, line_of(point, points), seed) for point in points])
    write_csv(table.sort_values(["system", "prompt_set"], kind="stable"), csv)
    panels = list(dict.fromkeys(zip(table["system"], table["prompt_set"], strict=True)))
    styles = arm_styles(arm for arm in table["arm"] if arm != TEACHER)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH_IN, 3.1), squeeze=False)
        for axis, (system, prompt_set) in zip(axes[0], panels, strict=True):
            rows = table.query("system == @system and prompt_set == @prompt_set")
            draw_panel(axis, pd.DataFrame(rows), styles)
            axis.set_title(f"{system}, {prompt_set} prompts")
        axes[0][0].set_ylabel("candidates that fail, single shot")
        handles = _handles(table, styles)
        num_columns = _num_columns(handles)
        figure.legend(handles=handles, loc="outside lower center", ncols=num_columns)
        save_figure(figure, [pdf, png])


def read_points(
    verdicts: Sequence[Path],
    entropies: Sequence[Path],
    arms: Sequence[str],
    temperatures: Sequence[float],
    predicted: Sequence[float],
) -> list[Point]:
    """Returns a point per system, prompt set, arm and temperature, training seeds together."""
    speakers = parse_arms(arms)
    cooled = dict(zip(speakers, temperatures, strict=True))
    # Arms that differ in temperature alone are kept apart by their names.
    named = {name: (s, f"{arm}={cooled[name]:g}") for name, (s, arm) in speakers.items()}
    expected = dict(zip(named.values(), predicted, strict=True))
    measured = read_tables(entropies)
    points = []
    for found in read_arms([], verdicts, named):
        members = [policy.system for policy in found.policies]
        entropy = mean_entropy(measured, members, found.prompt_set)
        temperature = float(found.name.rpartition("=")[2])
        points.append(Point(found, temperature, entropy, expected[found.system, found.name]))
    return points


def line_of(point: Point, points: Sequence[Point]) -> list[Point]:
    """Returns the points of the system as it is, by entropy, on the prompt set of `point`."""
    place = (point.arm.system, point.arm.prompt_set)
    line = [p for p in points if (p.arm.system, p.arm.prompt_set) == place and _arm(p) == TEACHER]
    return sorted(line, key=lambda p: p.entropy)


def draw_panel(axis: Axes, rows: pd.DataFrame, styles: dict[str, dict[str, Any]]) -> Axes:
    """Draws line and arms of one system and prompt set on `axis`, and returns it."""
    line = pd.DataFrame(rows[rows["arm"] == TEACHER]).sort_values("entropy")
    spread = [line["rate"] - line["low"], line["high"] - line["rate"]]
    axis.errorbar(line["entropy"], line["rate"], yerr=spread, elinewidth=0.6, **LINE)
    for row in line.to_dict("records"):
        axis.annotate(
            f"T {row['temperature']:g}", (row["entropy"], row["rate"]), fontsize=SMALL_PT,
            xytext=(3, 4), textcoords="offset points",
        )  # fmt: skip
    for row in pd.DataFrame(rows[rows["arm"] != TEACHER]).to_dict("records"):
        axis.errorbar(
            row["entropy"], row["rate"], linestyle="none", capsize=2, elinewidth=0.6,
            yerr=[[row["rate"] - row["low"]], [row["high"] - row["rate"]]],
            markerfacecolor=None if row["is_own"] else "white", **styles[row["arm"]],
        )  # fmt: skip
    show_percent(axis.yaxis)
    axis.set_xlabel("entropy of what is said, nats per id")
    return axis


def _row(point: Point, line: list[Point], seed: int) -> dict[str, Any]:
    arm, name = point.arm, _arm(point)
    speaker = arm.policies[0].system
    num_failed = arm.fails.sum(axis=1)
    rate = korn_graubard(num_failed, arm.fails.shape[1])
    is_arm = name != TEACHER
    key = f"{arm.system}-{arm.name}"
    rng = np.random.default_rng(candidate_seed(seed, key, arm.prompt_set, 0))
    below = below_line(point, line, rng) if is_arm and line else None
    rates = line_at(point.entropy, line) if is_arm and line else None
    return {
        "system": arm.system,
        "prompt_set": arm.prompt_set,
        "arm": name,
        "temperature": point.temperature,
        "is_own": "-at-" not in speaker if is_arm else speaker == arm.system,  # not a rival's
        "num_seeds": len(arm.policies),
        "entropy": point.entropy,
        "k": int(num_failed.sum()),
        "n": arm.fails.size,
        "rate": rate.mean,
        "low": rate.low,
        "high": rate.high,
        "equivalent_temperature": equivalent_temperature(point.entropy, line) if line else np.nan,
        "predicted_temperature": point.predicted_temperature,
        "line_rate": np.nan if rates is None else float(rates.mean()),
        "below_line": below.mean if below else np.nan,
        "below_line_low": below.low if below else np.nan,
        "below_line_high": below.high if below else np.nan,
    }


def _arm(point: Point) -> str:
    return point.arm.name.rpartition("=")[0]


def _handles(table: pd.DataFrame, styles: dict[str, dict[str, Any]]) -> list[Line2D]:
    """Returns the keys to the line, to every arm and to hollow points if any is drawn."""
    line = Line2D([], [], label="as is, as it cools", **LINE)
    arms = [Line2D([], [], linestyle="none", label=arm, **style) for arm, style in styles.items()]
    cool = Line2D(
        [], [], linestyle="none", color=GREY, marker="o", markerfacecolor="white",
        label="hollow: at the matched temperature",
    )  # fmt: skip
    is_matched = ~table.loc[table["arm"] != TEACHER, "is_own"]
    return [line, *arms, *([cool] if is_matched.any() else [])]


def _num_columns(handles: list[Line2D]) -> int:
    """Returns how many columns of keys, four at most, are no wider than the figure."""
    probe = plt.figure(figsize=(WIDTH_IN, 1), layout="none")
    num_columns = 5
    is_wider = True
    while is_wider and num_columns > 1:
        num_columns -= 1
        legend = probe.legend(handles=handles, ncols=num_columns)
        probe.draw_without_rendering()
        is_wider = legend.get_window_extent().width > probe.bbox.width
    plt.close(probe)
    return num_columns


if __name__ == "__main__":
    run_script(plot_sharpening_line)
