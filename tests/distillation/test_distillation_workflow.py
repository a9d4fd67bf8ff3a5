"""`snakemake distillation` on the small study: two rounds of a real system, and a rival."""

import pandas as pd
import pytest

from selfverify.storage.checkpoints import verify_checkpoint
from study import NOTHING, clone, set_param, snakemake

pytestmark = pytest.mark.workflow

FIRST, LAST = "mini-llasa-online-sft-1-round-1", "mini-llasa-online-sft-1"


@pytest.fixture(scope="module")
def distilled(study, tmp_path_factory):
    """A clone of the small study in which `snakemake distillation` has run."""
    folder = clone(study, tmp_path_factory.mktemp("distilled") / "clone")
    process = snakemake(folder, "distillation")
    assert process.returncode == 0, process.stderr[-6000:]
    return folder


def test_every_round_is_a_checkpoint_of_its_own(distilled):
    for name in (FIRST, LAST, "mini-llasa-grpo-1"):
        verify_checkpoint(distilled / "data/mini/policies" / name)
    assert not list((distilled / "data/mini/policies").glob("*.run"))


def test_the_second_round_hears_the_first_policy(distilled):
    pools = distilled / "data/mini/training_pools"
    assert {str(path.relative_to(pools)) for path in pools.rglob("*.parquet")} == {
        "mini-llasa/000.parquet",
        f"{FIRST}/001.parquet",
    }


def test_tables_and_figures_are_made(distilled):
    figures = distilled / "figures/mini"
    table = pd.read_csv(figures / "table_distillation.csv")
    assert set(table["arm"]) == {"as is", "online-sft", "grpo", "cooler"}
    assert (figures / "distillation_gain.png").stat().st_size
    assert (figures / "training_curves.png").stat().st_size


def test_a_second_run_has_nothing_to_do(distilled):
    assert NOTHING in snakemake(distilled, "distillation").stderr


def test_another_learning_rate_trains_that_arm_alone(distilled):
    set_param(distilled, "tracks.mini.distillation.arms.online-sft.learning_rate", 0.001)
    plan = snakemake(distilled, "-n", "distillation").stdout
    assert "mini-llasa-online-sft-1" in plan
    assert "system=mini-llasa-cooler" not in plan
