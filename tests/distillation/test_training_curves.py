"""The figure of training curves: what is drawn is inside the axes."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from comparison import plot_training_curves as script

NUM_STEPS = 60
LOOKS = (0, 20, 40, 60)


def _training(folder: Path) -> Path:
    steps = range(1, NUM_STEPS + 1)
    curve = pd.DataFrame(
        {"step": steps, "loss": 0.69, "accuracy": 0.75, "margin": 0.1, "gradient_norm": 1.5}
    )
    looks = {"held_out_loss": 1.8, "held_out_accuracy": 0.5, "held_out_entropy": 2.1}
    rows = [looks | {"step": step, "held_out_kl": step / 1000} for step in LOOKS]
    folder.mkdir()
    merged = curve.merge(pd.DataFrame(rows), on="step", how="outer")
    merged.to_csv(folder / "curve.csv", index=False)
    (folder / "training.json").write_text(json.dumps({"num_pairs": 120, "batch_size": 16}))
    return folder / "curve.csv"


def test_every_panel_shows_all_steps_of_its_curves(
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
    drawn = 0
    for axis in panels:
        curves = [line for line in axis.lines if len(line.get_xdata()) in (NUM_STEPS, len(LOOKS))]
        assert curves
        drawn += len(curves)
        left, right = axis.get_xlim()
        bottom, top = axis.get_ylim()
        for curve in curves:
            assert left <= min(curve.get_xdata())
            assert right >= NUM_STEPS
            assert bottom <= min(curve.get_ydata())
            assert max(curve.get_ydata()) <= top
    assert drawn == 7  # seen and unseen pairs share a panel
    plt.close("all")
