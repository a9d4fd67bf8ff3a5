"""The workflow itself: a small run end to end, what it leaves, and what it says when it cannot."""

import shutil

import numpy as np
import pandas as pd
import pytest

from repository import ROOT
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
    read_params,
    reduce_params,
    run_all,
    set_param,
    snakemake,
    write_params,
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


def test_a_dry_run_beside_a_run_leaves_it_what_it_made(tmp_path):
    """The mark of `record_again` was gone when the run came to its end, and failed."""
    folder = copy_tree(tmp_path)
    mark, lock = folder / "logs/mini/record_again", folder / ".snakemake/locks/0.output.lock"
    for path in (mark, lock):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for is_running in (True, False):
        process = snakemake(folder, "-n", "data/mini/prompts/hard.parquet")
        assert process.returncode == 0, process.stdout + process.stderr
        assert mark.exists() == is_running
        lock.unlink(missing_ok=True)


def jobs_of(planned: str) -> dict[str, int]:
    """How many jobs of each rule a dry run plans."""
    rows = [line.split() for line in planned.splitlines()]
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


def test_adversarial_prompts_are_drawn_by_all_voices_but_the_corrupted(tmp_path):
    folder = copy_tree(tmp_path)
    set_param(folder, "tracks.mini.distillation.in_all", False)
    process = snakemake(folder, "-n", "all")
    assert process.returncode == 0, process.stdout + process.stderr
    jobs, mini = jobs_of(process.stdout), read_params(folder)["tracks"]["mini"]
    shards = {name: entry["num_shards"] for name, entry in mini["prompt_sets"].items()}
    systems, codecs = len(mini["systems"]), len(mini["codecs"])
    calibration = systems * mini["calibration"]["num_shards"]
    assert jobs["sample_candidates"] == systems * sum(shards.values()) + calibration
    original = sum(shards.values()) - shards["adversarial"]
    assert jobs["corrupt_references"] == original
    heard = (systems + codecs + 1) * sum(shards.values()) + original
    assert jobs["transcribe"] == 2 * (heard + calibration)
    assert jobs["make_adversarial_prompts"] == jobs["table_adversarial"] == 1
    assert "choose_adversarial" not in jobs


def test_adversarial_prompts_are_chosen_by_name_and_never_by_themselves(tmp_path):
    folder = copy_tree(tmp_path)
    (folder / "data/mini/adversarial.csv").unlink()
    process = snakemake(folder, "-n", "all")
    assert process.returncode != 0
    assert "data/mini/adversarial.csv: no such file; restore it" in process.stdout + process.stderr
    jobs = jobs_of(snakemake(folder, "-n", "choose_adversarial").stdout)
    assert jobs["judge_candidates"] == jobs["choose_adversarial"] == 1  # the pool, by one system
    assert "make_adversarial_prompts" not in jobs


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


NO_NETWORK = """
import socket

def refuse(*_):
    raise SystemExit("something asked for the network")

socket.socket.connect = socket.getaddrinfo = refuse
"""


def plan_without_network(folder, *arguments):
    """The jobs of a plan; a look at the network ends it."""
    (folder.parent / "sitecustomize.py").write_text(NO_NETWORK)
    process = snakemake(folder, "-n", *arguments, PYTHONPATH=str(folder.parent))
    assert process.returncode == 0, process.stderr
    assert not (folder / "data/paper").exists()
    return jobs_of(process.stdout)


def test_every_target_that_is_listed_can_be_planned(tmp_path):
    folder = copy_tree(tmp_path)
    listed = snakemake(folder, "--list-target-rules").stdout.splitlines()
    targets = [line.partition(" (")[0] for line in listed if line.endswith(")")]
    assert {"all", "table_speed", "calibrate_speak"} <= set(targets)
    process = snakemake(folder, "-n", *targets)
    assert process.returncode == 0, process.stderr[-3000:]


