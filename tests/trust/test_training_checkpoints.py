"""Checkpoints of a training that was killed while it saved: the last whole one is gone on from."""

import json
import os
import shutil

import pytest
import torch
from safetensors.torch import save_file

from selfverify.distillation.finetuning import last_whole_checkpoint


@pytest.fixture
def run(tmp_path):
    for step in (4, 8, 12):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        save_file({"w": torch.ones(64)}, folder / "adapter_model.safetensors")
        for name in ("optimizer.pt", "scheduler.pt"):
            torch.save({"step": step, "state": torch.ones(64)}, folder / name)
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    return tmp_path


def test_the_last_of_whole_checkpoints_is_taken_by_number_and_not_by_name(run):
    assert last_whole_checkpoint(run).name == "checkpoint-12"


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: shutil.rmtree(folder) or folder.mkdir(),
        lambda folder: (folder / "trainer_state.json").unlink(),
        lambda folder: (folder / "trainer_state.json").write_text('{"global_st'),
        lambda folder: os.truncate(folder / "adapter_model.safetensors", 100),
        lambda folder: (folder / "adapter_model.safetensors").unlink(),
        lambda folder: os.truncate(folder / "optimizer.pt", 100),
        lambda folder: os.truncate(folder / "scheduler.pt", 0),
        lambda folder: (folder / "optimizer.pt").unlink(),
    ],
)
def test_a_checkpoint_that_was_cut_off_is_left_for_the_one_before(run, damage, capsys):
    damage(run / "checkpoint-12")
    assert last_whole_checkpoint(run).name == "checkpoint-8"
    assert "checkpoint-12 was cut off" in capsys.readouterr().out
    assert not (run / "checkpoint-12").exists()


def test_without_a_whole_checkpoint_training_begins_anew(run):
    for folder in run.iterdir():
        (folder / "trainer_state.json").unlink()
    assert last_whole_checkpoint(run) is None
    assert last_whole_checkpoint(run / "nowhere") is None
