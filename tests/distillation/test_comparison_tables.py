"""Tables of the comparison, from small verdicts and trainings: what their rows say."""

import json

import pandas as pd
from scripts.comparison.table_budgets import table_budgets

from outputs import table_files


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
