"""How figures look, and how they are saved: sizes, colours, labels and order in one place.

A colour is a system, the same one everywhere, in the order of params.yaml; prompt sets are told
apart by fill and line, failure modes and arms have palettes of their own. Figures are as wide as
the paper's text, so that their type is as large as it says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from selfverify.storage.files import atomic_path

mpl.use("Agg")

WIDTH_IN = 6.45  # of the paper's text
SMALL_PT = 7.0  # labels inside of axes
GREY = "#555555"  # keys to what no colour stands for

# Open and dashed against filled and full, in whatever colour the system has.
PROMPT_SETS: dict[str, dict[str, Any]] = {
    "standard": {
        "markerfacecolor": "white",
        "linestyle": (0, (3, 1.5)),
        "label": "standard prompts",
    },
    "hard": {"linestyle": "-", "label": "hard prompts"},
}

# In the metric's order; Tol's muted colours, which colour-blind readers tell apart.
FAILURE_MODES: dict[str, dict[str, Any]] = {
    "empty": {"color": "#222222", "label": "empty"},
    "silence": {"color": "#BBBBBB", "label": "silence"},
    "early_termination": {"color": "#DDCC77", "label": "early end"},
    "runaway": {"color": "#117733", "label": "runaway"},
    "repetition": {"color": "#882255", "label": "repetition"},
    "hallucination": {"color": "#88CCEE", "label": "invented speech"},
    "content_collapse": {"color": "#CC6677", "label": "content collapse"},
}

# Okabe and Ito's palette, told apart by colour-blind readers; the marker is a second cue.
_SYSTEM_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_SYSTEM_MARKERS = ("o", "s", "^", "D", "v", "P", "X")

# What distillation and its rivals are called, so that an arm looks the same wherever it is drawn.
_ARMS = (  # first those of the study, each in a colour of its own
    "sft", "sft-random", "online-sft", "dpo", "ipo", "online-dpo", "cooler", "sft-from-cooler",
    "sft-random-from-cooler", "sft-matched", "rpo", "grpo", "nucleus", "penalty",
    "repetition-aware", "sft-reference", "advantage", "sft-passing", "sft-own", "dpo-passing",
)  # fmt: skip
_ARM_COLORS = (
    "#332288", "#CC6677", "#117733", "#88CCEE", "#AA4499", "#999933", "#44AA99", "#882255",
    "#DDCC77",
)  # fmt: skip
_ARM_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")  # one more: no pair comes twice


def system_styles(systems: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns colour, marker and label of each system, in the order of params.yaml."""
    return {
        system: {"color": color, "marker": marker, "label": system}
        for system, color, marker in zip(
            systems, cycle(_SYSTEM_COLORS), cycle(_SYSTEM_MARKERS), strict=False
        )
    }


def arm_styles(arms: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Returns colour and marker of each arm, those of distillation always the same."""
    given = list(dict.fromkeys(arms))
    names = [*_ARMS, *(arm for arm in given if arm not in _ARMS)]
    return {
        arm: {
            "color": _ARM_COLORS[names.index(arm) % len(_ARM_COLORS)],
            "marker": _ARM_MARKERS[names.index(arm) % len(_ARM_MARKERS)],
        }
        for arm in given
    }


STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e2e2e2",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "savefig.dpi": 220,
    "svg.hashsalt": "selfverify",
}


@dataclass(frozen=True)
class End:
    """The end of a line, in data coordinates, and what is written beside it."""

    x: float
    y: float
    text: str
    color: str = GREY


def show_percent(axis: Axis) -> None:
    """Makes a share's ticks whole percents: halves would be rounded to what they are not."""
    axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    axis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def label_ends(axis: Axes, ends: Sequence[End], *, gap_pt: float = 8.0) -> None:
    """Writes in a column to the right of all lines, in the order of their heights.

    The limits of the axis must be final; names are joined to their ends.

    Args:
        axis: linear in y.
        ends: a line each.
        gap_pt: least distance of two names, in points.
    """
    if not ends:
        return
    figure: Any = axis.get_figure()
    figure.draw_without_rendering()  # the layout decides how high the axis is
    low, high = axis.get_ylim()
    height_pt = axis.get_position().height * figure.get_figheight() * 72
    heights = spread([end.y for end in ends], gap_pt * (high - low) / height_pt, low)
    places_pt = axis.transData.transform([(end.x, end.y) for end in ends])[:, 0] * 72 / figure.dpi
    line: dict[str, Any] = {"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
    for end, height, place_pt in zip(ends, heights, places_pt, strict=True):
        right_pt = places_pt.max() - place_pt + 9
        up_pt = (height - end.y) / (high - low) * height_pt
        axis.annotate(
            end.text, (end.x, end.y), xytext=(right_pt, up_pt), textcoords="offset points",
            va="center", color=end.color, fontsize=SMALL_PT, annotation_clip=False,
            arrowprops=line | {"color": end.color},
        )  # fmt: skip


def spread(heights: Sequence[float], gap: float, lowest: float) -> list[float]:
    """Returns heights in the same order, at least a gap apart and none below the lowest.

    Each moves upwards only, from the lowest on.
    """
    moved, floor = [0.0] * len(heights), lowest
    for index in sorted(range(len(heights)), key=lambda i: heights[i]):
        moved[index] = max(heights[index], floor)
        floor = moved[index] + gap
    return moved


# Without these a rebuilt figure would differ in its bytes.
_METADATA = {
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    ".png": {"Software": None},
}


def save_figure(figure: Figure, paths: list[Path]) -> None:
    """Saves a figure in the formats of the paths' suffixes; equal data give equal bytes."""
    for path in paths:
        with atomic_path(path) as temporary:
            figure.savefig(
                temporary, format=path.suffix[1:], metadata=_METADATA.get(path.suffix, {})
            )
