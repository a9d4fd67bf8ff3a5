"""Adapters folded into the weights teach what they teach beside them."""

import dataclasses

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from candidates_to_learn import SETTINGS, candidates_of
from selfverify.distillation.finetuning import train
from selfverify.distillation.sft import sft_trainer
from selfverify.systems import load_system


@pytest.mark.parametrize("adapter", ["llasa", "orpheus"])
def test_folded_adapters_learn_the_same(adapter, tiny_systems, tmp_path):
    """Of two sequences, one by one, so that a step has parts."""
    trained = {}
    for folds in (None, True):
        system = load_system(adapter, tiny_systems[adapter])
        before = {name: value.clone() for name, value in system.model.state_dict().items()}
        settings = dataclasses.replace(SETTINGS, micro_batch_size=1, fold_adapters=folds)
        torch.manual_seed(1)
        run = tmp_path / str(folds)
        trainer = sft_trainer(system, candidates_of(system), settings, run, "cpu")
        curve = train(trainer)
        for name, value in trainer.model.unload().state_dict().items():
            assert torch.equal(value, before[name]), name  # what was folded is taken out again
        trained[folds] = curve, load_file(run / "checkpoint-4/adapter_model.safetensors")
    (plain, theirs), (folded, ours) = trained.values()
    pd.testing.assert_frame_equal(plain, folded, rtol=1e-4)
    assert theirs.keys() == ours.keys()
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-3, atol=1e-5)
    assert any(not torch.equal(value, ours[name]) for name, value in theirs.items())
