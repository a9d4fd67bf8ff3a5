"""The workflow itself: a small run end to end, what it leaves, and what it says when it cannot."""

import shutil

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from selfverify.audio import decode_flac
from selfverify.records import Candidate, Clip
from selfverify.seeds import candidate_seed
from selfverify.tables import read_records
from study import (
    NOTHING,
    NUM_UTTERANCES,
    POOL_SIZE,
    SYSTEMS,
    copy_tree,
    git,
    read_params,
    reduce_params,
    run_all,
    snakemake,
    write_params,
)

pytestmark = pytest.mark.workflow


@pytest.fixture
def run(study):
    """The folder in which `snakemake all` has run, and what it printed."""
    return study.folder, study.log


def test_every_candidate_is_there_and_seeded(run):
    folder, _ = run
    for name, size in NUM_UTTERANCES.items():
        pool = read_records(
            Candidate, folder / f"data/mini/candidates/mini-llasa/{name}/000.parquet"
        )
        assert len(pool) == size * POOL_SIZE
        for c in pool:
            assert c.seed == candidate_seed(2606, "mini-llasa", c.utterance_id, c.candidate_index)
            assert np.array(c.codes).shape == (1, c.num_frames)
    assert sum(c.num_frames for c in pool) > 50 * len(pool)  # a second each, on average


def test_audio_is_as_long_as_its_codes(run):
    folder, _ = run
    place = "mini-llasa/hard/000.parquet"
    pool = read_records(Candidate, folder / "data/mini/candidates" / place)
    clips = read_records(Clip, folder / "data/mini/audio" / place)
    for candidate, clip in zip(pool, clips, strict=True):
        assert clip.candidate_index == candidate.candidate_index
        assert clip.duration_s == candidate.num_frames / 50
        assert clip.audio is not None
        samples, sample_rate = decode_flac(clip.audio["bytes"])
        assert (len(samples), sample_rate) == (candidate.num_frames * 320, 16_000)


def test_references_are_understood_by_both_recognisers(run):
    folder, _ = run
    verdicts = pd.read_parquet(folder / "data/mini/verdicts/reference/standard.parquet")
    assert verdicts["cer"].mean() < 0.3
    assert verdicts["verifier_cer"].mean() < 0.3


def test_verdicts_and_selection_cover_every_utterance(run):
    folder, _ = run
    for name, size in NUM_UTTERANCES.items():
        verdicts = pd.read_parquet(folder / f"data/mini/verdicts/mini-llasa/{name}.parquet")
        selected = pd.read_parquet(folder / f"data/mini/selected/mini-llasa/{name}.parquet")
        assert len(verdicts) == size * POOL_SIZE
        assert verdicts["cer"].between(0, 1).all()
        assert (verdicts["is_catastrophic"] == (verdicts["failure_mode"] != "ok")).all()
        assert selected["utterance_id"].nunique() == len(selected) == size
        assert (selected["best_of_1"] == 0).all()


def test_results_add_up(run):
    folder, _ = run
    rates = pd.read_csv(folder / "data/mini/results/failure_rates.csv")
    assert set(rates["system"]) == {*SYSTEMS, "reference", "mini-xcodec2-resynthesis"}
    assert (rates["n"] == rates["prompt_set"].map(NUM_UTTERANCES)).all()
    assert rates["rate"].between(rates["low"], rates["high"]).all()
    assert (rates["high"] > rates["low"]).all()
    modes = pd.read_csv(folder / "data/mini/results/failure_modes.csv")
    totals = modes.query("system == 'mini-llasa'").groupby("prompt_set")["k"].sum()
    assert totals.to_dict() == {name: size * POOL_SIZE for name, size in NUM_UTTERANCES.items()}


def test_figure_and_table_are_made_and_agreement_is_printed(run):
    folder, log = run
    figures = folder / "figures/mini"
    assert (figures / "failure_by_n.pdf").read_bytes().startswith(b"%PDF")
    assert (figures / "failure_by_n.png").read_bytes().startswith(b"\x89PNG")
    rates = pd.read_csv(folder / "data/mini/results/failure_rates.csv")
    assert pd.read_csv(figures / "table_best_of_n.csv").equals(rates)
    assert "mini-llasa | hard" in (figures / "table_best_of_n.md").read_text()
    assert "mini-llasa, hard: verifier and evaluator agree on" in log


def test_a_second_run_has_nothing_to_do(run):
    folder, _ = run
    assert NOTHING in run_all(folder)


def test_the_same_seeds_give_the_same_bytes_again(run):
    folder, _ = run
    paths = [
        folder / "data/mini/candidates/mini-llasa/standard/000.parquet",
        folder / "data/mini/audio/mini-llasa/standard/000.parquet",
        folder / "data/mini/verdicts/mini-llasa/standard.parquet",
        folder / "data/mini/results/failure_rates.csv",
        folder / "figures/mini/failure_by_n.pdf",
    ]
    before = [path.read_bytes() for path in paths]
    again = [str(path.relative_to(folder)) for path in paths]
    process = snakemake(folder, *again, "--force")
    assert process.returncode == 0, process.stderr[-3000:]
    assert [path.read_bytes() for path in paths] == before
    assert "Recorded" in process.stderr
    assert git(folder, "status", "--short") == ""


@pytest.mark.parametrize(
    ("edited", "jobs"),
    [
        ("scripts/plot_failure_by_n.py", {"failure_by_n"}),
        ("scripts/selfverify/metric/taxonomy.py", {"judge_candidates", "select_best_of_n"}),
    ],
)
def test_an_edited_file_reruns_what_it_decides(run, edited, jobs):
    folder, _ = run
    path = folder / edited
    original = path.read_text()
    path.write_text(original + "\n# edited\n")
    try:
        planned = snakemake(folder, "-n", "all").stdout
    finally:
        path.write_text(original)
    assert jobs <= set(planned.split())
    assert "sample_candidates " not in planned
    assert "transcribe " not in planned


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


def test_a_clone_with_the_published_figures_still_runs_the_study(tmp_path):
    folder = copy_tree(tmp_path)
    for published in ("figures", "data/mini/results"):
        shutil.copytree(ROOT / published, folder / published)
    planned = snakemake(folder, "-n", "all").stdout
    assert {"sample_candidates", "transcribe", "tabulate_failures", "failure_by_n"} <= set(
        planned.split()
    )


def test_lint_has_no_findings():
    process = snakemake(ROOT, "--lint")
    assert process.returncode == 0, process.stdout + process.stderr
    assert "Congratulations" in process.stdout + process.stderr
