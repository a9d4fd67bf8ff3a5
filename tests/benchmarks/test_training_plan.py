"""The memory of training against values worked out by hand."""

import pytest

from selfverify.planning.architectures import system_config
from selfverify.planning.training import activation_bytes, logits_of_a_step, plan_training

CODEC = {"llasa-1b": "xcodec2", "llasa-3b": "xcodec2", "orpheus-3b": "snac", "csm-1b": "mimi"}
H100_GB = 80


def plan(system, **changes):
    options = {
        "dtype": "bfloat16", "lora_rank": 16, "num_sequences": 2, "max_audio_s": 30.0,
        "num_prompt_ids": 80,
    }  # fmt: skip
    return plan_training(system, CODEC[system], **(options | changes))


def test_adapters_of_every_projection():
    attention = 2 * (2048 + 2048) + 2 * (2048 + 512)
    mlp = 3 * (2048 + 8192)
    assert plan("llasa-1b").num_trained == 16 * 16 * (attention + mlp)


@pytest.mark.parametrize(
    ("system", "positions", "logits"),
    [
        ("llasa-1b", 80 + 1500, 193_800),
        ("orpheus-3b", 80 + 2461, 156_940),
        ("csm-1b", 80 + 375, 2051 * 32),
    ],
)
def test_positions_and_logits(system, positions, logits):
    planned = plan(system)
    assert planned.num_positions == positions
    assert logits_of_a_step(system_config(system)) == logits
    assert planned.logits_gb == pytest.approx(2 * positions * logits * 12 / 1e9)


def test_activations_grow_with_positions_and_csm_has_its_depth_decoder():
    config = system_config("llasa-1b")
    inputs, halves, fulls = 16 * 2048, 5 * 2048 + 2 * 512 + 4 * 8192, 7 * 2048 + 8192
    assert activation_bytes(config, 100) == 100 * (2 * inputs + 2 * halves + 4 * fulls)
    assert activation_bytes(system_config("csm-1b"), 100) > 5 * activation_bytes(config, 100)


# `snakemake benchmark_gpu` on an H100: GB at the peak of SFT and, of Llamas, of DPO alike.
PEAK_GB = {"llasa-1b": 11.5, "llasa-3b": 16.1, "orpheus-3b": 18.4, "csm-1b": 5.5}


@pytest.mark.parametrize("system", CODEC)
def test_a_card_takes_what_is_planned(system):
    assert plan(system).total_gb == pytest.approx(PEAK_GB[system], rel=0.05)


@pytest.mark.parametrize("system", CODEC)
def test_every_training_of_the_paper_track_fits_one_gpu(system):
    assert plan(system).total_gb < H100_GB
