"""How figures look, and how they are saved: colours, labels and order in one place."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from selfverify.storage.files import atomic_path

mpl.use("Agg")

# Okabe and Ito's palette, told apart by colour-blind readers; the marker is a second cue.
PROMPT_SETS: dict[str, dict[str, Any]] = {
    "standard": {"color": "#0072B2", "marker": "o", "label": "standard prompts"},
    "hard": {"color": "#D55E00", "marker": "s", "label": "hard prompts"},
}

# In the metric's order; hatches are the second cue.
FAILURE_MODES: dict[str, dict[str, Any]] = {
    "empty": {"color": "#000000", "hatch": "", "label": "empty"},
    "silence": {"color": "#999999", "hatch": "....", "label": "silence"},
    "early_termination": {"color": "#E69F00", "hatch": "////", "label": "early end"},
    "runaway": {"color": "#009E73", "hatch": "", "label": "runaway"},
    "repetition": {"color": "#CC79A7", "hatch": "xxxx", "label": "repetition"},
    "hallucination": {"color": "#56B4E9", "hatch": "\\\\\\\\", "label": "invented speech"},
    "content_collapse": {"color": "#D55E00", "hatch": "", "label": "content collapse"},
}

# One colour and marker per system, in the order of params.yaml.
_SYSTEM_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_SYSTEM_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def system_styles(systems: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns colour, marker and label of each system."""
    cues = zip(cycle(_SYSTEM_COLORS), cycle(_SYSTEM_MARKERS))
    return {
        system: {"color": color, "marker": marker, "label": system}
        for system, (color, marker) in zip(systems, cues, strict=False)
    }


SINGLE_SHOT: dict[str, Any] = {
    "color": "#0072B2", "marker": "o", "markerfacecolor": "white", "linestyle": "none",
    "label": "single shot",
}  # fmt: skip
BEST_OF: dict[str, Any] = {
    "color": "#D55E00", "marker": "s", "markersize": 4.5, "linestyle": "none",
    "label": "best of {}",
}  # fmt: skip
NEVER: dict[str, Any] = {
    "color": "#000000", "marker": "|", "markersize": 9, "markeredgewidth": 1.6, "linestyle": "none",
    "label": "no candidate passes",
}  # fmt: skip

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
    "svg.hashsalt": "selfverify",
}

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
