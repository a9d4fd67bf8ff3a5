"""A small run end to end: what it leaves, and that nothing is left to do."""

import numpy as np
import pandas as pd
import pytest

from selfverify.audio.samples import decode_flac
from selfverify.sampling.seeds import candidate_seed
from selfverify.storage.records import Candidate, Clip
from selfverify.storage.tables import read_records
from study import (
    NOTHING,
    NUM_UTTERANCES,
    POOL_SIZE,
    SYSTEMS,
    copy_tree,
    git,
    run_all,
    snakemake,
)

pytestmark = pytest.mark.workflow


@pytest.fixture
def run(study):
    """The folder in which `snakemake all` has run, and what it printed."""
    return study.folder, study.log


# System → codebooks, samples a frame.
SHAPES = {"mini-llasa": (1, 320), "mini-csm": (6, 640)}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_candidate_is_there_and_seeded(run, system):
    folder, _ = run
    num_codebooks, hop_length = SHAPES[system]
    for name, size in NUM_UTTERANCES.items():
        pool = read_records(Candidate, folder / f"data/mini/candidates/{system}/{name}/000.parquet")
        assert len(pool) == size * POOL_SIZE
        for c in pool:
            assert c.seed == candidate_seed(2606, system, c.utterance_id, c.candidate_index)
            assert np.array(c.codes).shape == (num_codebooks, c.num_frames)
    # A second each, on average.
    assert sum(c.num_frames for c in pool) * hop_length > 16_000 * len(pool)


@pytest.mark.parametrize("system", SYSTEMS)
def test_audio_is_as_long_as_its_codes(run, system):
    folder, _ = run
    hop_length = SHAPES[system][1]
    place = f"{system}/hard/000.parquet"
    pool = read_records(Candidate, folder / "data/mini/candidates" / place)
    clips = read_records(Clip, folder / "data/mini/audio" / place)
    for candidate, clip in zip(pool, clips, strict=True):
        assert clip.candidate_index == candidate.candidate_index
        assert clip.duration_s == candidate.num_frames * hop_length / 16_000
        assert clip.audio is not None
        samples, sample_rate = decode_flac(clip.audio["bytes"])
        assert (len(samples), sample_rate) == (candidate.num_frames * hop_length, 16_000)


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
        passes = verdicts["failure_mode"].isin(["ok", "minor"])
        assert (verdicts["is_catastrophic"] == ~passes).all()
        assert selected["utterance_id"].nunique() == len(selected) == size
        assert (selected["best_of_1"] == 0).all()


def test_results_add_up(run):
    folder, _ = run
    rates = pd.read_csv(folder / "data/mini/results/failure_rates.csv")
    assert set(rates["system"]) == {
        *SYSTEMS, "reference", "mini-xcodec2-resynthesis", "mini-mimi-resynthesis",
    }  # fmt: skip
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
    shown = pd.read_csv(figures / "table_best_of_n.csv")
    assert shown.equals(rates[rates["system"].isin(SYSTEMS)])
    assert "mini-llasa | hard" in (figures / "table_best_of_n.md").read_text()
    assert "| mini-mimi-resynthesis" in (figures / "table_floors.md").read_text()
    assert "mini-llasa, hard: verifier and evaluator agree on" in log


@pytest.mark.parametrize("system", SYSTEMS)
def test_examples_to_listen_to_are_those_of_the_index(run, system):
    folder, _ = run
    examples = folder / "figures/mini/audio" / system
    index = pd.read_csv(examples / "index.csv")
    audio = pd.concat(
        pd.read_parquet(path) for path in (folder / "data/mini/audio" / system).rglob("*.parquet")
    ).set_index(["utterance_id", "candidate_index"])
    for row in index.itertuples():
        kept = audio.loc[(row.utterance_id, row.candidate_index), "audio"]["bytes"]
        assert (examples / row.file).read_bytes() == kept


def test_a_second_run_has_nothing_to_do(run):
    folder, _ = run
    assert NOTHING in run_all(folder)


def test_snakemake_looks_for_jobs_when_one_ends_and_not_again_and_again(tmp_path):
    folder = copy_tree(tmp_path)
    targets = [f"data/mini/prompts/{name}.parquet" for name in ("standard", "hard", "train")]
    process = snakemake(folder, *targets, "--cores", "1", "--verbose")
    assert process.returncode == 0, process.stderr
    said = process.stdout + process.stderr
    assert 0 < said.count("Ready jobs: ") <= len(targets)


def test_the_same_seeds_give_the_same_bytes_again(run):
    folder, _ = run
    paths = [
        folder / "data/mini/candidates/mini-llasa/standard/000.parquet",
        folder / "data/mini/audio/mini-llasa/standard/000.parquet",
        folder / "data/mini/transcripts/moonshine-tiny.en/mini-llasa/standard/000.parquet",
    ]  # what is made of them is arithmetic; that a figure has the same bytes, test_reruns says
    before = [path.read_bytes() for path in paths]
    again = [str(path.relative_to(folder)) for path in paths]
    process = snakemake(folder, *again, "--force")
    assert process.returncode == 0, process.stderr[-3000:]
    assert [path.read_bytes() for path in paths] == before
    assert "Recorded" in process.stderr
    assert git(folder, "status", "--short") == ""