def test_the_paper_track_is_planned_without_network(tmp_path):
    folder = copy_tree(tmp_path)
    jobs = plan_without_network(folder, "all", "--config", "track=paper")
    prompt_sets = read_params(folder)["tracks"]["paper"]["prompt_sets"].values()
    systems, shards, codecs = 4, sum(entry["num_shards"] for entry in prompt_sets), 3
    assert jobs["fetch_checkpoint"] == systems + codecs + 1  # and the evaluator
    assert jobs["fetch_file"] == 1  # the verifier
    assert jobs["sample_candidates"] == jobs["decode_audio"] == systems * shards
    assert jobs["resynthesise"] == codecs * shards
    heard = systems + codecs + 2  # and the reference, as it is and corrupted
    assert jobs["transcribe"] == 2 * heard * shards


def test_a_third_family_s_verdicts_are_planned_by_name(tmp_path):
    folder = copy_tree(tmp_path)
    jobs = plan_without_network(folder, "table_evaluators", "--config", "track=paper")
    assert jobs["judge_by_another"] == 4 * len(
        read_params(folder)["tracks"]["paper"]["prompt_sets"]
    )
    assert jobs["table_evaluators"] == 1


def test_the_paper_profile_gives_each_job_a_card_and_vllm_where_it_is_asked_for(tmp_path):
    folder = copy_tree(tmp_path)
    params = read_params(folder)
    params["tracks"]["paper"]["systems"]["llasa-3b"]["engine"] = "vllm"
    write_params(folder, params)
    targets = [f"data/paper/candidates/{name}/rare/000.parquet" for name in ("llasa-3b", "csm-1b")]
    process = snakemake(folder, "-n", "-p", *targets, "--profile", "profiles/paper")
    assert process.returncode == 0, process.stderr
    said = [line.strip() for line in process.stdout.splitlines()]
    commands = [line for line in said if line.startswith("Shell command: python")]
    commands = [line for line in commands if "sample_candidates.py" in line]
    assert len(commands) == 2
    assert all("workflow/on_card.py python scripts/sampling/" in line for line in commands)
    assert sorted("--adapter llasa-vllm" in line for line in commands) == [False, True]


def test_distillation_of_the_paper_track_is_planned_without_network(tmp_path):
    folder = copy_tree(tmp_path)
    jobs = plan_without_network(folder, "distillation", "--config", "track=paper")
    plan = read_params(folder)["tracks"]["paper"]["distillation"]
    rounds = {name: arm["num_rounds"] for name, arm in plan["arms"].items()}
    arms = [(a, n) for system in plan["systems"].values() for a, n in system.items()]
    by_grpo = sum(number for arm, number in arms if arm == "grpo")
    assert jobs["finetune_grpo"] == by_grpo > 0
    trainings = sum(rounds.get(arm, 0) * number for arm, number in arms)
    assert jobs["finetune"] == trainings - by_grpo
    assert jobs["judge_training_pool"] >= len(plan["systems"]) * plan["num_shards"]


def test_a_folder_of_ones_own_takes_the_place_of_a_download(tmp_path):
    folder = copy_tree(tmp_path)
    params = read_params(folder)
    for system in params["tracks"]["paper"]["systems"].values():
        del system["hub"]
    params["tracks"]["paper"]["systems"]["csm-1b"]["checkpoint"] = "/nowhere/csm"
    for system in ("llasa-1b", "llasa-3b", "orpheus-3b"):
        (folder / f"data/paper/checkpoints/{system}").mkdir(parents=True)
    write_params(folder, params)
    process = snakemake(folder, "-n", "all", "--config", "track=paper")
    assert "/nowhere/csm: no such checkpoint" in process.stdout + process.stderr
    target = "data/paper/candidates/llasa-1b/standard/000.parquet"
    process = snakemake(folder, "-n", target, "--config", "track=paper")
    assert "fetch_checkpoint" not in process.stdout
    assert "sample_candidates" in process.stdout


def test_lint_has_no_findings():
    process = snakemake(ROOT, "--lint")
    assert process.returncode == 0, process.stdout + process.stderr
    assert "Congratulations" in process.stdout + process.stderr
