"""Colleagues share one study through git and DVC, and Snakemake and DVC stay of one mind."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from study import (
    NOTHING,
    clone,
    dvc,
    executed,
    git,
    run_all,
    snakemake,
    tool,
)

pytestmark = pytest.mark.workflow


def has_reflinks(folder: Path) -> bool:
    (folder / "a").write_text("a")
    command = ["cp", "--reflink=always", "a", "b"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.fixture
def place(tmp_path, request):
    """Where clones go: for reflinks a file system that has them."""
    if request.param != "reflink" or has_reflinks(tmp_path):
        yield tmp_path
        return
    mounted = os.environ.get("REFLINK_FOLDER")
    if mounted is None or not has_reflinks(Path(mounted)):
        pytest.skip("needs a file system with reflinks, XFS or Btrfs: REFLINK_FOLDER=ITS_FOLDER")
    with tempfile.TemporaryDirectory(dir=mounted) as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("place", "link"), [(link, link) for link in ("copy", "symlink", "reflink")], indirect=["place"]
)
def test_clone_pull_all_has_nothing_to_do(study, place, link):
    folder = clone(study, place / "clone", link)
    shard = folder / "data/mini/audio/mini-llasa/hard/000.parquet"
    assert shard.is_symlink() == (link == "symlink")
    assert NOTHING in run_all(folder)
    assert NOTHING in run_all(folder)
    assert git(folder, "status", "--short") == ""


@pytest.mark.parametrize("link", ["copy", "symlink"])
def test_nothing_to_do_for_files_above_the_checksum_limit(study, tmp_path, link):
    folder = clone(study, tmp_path / "clone", link)
    limit = 20_000_000  # bytes: above every file that git brought, below Whisper's weights
    assert (folder / "data/mini/asr/whisper-tiny.en.pt").stat().st_size > limit
    assert NOTHING in run_all(folder, "--max-checksum-file-size", str(limit))


def test_hard_links_are_refused_with_the_reason_and_the_cure(study, tmp_path):
    folder = clone(study, tmp_path / "clone", "hardlink")
    process = snakemake(folder, "all")
    assert process.returncode != 0
    assert "is a hard link into DVC's cache" in process.stderr
    cure = "dvc config --local cache.type reflink,symlink,copy && dvc checkout --relink"
    assert cure in process.stderr
    for command in cure.split(" && "):
        dvc(folder, *command.split()[1:])
    assert NOTHING in run_all(folder)


def test_nothing_to_do_after_snakemakes_own_notes_are_lost(study, tmp_path):
    folder = clone(study, tmp_path / "clone", "symlink")
    run_all(folder)
    shutil.rmtree(folder / ".snakemake")
    assert NOTHING in run_all(folder)


def test_only_the_figures_are_enough_for_whom_they_are_enough(study, tmp_path):
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(study.folder), str(folder))
    dvc(folder, "pull", "-q", "figures", "results")
    assert not (folder / "data/mini/audio").exists()
    process = snakemake(folder, "stage_figures")
    assert NOTHING in process.stdout + process.stderr
    script = folder / "scripts/figures/plot_failure_by_n.py"
    script.write_text(script.read_text() + "\n# edited\n")
    process = snakemake(folder, "stage_figures")
    assert executed(process.stdout + process.stderr) == {("failure_by_n", "")}
    assert not (folder / "data/mini/audio").exists()


def test_without_git_and_dvc_the_study_runs_as_plain_snakemake(study, tmp_path):
    folder = tmp_path / "unpacked"
    ignored = shutil.ignore_patterns(".git", ".dvc", ".snakemake")
    shutil.copytree(study.folder, folder, ignore=ignored)
    process = tool(folder, "snakemake", "-n", "all")
    assert process.returncode == 0, process.stderr


def keep_records(folder: Path, *names: str) -> None:
    """Leaves the records of the jobs that make one of these files, which alone are made again."""
    for path in (folder / "data/mini/provenance").glob("*.jsonl"):
        lines = path.read_text().splitlines(keepends=True)
        kept = [x for x in lines if '"outputs"' not in x or any(name in x for name in names)]
        path.write_text("".join(kept))


def test_every_printed_number_is_verified_and_a_missing_verdict_found(colleague):
    (colleague / "README.md").write_text("No tables.\n")
    process = snakemake(colleague, "verify")
    assert process.returncode == 0, process.stderr
    verdicts = colleague / "data/mini/verdicts/mini-llasa/hard.parquet"
    table = pd.read_parquet(verdicts)
    verdicts.unlink()
    table.iloc[1:].to_parquet(verdicts)
    keep_records(
        colleague, "table_asr_agreement.csv", "table_contrasts.csv", "regimes.csv", "paper.pdf"
    )
    process = snakemake(colleague, "verify")
    assert process.returncode != 0
    assert "figures/mini/table_asr_agreement.csv, line 4: 'mini-llasa,hard,any" in process.stderr
    assert "hard-0000 has 1 candidates, others 2" in process.stderr
    assert "run `snakemake all` to print what the records say" in process.stderr
