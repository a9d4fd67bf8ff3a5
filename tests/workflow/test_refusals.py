"""What a run says when it cannot begin, or must not go on."""

import shutil

import pandas as pd
import pytest

from study import copy_tree, read_params, reduce_params, snakemake, write_params

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "pool_sise",
            8,
            "params.yaml: tracks.mini: unknown key 'pool_sise'; did you mean 'pool_size'?",
        ),
        ("pool_size", 0, "params.yaml: tracks.mini.pool_size: 0 is less than the minimum of 1"),
    ],
)
def test_bad_parameters_stop_with_one_line_before_any_job(tmp_path, path, value, message):
    folder = copy_tree(tmp_path)
    params = read_params(folder)
    params["tracks"]["mini"][path] = value
    write_params(folder, params)
    process = snakemake(folder, "all")
    assert process.returncode != 0
    assert message in process.stderr
    assert "Traceback" not in process.stderr
    assert not (folder / "data/mini/prompts").exists()


def test_an_altered_checkpoint_stops_the_run_and_names_the_file(tmp_path):
    folder = copy_tree(tmp_path)
    reduce_params(folder)
    weights = folder / "data/mini/checkpoints/mini-llasa/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    process = snakemake(folder, "data/mini/candidates/mini-llasa/hard/000.parquet")
    assert process.returncode != 0
    assert "mini-llasa/model.safetensors is altered" in process.stderr
    assert "Traceback" not in process.stderr
    assert not list((folder / "data/mini/candidates").rglob("*.parquet*"))


def test_a_missing_checkpoint_stops_before_any_job(tmp_path):
    folder = copy_tree(tmp_path)
    shutil.rmtree(folder / "data/mini/checkpoints/mini-llasa")
    process = snakemake(folder, "all")
    assert process.returncode != 0
    assert "data/mini/checkpoints/mini-llasa: no such checkpoint; restore it" in process.stderr
    assert not (folder / "data/mini/prompts").exists()


def test_the_frozen_choice_is_of_the_prompts_as_they_are_made(tmp_path):
    folder = copy_tree(tmp_path)
    target = "data/mini/prompts/adversarial.parquet"
    process = snakemake(folder, target)
    assert process.returncode == 0, process.stderr
    made = pd.read_parquet(folder / target)["text"].tolist()
    choice = folder / "data/mini/adversarial.csv"
    assert made == pd.read_csv(choice)["text"].tolist()
    choice.write_text(choice.read_text().replace(made[0], "Another text."))
    process = snakemake(folder, target)
    assert process.returncode != 0
    assert "adversarial-0000: data/mini/prompts/hard.parquet has another text" in process.stderr
    assert "Traceback" not in process.stderr
