"""What Snakemake would do, without doing it: targets, tracks, profiles."""

import shutil

import pytest

from repository import ROOT
from study import copy_tree, read_params, set_param, snakemake, write_params

pytestmark = pytest.mark.workflow


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


def test_ratings_of_people_make_a_table_of_all(tmp_path):
    folder = copy_tree(tmp_path)
    ratings = folder / "data/mini/ratings/mini-llasa/rater.json"
    ratings.parent.mkdir(parents=True)
    ratings.write_text("{}")
    process = snakemake(folder, "-n", "all")
    assert process.returncode == 0, process.stdout + process.stderr
    assert jobs_of(process.stdout)["table_listeners"] == 1


def test_weights_of_ones_own_are_an_input_with_and_without_checksums(tmp_path):
    folder = copy_tree(tmp_path)
    (folder / "data/mini/checkpoints/mini-csm/SHA256SUMS").unlink()
    process = snakemake(folder, "-n", "data/mini/candidates/mini-csm/hard/000.parquet")
    assert process.returncode == 0, process.stdout + process.stderr
    assert "data/mini/checkpoints/mini-csm/model.safetensors" in process.stdout


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


@pytest.mark.parametrize(("said", "has_paper"), [("seed=2606", True), ("seed=2607", False)])
def test_the_paper_is_left_out_if_the_command_line_changes_what_it_shows(said, has_paper, tmp_path):
    process = snakemake(copy_tree(tmp_path), "-n", "all", "--config", said)
    assert process.returncode == 0, process.stdout + process.stderr
    assert ("paper" in jobs_of(process.stdout)) == has_paper


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
