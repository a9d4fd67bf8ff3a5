"""Distillation in `snakemake all` on the small study: two rounds of a real system, and a rival."""

import json

import pandas as pd
import pytest
import yaml

from selfverify.storage.checkpoints import verify_checkpoint
from study import NOTHING, copy_of, dvc, run_all, set_param, snakemake

pytestmark = pytest.mark.workflow

FIRST, LAST = "mini-llasa-online-sft-1-round-1", "mini-llasa-online-sft-1"


@pytest.fixture(scope="module")
def distilled(pulled, tmp_path_factory):
    """A clone of the small study in which `snakemake all` has run with distillation in it."""
    folder = copy_of(pulled, tmp_path_factory.mktemp("distilled") / "clone")
    set_param(folder, "tracks.mini.distillation.in_all", True)
    run_all(folder)
    return folder


def test_every_round_is_a_checkpoint_of_its_own(distilled):
    for name in (FIRST, LAST):
        verify_checkpoint(distilled / "data/mini/policies" / name)
    assert not list((distilled / "data/mini/policies").glob("*.run"))


def test_the_second_round_hears_the_first_policy(distilled):
    pools = distilled / "data/mini/training_pools"
    assert {str(path.relative_to(pools)) for path in pools.rglob("*.parquet")} == {
        "mini-llasa/000.parquet",
        "mini-llasa/002.parquet",  # held out
        f"{FIRST}/001.parquet",
    }


def test_tables_and_figures_are_made(distilled):
    figures = distilled / "figures/mini"
    table = pd.read_csv(figures / "table_distillation.csv")
    assert set(table["arm"]) == {"as is", "online-sft", "cooler"}
    assert (figures / "distillation_gain.png").stat().st_size
    assert (figures / "training_curves.png").stat().st_size
    points = pd.read_csv(figures / "sharpening_line.csv")
    line = points[points["arm"] == "as is"].sort_values("temperature")
    assert line["temperature"].tolist() == [0.3, 0.8]
    assert line["entropy"].is_monotonic_increasing
    curve = pd.read_csv(distilled / "data/mini/policies" / LAST / "curve.csv")
    assert curve["held_out_kl"].notna().sum() > 1


def test_claims_are_read_from_the_tables_of_distillation(distilled):
    table = pd.read_csv(distilled / "figures/mini/table_claims.csv")
    assert "verified candidates teach more than random own ones" in set(table["claim"])


def test_dvc_has_it_all(distilled):
    stages = yaml.safe_load((distilled / "dvc.yaml").read_text())["stages"]
    outs = [next(iter(out)) for out in stages["distillation-mini-llasa-online-sft"]["outs"]]
    assert f"data/mini/policies/{LAST}" in outs
    assert f"data/mini/verdicts/{LAST}-at-0.3" in outs
    changed = json.loads(dvc(distilled, "data", "status", "--granular", "--json"))
    assert not changed.get("uncommitted")


def test_a_second_run_has_nothing_to_do(distilled):
    assert NOTHING in run_all(distilled)


def test_grpo_hears_its_own_candidates(distilled):
    arms = {"online-sft": 1, "cooler": 1, "grpo": 1}
    set_param(distilled, "tracks.mini.distillation.systems.mini-llasa", arms)
    folder = "data/mini/policies/mini-llasa-grpo-1"
    assert snakemake(distilled, f"{folder}/SHA256SUMS").returncode == 0
    verify_checkpoint(distilled / folder)
    rewards = pd.read_csv(distilled / folder / "curve.csv")["reward"].dropna()
    assert len(rewards) > 1
    assert rewards.between(0, 1).all()


def test_another_learning_rate_trains_that_arm_alone(distilled):
    set_param(distilled, "tracks.mini.distillation.arms.online-sft.learning_rate", 0.001)
    plan = snakemake(distilled, "-n", "all").stdout
    assert "mini-llasa-online-sft-1" in plan
    assert "system=mini-llasa-cooler" not in plan
