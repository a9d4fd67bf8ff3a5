"""Colleagues share one study through git and DVC, and Snakemake and DVC stay of one mind."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from study import (
    COOL,
    NOTHING,
    clone,
    commit_all,
    dvc,
    executed,
    git,
    run_all,
    set_param,
    snakemake,
    tool,
)

pytestmark = pytest.mark.workflow

CHAIN = {
    ("sample_candidates", "mini-csm"),
    ("decode_audio", "mini-csm"),
    ("transcribe", "openvino-whisper-tiny.en"),
    ("transcribe", "moonshine-tiny.en"),
    ("judge_candidates", "mini-csm"),
    ("select_best_of_n", "mini-csm"),
    ("audio_examples", "mini-csm"),
    ("listening_page", "mini-csm"),
    ("calibrate_system", "mini-csm"),
}
SUMMARIES = {
    ("tabulate_failures", ""),
    ("sweep_thresholds", ""),
    ("failure_by_n", ""),
    ("failure_modes", ""),
    ("failure_by_category", ""),
    ("failure_by_draws", ""),
    ("table_best_of_n", ""),
    ("table_asr_agreement", ""),
    ("table_claims", ""),
    ("table_contrasts", ""),
    ("table_heterogeneity", ""),
    ("classify_categories", ""),
    ("table_regimes", ""),
    ("tabulate_policies", ""),
    ("failure_cost", ""),
    ("table_policies", ""),
    ("table_rerolls", ""),
    ("summary", ""),
    ("paper", ""),
}


def has_reflinks(folder: Path) -> bool:
    (folder / "a").write_text("a")
    command = ["cp", "--reflink=always", "a", "b"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def history(study, tmp_path_factory):
    """A clone with a second commit: the cooler system at another temperature, run anew."""
    folder = clone(study, tmp_path_factory.mktemp("history") / "clone")
    set_param(folder, COOL, 0.7)
    log = run_all(folder)
    commit_all(folder, "Warm the cool system")
    return folder, log


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


def test_an_edited_plotting_script_reruns_its_figure_and_the_paper(colleague):
    script = colleague / "scripts/figures/plot_failure_by_n.py"
    script.write_text(script.read_text() + "\n# edited\n")
    assert executed(run_all(colleague)) == {("failure_by_n", ""), ("paper", "")}
    assert "Data and pipelines are up to date" in dvc(colleague, "status")
    assert git(colleague, "status", "--short", "--", "figures") == ""  # the same bytes again


def test_an_edited_temperature_reruns_that_systems_chain_and_the_summaries(history):
    folder, log = history
    assert executed(log) == CHAIN | SUMMARIES
    assert "Data and pipelines are up to date" in dvc(folder, "status")


def test_an_edited_module_reruns_the_rules_it_decides(colleague):
    module = colleague / "scripts/selfverify/metric/taxonomy.py"
    module.write_text(module.read_text() + "\n# edited\n")
    rules = {rule for rule, _ in executed(snakemake(colleague, "-n", "all").stdout)}
    decided = {"judge_candidates", "select_best_of_n", "audio_examples", "listening_page"}
    tables = {"table_floors", "table_scorer", "calibrate_system"}
    assert rules == decided | tables | {rule for rule, _ in SUMMARIES}


def test_checking_out_the_commit_before_and_back_has_nothing_to_do(history):
    folder, _ = history
    branch = git(folder, "branch", "--show-current").strip()
    for revision in ("HEAD~1", branch):
        git(folder, "checkout", "-q", revision)
        dvc(folder, "checkout", "-q")
        assert NOTHING in run_all(folder)


def test_a_restored_file_of_a_failed_run_is_not_taken_for_a_new_one(colleague):
    run_all(colleague)
    set_param(colleague, COOL, 0.9)
    target = "data/mini/candidates/mini-csm/hard/000.parquet"
    failed = snakemake(colleague, target, "--config", "seed=-1")
    assert failed.returncode != 0
    dvc(colleague, "checkout", "-q", "--force")
    planned = executed(snakemake(colleague, "-n", "all").stdout)
    assert ("sample_candidates", "mini-csm") in planned


def test_results_of_other_parameters_than_the_file_has_are_not_recorded(colleague):
    before = (colleague / "dvc.lock").read_text()
    (colleague / "strict.yaml").write_text("metric: {max_cer: 0.2}")
    log = run_all(colleague, "--configfile", "strict.yaml")
    assert "Not recorded: metric differs from params.yaml" in log
    assert (colleague / "dvc.lock").read_text() == before


def test_dvc_repro_agrees_that_there_is_nothing_to_do(colleague):
    assert "Data and pipelines are up to date" in dvc(colleague, "repro")
    assert git(colleague, "status", "--short") == ""


def test_dvc_repro_runs_what_snakemake_would_and_snakemake_agrees(colleague):
    script = colleague / "scripts/tables/table_best_of_n.py"
    script.write_text(script.read_text() + "\n# edited\n")
    assert "Running stage 'figures'" in dvc(colleague, "repro")
    assert NOTHING in run_all(colleague)
    assert "Data and pipelines are up to date" in dvc(colleague, "status")


def test_dvc_metrics_and_plots_show_the_two_commits(history):
    folder, _ = history
    changed = json.loads(dvc(folder, "metrics", "diff", "HEAD~1", "--all", "--json"))
    rates = changed["data/mini/results/metrics.json"]
    assert any(key.startswith("mini-csm.hard.best_of_") for key in rates)
    dvc(folder, "plots", "diff", "HEAD~1", "--out", "plots")
    page = (folder / "plots/index.html").read_text()
    assert "failure_by_n" in page
    assert '"rev": "HEAD~1"' in page
    shutil.rmtree(folder / "plots")


def test_a_dvc_experiment_reruns_what_its_parameter_decides(colleague):
    log = dvc(colleague, "exp", "run", "-n", "strict", "-S", "metric.max_cer=0.2")
    assert "Running stage 'verdicts-mini-llasa'" in log
    assert "Running stage 'candidates-mini-llasa'" not in log
    rows = json.loads(dvc(colleague, "exp", "diff", "HEAD", "strict", "--json"))
    assert rows["params"]["params.yaml"]["metric.max_cer"]["new"] == 0.2
    assert NOTHING in run_all(colleague)


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


def test_shards_of_an_older_split_are_removed(colleague):
    folder = "data/mini/selected/mini-llasa"
    stale = colleague / folder / "older.parquet"
    shutil.copy(colleague / folder / "hard.parquet", stale)
    log = run_all(colleague, "-R", "select_best_of_n")
    assert f"{folder}/older.parquet: no rule makes it any more, removed" in log
    assert not stale.exists()


def test_without_git_and_dvc_the_study_runs_as_plain_snakemake(study, tmp_path):
    folder = tmp_path / "unpacked"
    ignored = shutil.ignore_patterns(".git", ".dvc", ".snakemake")
    shutil.copytree(study.folder, folder, ignore=ignored)
    process = tool(folder, "snakemake", "-n", "all")
    assert process.returncode == 0, process.stderr


def test_every_printed_number_is_verified_and_a_missing_verdict_found(colleague):
    (colleague / "README.md").write_text("No tables.\n")
    process = snakemake(colleague, "verify")
    assert process.returncode == 0, process.stderr
    verdicts = colleague / "data/mini/verdicts/mini-llasa/hard.parquet"
    table = pd.read_parquet(verdicts)
    verdicts.unlink()
    table.iloc[1:].to_parquet(verdicts)
    process = snakemake(colleague, "verify")
    assert process.returncode != 0
    assert "figures/mini/table_asr_agreement.csv, line 4: 'mini-llasa,hard,any" in process.stderr
    assert "hard-0000 has 1 candidates, others 2" in process.stderr
    assert "run `snakemake all` to print what the records say" in process.stderr
