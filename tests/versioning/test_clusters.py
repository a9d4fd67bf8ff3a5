"""Scaling out: the mini chain on a real SLURM, and the graph for Kubernetes and AWS Batch."""

import subprocess
import sys

import pytest

from repository import ROOT
from s3_server import BUCKET, CREDENTIALS
from small_study import SYSTEM, final_bytes, make_small_study
from study import executed, git, snakemake

pytestmark = pytest.mark.workflow

SLURM = ROOT / "tests/slurm"
STORAGE_KEYS = {
    "SNAKEMAKE_STORAGE_S3_ACCESS_KEY": CREDENTIALS["AWS_ACCESS_KEY_ID"],
    "SNAKEMAKE_STORAGE_S3_SECRET_KEY": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
}


@pytest.fixture(scope="module")
def plugins(tmp_path_factory) -> str:
    """A folder with the executor plugins, apart from the environment that users have."""
    folder = tmp_path_factory.mktemp("plugins")
    lock = ROOT / "envs/cluster.lock"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
    process = subprocess.run(
        [*command, "--requirement", lock], capture_output=True, text=True, check=False
    )
    if process.returncode:
        pytest.skip(f"envs/cluster.lock cannot be installed here: {process.stderr[-300:]}")
    return str(folder)


@pytest.fixture
def slurm(tmp_path):
    """A cluster of one node; its folder."""
    folder = tmp_path / "slurm"
    start = subprocess.run(
        ["sh", SLURM / "start.sh", folder], capture_output=True, text=True, check=False
    )
    if start.returncode == 3:
        pytest.skip(f"SLURM cannot be started here: {start.stderr.strip()}")
    assert start.returncode == 0, start.stderr
    yield folder
    subprocess.run(["sh", SLURM / "stop.sh", folder], check=False)


def test_a_chain_runs_on_slurm_and_gives_the_same_bytes(undisturbed, slurm, plugins, tmp_path):
    folder = make_small_study(tmp_path / "study")
    target = f"stage_selected-{SYSTEM}"  # from prompts to best-of-n, a job a step
    process = snakemake(
        folder, target, "--profile", "profiles/slurm",
        "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1",
        PYTHONPATH=plugins,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr[-6000:]
    jobs = subprocess.run(
        ["sacct", "--completion", "--file", slurm / "jobs.txt", "--noheader", "--format=State"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert len(jobs) > 4
    assert set(jobs) == {"COMPLETED"}
    made = final_bytes(folder)
    assert f"data/mini/selected/{SYSTEM}/standard.parquet" in made
    assert made == {name: undisturbed.files[name] for name in made}
    again = snakemake(folder, target)
    assert again.returncode == 0, again.stderr
    assert executed(again.stdout + again.stderr) <= {("record_again", "")}


@pytest.mark.parametrize("profile", ["kubernetes", "aws-batch"])
def test_the_whole_graph_is_planned_without_a_shared_disk(study, s3, plugins, tmp_path, profile):
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(study.folder), str(folder))
    process = snakemake(
        folder, "-n", "all", "--profile", f"profiles/{profile}",
        "--default-storage-prefix", f"s3://{BUCKET}/study", "--storage-s3-endpoint-url", s3.url,
        PYTHONPATH=plugins, **STORAGE_KEYS,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    rules = {rule for rule, _ in executed(process.stdout + process.stderr)}
    assert {"sample_candidates", "transcribe", "judge_candidates", "failure_by_n"} <= rules
    assert f"s3://{BUCKET}/study/data/mini/candidates" in process.stdout
    assert not (folder / "data/mini/prompts").exists()


def test_a_job_that_ran_out_of_memory_is_given_more(study):
    for attempt, asked in (("1", "mem_mb=4000"), ("2", "mem_mb=8000")):
        planned = snakemake(study.folder, "-n", "all", "-R", "transcribe", "--attempt", attempt)
        assert asked in planned.stdout
