"""How figures look, and how they are saved: colours, labels and order in one place."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from selfverify.files import atomic_path

mpl.use("Agg")

# Okabe and Ito's palette, told apart by colour-blind readers; the marker is a second cue.
PROMPT_SETS: dict[str, dict[str, Any]] = {
    "standard": {"color": "#0072B2", "marker": "o", "label": "standard prompts"},
    "hard": {"color": "#D55E00", "marker": "s", "label": "hard prompts"},
}

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
