"""An edit reruns what it decides and nothing else, and Snakemake and DVC are of one mind."""

import json
import shutil

import pytest

from study import (
    COOL,
    NOTHING,
    commit_all,
    copy_of,
    dvc,
    executed,
    git,
    run_all,
    set_param,
    snakemake,
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


@pytest.fixture(scope="module")
def history(pulled, tmp_path_factory):
    """A clone with a second commit: the cooler system at another temperature, run anew."""
    folder = copy_of(pulled, tmp_path_factory.mktemp("history") / "clone")
    set_param(folder, COOL, 0.7)
    log = run_all(folder)
    commit_all(folder, "Warm the cool system")
    return folder, log


def test_an_edited_temperature_reruns_that_systems_chain_and_the_summaries(history):
    folder, log = history
    assert executed(log) == CHAIN | SUMMARIES
    assert "Data and pipelines are up to date" in dvc(folder, "status")


def test_checking_out_the_commit_before_and_back_has_nothing_to_do(history):
    folder, _ = history
    branch = git(folder, "branch", "--show-current").strip()
    for revision in ("HEAD~1", branch):
        git(folder, "checkout", "-q", revision)
        dvc(folder, "checkout", "-q")
        assert NOTHING in run_all(folder)


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


def test_an_edited_plotting_script_reruns_its_figure_and_the_paper(colleague):
    shutil.rmtree(colleague / ".snakemake")  # pulled and edited before anything was run
    script = colleague / "scripts/figures/plot_failure_by_n.py"
    script.write_text(script.read_text() + "\n# edited\n")
    assert executed(run_all(colleague)) == {("failure_by_n", ""), ("paper", "")}
    assert "Data and pipelines are up to date" in dvc(colleague, "status")
    assert git(colleague, "status", "--short", "--", "figures") == ""  # the same bytes again


def test_an_edited_module_reruns_the_rules_it_decides(colleague):
    module = colleague / "scripts/selfverify/metric/taxonomy.py"
    module.write_text(module.read_text() + "\n# edited\n")
    rules = {rule for rule, _ in executed(snakemake(colleague, "-n", "all").stdout)}
    decided = {"judge_candidates", "select_best_of_n", "audio_examples", "listening_page"}
    tables = {"table_floors", "table_scorer", "calibrate_system"}
    assert rules == decided | tables | {rule for rule, _ in SUMMARIES}


def test_a_restored_file_of_a_failed_run_is_not_taken_for_a_new_one(colleague):
    run_all(colleague)
    set_param(colleague, COOL, 0.9)
    target = "data/mini/candidates/mini-csm/hard/000.parquet"
    failed = snakemake(colleague, target, "--config", "seed=-1")
    assert failed.returncode != 0
    dvc(colleague, "checkout", "-q", "--force")
    planned = executed(snakemake(colleague, "-n", "all").stdout)
    assert ("sample_candidates", "mini-csm") in planned


def test_looking_at_a_broken_off_run_does_not_make_its_undoing_work(colleague):
    run_all(colleague)
    set_param(colleague, COOL, 0.9)
    script = colleague / "scripts/audio/decode_audio.py"
    script.write_text(f"raise SystemExit(1)\n{script.read_text()}")
    broken = snakemake(colleague, "data/mini/audio/mini-csm/calibration/000.parquet")
    assert broken.returncode != 0
    assert ("sample_candidates", "mini-csm") in executed(broken.stdout + broken.stderr)
    snakemake(colleague, "-n", "all")
    git(colleague, "checkout", "params.yaml", "scripts")
    dvc(colleague, "checkout", "-q", "--force")
    assert executed(snakemake(colleague, "-n", "all").stdout) <= {("record_again", "")}


def test_results_of_other_parameters_than_the_file_has_are_not_recorded(colleague):
    before = (colleague / "dvc.lock").read_text()
    (colleague / "more.yaml").write_text("listening: {num_studies: 3}")  # decides two tables
    log = run_all(colleague, "--configfile", "more.yaml")
    assert "Not recorded: listening differs from params.yaml" in log
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


def test_a_dvc_experiment_reruns_what_its_parameter_decides(colleague):
    log = dvc(
        colleague, "exp", "run", "-n", "strict", "-S", "metric.max_cer=0.2", "verdicts-mini-llasa"
    )
    assert "Running stage 'verdicts-mini-llasa'" in log
    assert "Running stage 'candidates-mini-llasa'" not in log
    rows = json.loads(dvc(colleague, "exp", "diff", "HEAD", "strict", "--json"))
    assert rows["params"]["params.yaml"]["metric.max_cer"]["new"] == 0.2
    planned = executed(snakemake(colleague, "-n", "all").stdout)
    judged = {name for rule, name in planned if rule == "judge_candidates"}
    assert "mini-csm" in judged
    assert "mini-llasa" not in judged


def test_shards_of_an_older_split_are_removed_and_training_candidates_stay(colleague):
    folder = "data/mini/selected/mini-llasa"
    stale = colleague / folder / "older.parquet"
    shutil.copy(colleague / folder / "hard.parquet", stale)
    drawn = colleague / "data/mini/candidates/mini-llasa"
    (drawn / "train").mkdir()
    shutil.copy(drawn / "hard/000.parquet", drawn / "train/000.parquet")
    key = colleague / "data/mini/listening/test_mini-llasa.key.csv"
    key.write_text("of a test that is with its raters\n")
    log = run_all(colleague, "-R", "table_power")
    assert key.exists()
    assert f"{folder}/older.parquet: no rule makes it any more, removed" in log
    assert not stale.exists()
    assert (drawn / "train/000.parquet").exists()  # distillation is no part of `all` here
    assert "/train/" not in (colleague / "dvc.yaml").read_text()
