"""The resource plan against values worked out by hand."""

import dataclasses

import pandas as pd
import pytest
from scripts.benchmarks.table_resources import table_resources

from selfverify.errors import InputError
from selfverify.planning.architectures import build_on_meta, codec_config, system_config
from selfverify.planning.sampling import (
    Workload,
    cache_bytes,
    min_candidate_s,
    plan_resources,
    position_bytes,
    steps_per_audio_s,
    weights_read,
)
from selfverify.results.markup import TableFiles

ALONE = Workload("bfloat16", batch_size=1, max_audio_s=20, mean_audio_s=8, num_prompt_ids=48)
CODEC = {"llasa-1b": "xcodec2", "llasa-3b": "xcodec2", "orpheus-3b": "snac", "csm-1b": "mimi"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llasa-1b", 2 * 16 * 8 * 64 * 2),  # keys and values, layers, heads, their size, bytes
        ("llasa-3b", 114_688),
        ("llasa-8b", 131_072),
        ("orpheus-3b", 114_688),
        ("csm-1b", 32_768),
    ],
)
def test_cache_of_a_position(name, expected):
    assert position_bytes(system_config(name), "bfloat16") == expected
    assert position_bytes(system_config(name), "float32") == 2 * expected


def test_csm_adds_one_frame_of_its_depth_decoder():
    depth = 33 * 2 * 4 * 2 * 128 * 2  # positions, keys and values, layers, heads, size, bytes
    assert cache_bytes(system_config("csm-1b"), 100, "bfloat16") == 100 * 32_768 + depth


@pytest.mark.parametrize(
    ("codec", "expected"),
    [("xcodec2", 16_000 / 320), ("snac", 7 * 24_000 / 2048), ("mimi", 24_000 / 1920)],
)
def test_steps_for_a_second_of_audio(codec, expected):
    assert steps_per_audio_s(codec_config(codec)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llasa-1b", 1_370_048_512),  # tied: all of it
        ("llasa-8b", 8_567_197_696 - 193_800 * 4096),
        # 16 layers of four attention matrices (the key's and the value's have 512 rows), three of
        # the MLP, and two norms; the first code's head; 31 heads; 31 runs of the depth decoder's
        # 4 layers and projector.
        (
            "csm-1b",
            16 * (2 * 2048**2 + 2 * 2048 * 512 + 3 * 2048 * 8192 + 2 * 2048)
            + 2048 * 2051
            + 31 * 1024 * 2051
            + 31 * (4 * (2 * 1024**2 + 2 * 1024 * 256 + 3 * 1024 * 8192 + 2 * 1024) + 2048 * 1024),
        ),
    ],
)
def test_weights_that_a_step_reads(name, expected):
    config = system_config(name)
    assert weights_read(config, build_on_meta(config)) == expected


@pytest.mark.parametrize(("batch_size", "shared"), [(1, 1), (64, 64)])
def test_a_batch_shares_the_weights_but_not_the_cache(batch_size, shared):
    workload = dataclasses.replace(ALONE, batch_size=batch_size)
    config = system_config("llasa-1b")
    # 400 steps of 2.74 GB of weights, and of 48 + 200 positions on average.
    step_bytes = 2 * 1_370_048_512 / shared + 248 * 32_768
    seconds = min_candidate_s(config, build_on_meta(config), 50.0, workload)
    assert seconds == pytest.approx(400 * step_bytes / 3.35e12)


def test_plan_of_llasa_1b():
    plan = plan_resources("llasa-1b", "xcodec2", dataclasses.replace(ALONE, batch_size=64))
    assert plan.weights_gb == pytest.approx(2.740, abs=1e-3)
    assert plan.cache_gb == pytest.approx(64 * (48 + 1000) * 32_768 / 1e9)
    assert plan.codec_gb == pytest.approx(4 * 0.629281706, rel=1e-3)  # and a few buffers
    parts = plan.weights_gb + plan.cache_gb + plan.overhead_gb + plan.codec_gb
    assert plan.total_gb == pytest.approx(parts)
    assert plan.overhead_gb == pytest.approx(0.2 * plan.weights_gb)


def test_mimis_codebooks_are_held_though_they_are_no_parameters():
    plan = plan_resources("csm-1b", "mimi", ALONE)
    assert plan.codec_gb == pytest.approx(4 * (0.079308609 + 0.016843), rel=1e-3)


def test_an_unknown_dtype_names_those_there_are():
    with pytest.raises(InputError, match="dtype 'int3' is unknown; there are: float32"):
        plan_resources("csm-1b", "mimi", dataclasses.replace(ALONE, dtype="int3"))


def test_the_table_has_a_row_per_system(tmp_path):
    csv, markdown = tmp_path / "t.csv", tmp_path / "t.md"
    table_resources(
        systems=list(CODEC), codecs=list(CODEC.values()), dtypes=["bfloat16"] * 4,
        batch_sizes=[64, 64, 64, 16], max_audio_s=[40.0, 40.0, 40.0, 40.0], mean_audio_s=8.0,
        num_prompt_ids=48, files=TableFiles(csv, markdown, tmp_path / "t.tex"),
    )  # fmt: skip
    table = pd.read_csv(csv).set_index("system")
    assert table.index.tolist() == list(CODEC)
    assert table["num_parameters"]["llasa-3b"] == 3_414_100_992
    assert table["batch_size"]["csm-1b"] == 16
    assert (table["weights_gb"] < table["total_gb"]).all()
    assert (table["total_gb"] < 80).all(), "each fits an H100"
    lines = markdown.read_text().splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 2 + 4
    assert "at least" in lines[0]
    assert "8 s of audio" in lines[-1]
