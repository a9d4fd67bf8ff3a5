"""Tables of the comparison, from small verdicts and trainings: what their rows say."""

import json

import numpy as np
import pandas as pd
import pytest
from scripts.comparison.table_budgets import table_budgets
from scripts.comparison.table_distillation import table_distillation
from scripts.comparison.table_method_comparison import table_method_comparison

from outputs import table_files
from verdicts import write_verdicts


def write_training(folder, losses, **facts):
    """A training.json as a training leaves it."""
    training = {
        "losses": losses, "beta": 0.1, "num_steps": 60, "batch_size": 16, "num_candidates": 2400,
        "num_prompts": 600, "num_prompts_never_pass": 200, "num_examples": 400, "num_pairs": 300,
        "chosen_frames": 80.0, "rejected_frames": 90.0, "rejected_modes": {"silence": 3},
        "seconds": 9.0,
    }  # fmt: skip
    folder.mkdir()
    (folder / "training.json").write_text(json.dumps(training | facts))
    return folder / "training.json"


def test_budgets_name_what_each_arm_learns_from(tmp_path):
    trainings = [
        write_training(tmp_path / "s-sft-1", ["sft"], selection="verified"),
        write_training(tmp_path / "s-sft-random-1", ["sft"], selection="random"),
        write_training(tmp_path / "s-dpo-1", ["sigmoid"], selection="verified"),
        write_training(tmp_path / "s-grpo-1", ["grpo"], selection="verified"),
    ]
    files = table_files(tmp_path)
    table_budgets(trainings=trainings, files=files)
    table = pd.read_csv(files.csv)
    assert table["selection"].tolist() == ["verified", "random", "pairs", "own, as it goes"]
    assert table["num_sequences"].nunique() == 1
    assert "| random" in files.markdown.read_text()


@pytest.fixture
def compared(tmp_path):
    """Arguments of the tables: SFT fails less than as is, and no less once both are cool."""
    return {
        "teachers": [write_verdicts(tmp_path, "s", 0.6)],
        "policies": [
            write_verdicts(tmp_path, "s-sft-1", 0.3),
            write_verdicts(tmp_path, "s-sft-random-1", 0.3),
            write_verdicts(tmp_path, "s-cooler", 0.3),
        ],
        "matched": [
            write_verdicts(tmp_path, "s-at-0.4", 0.3),
            write_verdicts(tmp_path, "s-sft-1-at-0.4", 0.3),
            write_verdicts(tmp_path, "s-sft-random-1-at-0.4", 0.3),
        ],
        "arms": ["s-sft-1=s=sft", "s-sft-random-1=s=sft-random", "s-cooler=s=cooler"],
        "matched_arms": [
            "s-at-0.4=s=as is", "s-sft-1-at-0.4=s=sft", "s-sft-random-1-at-0.4=s=sft-random",
        ],
        "seed": 1,
        "files": table_files(tmp_path),
    }  # fmt: skip


def test_what_is_gained_on_top_of_cooling_stands_beside_the_gain(compared):
    table_distillation(**compared, temperatures=["s=0.4"])
    table = pd.read_csv(compared["files"].csv).set_index("arm")
    sft = table.loc["sft"]
    assert sft["difference_low"] > 0
    assert sft["matched_difference_low"] < 0 < sft["matched_difference_high"]
    assert np.isnan(table.loc["cooler", "matched_k"])
    assert table.loc["as is", "matched_rate"] < table.loc["as is", "rate"]
    shown = compared["files"].markdown.read_text()
    assert "| on top of cooling" in shown
    assert "At s T 0.4, where as is alone gains by cooling" in shown


def test_contrasts_are_made_at_both_temperatures(compared):
    table_method_comparison(**compared)
    table = pd.read_csv(compared["files"].csv).set_index(["baseline", "arm"])
    against = table.loc["as is"]
    assert against.loc["sft", "p"] < 0.01 < against.loc["sft", "matched_p"]
    assert np.isnan(against.loc["cooler", "matched_p"])


def test_without_a_matched_temperature_its_columns_are_empty(compared):
    table_distillation(**compared | {"matched": [], "matched_arms": []}, temperatures=[])
    table = pd.read_csv(compared["files"].csv)
    assert table["matched_k"].isna().all()
