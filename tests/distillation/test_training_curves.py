"""The figure of training curves: what is drawn is inside the axes."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from comparison import plot_training_curves as script

NUM_STEPS = 60


def _training(folder: Path) -> Path:
    steps = range(1, NUM_STEPS + 1)
    curve = {"step": steps, "loss": 0.69, "accuracy": 0.75, "margin": 0.1}
    folder.mkdir()
    pd.DataFrame(curve).to_csv(folder / "curve.csv", index=False)
    (folder / "training.json").write_text(json.dumps({"num_pairs": 120, "batch_size": 16}))
    return folder / "curve.csv"


def test_every_panel_shows_all_steps_of_its_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = []
    monkeypatch.setattr(script, "save_figure", lambda figure, _: figures.append(figure))
    script.plot_training_curves(
        curves=[_training(tmp_path / "dpo-1")],
        arms=["dpo-1=mini-llasa=dpo"],
        pdf=tmp_path / "figure.pdf",
        png=tmp_path / "figure.png",
    )
    panels = figures[0].axes
    assert len(panels) == len(script.PANELS)
    for axis in panels:
        curves = [line for line in axis.lines if len(line.get_xdata()) == NUM_STEPS]
        assert len(curves) == 1
        left, right = axis.get_xlim()
        bottom, top = axis.get_ylim()
        assert left <= 1
        assert right >= NUM_STEPS
        assert bottom <= min(curves[0].get_ydata())
        assert max(curves[0].get_ydata()) <= top
    plt.close("all")
