"""The figure: failure rate against cost, a line per temperature."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from selfverify.results.figure_style import STYLE, save_figure, show_percent
from selfverify.speaking.calibration import LIMITS
from selfverify.workflow.script import run_script

COLOURS = plt.get_cmap("viridis")


def plot_failure_temperature(*, calibrations: list[Path], pdf: Path, png: Path) -> None:
    """Draws a panel per system: stopping at the first good of at most 1, 2, … candidates.

    Good is what `speak` starts with. Cost is seconds of audio drawn. Open: the start.

    Args:
        calibrations: results/speak_temperatures_{system}.json of each system.
        pdf: figure to write.
        png: the same figure as pixels.
    """
    found = [json.loads(path.read_text()) for path in calibrations]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(found), figsize=(1.0 + 2.1 * len(found), 2.9), squeeze=False
        )
        for axis, calibration in zip(axes[0], found, strict=True):
            _draw_system(axis, calibration)
        axes[0][0].set_ylabel("utterances that fail")
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=8)
        save_figure(figure, [pdf, png])


def _draw_system(axis: Axes, calibration: dict) -> None:
    cells = pd.DataFrame(calibration["cells"])
    start = calibration["start"]
    good = cells[(cells["good_cer"] == start["good_cer"]) | (cells["n"] == 1)]
    temperatures = sorted(cells["temperature"].unique())
    for rank, temperature in enumerate(temperatures):
        rows = good.query("temperature == @temperature").sort_values("n")
        colour = COLOURS(rank / max(1, len(temperatures) - 1) * 0.9)
        axis.plot(
            rows["mean_sampled_s"], rows["failure_rate"], color=colour, marker="o", markersize=3,
            linewidth=1.2, label=f"T {temperature:g}",
        )  # fmt: skip
    chosen = cells[(cells[list(start)] == pd.Series(start)).all(axis=1)]
    axis.plot(
        chosen["mean_sampled_s"], chosen["failure_rate"], color="black", marker="o", markersize=9,
        markerfacecolor="none", linestyle="none", label="start", clip_on=False,
    )  # fmt: skip
    limit = "accepted" if start["good_cer"] == LIMITS[-1] else f"{start['good_cer']:.0%} wrong"
    axis.set_title(f"{calibration['system']}, {limit}", fontsize=8)
    axis.set_xlabel("audio drawn, s")
    axis.set_ylim(bottom=-0.003)
    show_percent(axis.yaxis)


if __name__ == "__main__":
    run_script(plot_failure_temperature)
