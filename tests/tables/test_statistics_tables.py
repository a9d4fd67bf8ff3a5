"""The scripts that print the statistics, on small pools."""

import numpy as np
import pandas as pd
import pytest
from scripts.tables.table_contrasts import table_contrasts
from scripts.tables.table_heterogeneity import table_heterogeneity
from scripts.tables.table_power import table_power

from outputs import table_files
from selfverify.errors import InputError


def write_verdicts(folder, fails, heard=None):
    """Verdicts of pools, shape (prompts, M); the verifier hears what the evaluator does."""
    fails = np.asarray(fails, dtype=bool)
    heard = fails if heard is None else np.asarray(heard, dtype=bool)
    prompts, candidates = np.indices(fails.shape)
    table = pd.DataFrame(
        {
            "utterance_id": [f"u-{index:02d}" for index in prompts.ravel()],
            "candidate_index": candidates.ravel(),
            "category": "x",
            "is_catastrophic": fails.ravel(),
            "verifier_is_catastrophic": heard.ravel(),
            "verifier_cer": heard.ravel() * 0.9,
            "flag_pipeline_error": False,
            "verifier_flag_pipeline_error": False,
        }
    )
    path = folder / "verdicts" / "llasa" / "hard.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    table.sample(frac=1, random_state=1).to_parquet(path)
    return path


@pytest.fixture
def outputs(tmp_path):
    return {"files": table_files(tmp_path)}


FAILS = [[1, 1, 1, 1], [1, 0, 0, 1], *[[0, 1, 0, 0]] * 3, *[[0, 0, 0, 0]] * 7]


def test_heterogeneity_stands_beside_what_was_observed(tmp_path, outputs):
    path = write_verdicts(tmp_path, FAILS)
    table_heterogeneity(verdicts=[path], best_of=[8, 1, 2], **outputs)
    table = pd.read_csv(outputs["files"].csv)
    assert table["best_of"].tolist() == [1, 2, 8]
    assert table["observed"][:2].tolist() == pytest.approx([9 / 48, (1 + 1 / 6) / 12], rel=1e-5)
    assert table["kept"][:2].tolist() == pytest.approx(table["observed"][:2].tolist())
    assert table["observed"].isna().tolist() == [False, False, True]  # pools of 4
    row = table.iloc[0]
    assert (row["system"], row["prompt_set"]) == ("llasa", "hard")
    assert row["rho_low"] < row["rho"] < row["rho_high"]
    assert (row["num_never_pass"], row["never_pass_ids"]) == (1, "u-00")
    text = outputs["files"].markdown.read_text()
    assert "never passed in 4 draws (each fails with chance 47% or more): u-00." in text
    assert "nan" not in text.lower()


def test_heterogeneity_of_a_system_that_never_fails(tmp_path, outputs):
    path = write_verdicts(tmp_path, np.zeros((10, 4)))
    table_heterogeneity(verdicts=[path], best_of=[1], **outputs)
    row = pd.read_csv(outputs["files"].csv).iloc[0]
    assert (row["predicted"], row["boundary"]) == (0.0, "no failure")
    assert row["predicted_high"] == pytest.approx(1 - 0.025**0.1, rel=1e-5)
    text = outputs["files"].markdown.read_text()
    assert "– [0.00, 1.00]" in text
    assert "nan" not in text.lower()


def run_contrasts(path, outputs, **changes):
    settings = {"best_of": [1, 2, 4], "equivalent": (2, 4), "margin": 0.1, "seed": 1}
    table_contrasts(verdicts=[path], **(settings | outputs | changes))
    return pd.read_csv(outputs["files"].csv)


def test_contrasts_are_paired_and_adjusted_within_their_families(tmp_path, outputs):
    rng = np.random.default_rng(1)
    fails = rng.random((30, 4)) < rng.beta(0.8, 1.2, (30, 1))
    table = run_contrasts(write_verdicts(tmp_path, fails), outputs)
    assert table["contrast"].tolist() == ["gain", "gain", "equivalence"]
    assert table["adjustment"].tolist() == ["Holm, 2 tests", "Holm, 2 tests", "Holm, 1 tests"]
    single, all_fail = fails.mean(), fails.all(axis=1).mean()
    best_of_4 = table.iloc[1]
    assert best_of_4["difference"] == pytest.approx(single - all_fail, rel=1e-5)
    assert best_of_4["low"] < best_of_4["difference"] < best_of_4["high"]
    assert (table["p_adjusted"][:2] >= table["p_value"][:2]).all()
    assert best_of_4["p_adjusted"] < 0.01
    assert table["prompts_needed"].gt(1).all()


def test_blind_selection_gains_nothing(tmp_path, outputs):
    rng = np.random.default_rng(2)
    fails, heard = rng.random((2, 30, 4)) < 0.4
    table = run_contrasts(write_verdicts(tmp_path, fails, heard), outputs)
    assert (table["p_value"][:2] > 0.05).all()


def test_contrasts_do_not_depend_on_the_order_of_files(tmp_path, outputs):
    path = write_verdicts(tmp_path, FAILS)
    other = path.parents[1] / "csm" / "hard.parquet"
    other.parent.mkdir()
    other.write_bytes(path.read_bytes())
    tables = []
    for paths in ([path, other], [other, path]):
        table_contrasts(verdicts=paths, best_of=[1, 2], equivalent=(2, 4), seed=1, **outputs)
        tables.append(pd.read_csv(outputs["files"].csv).sort_values(["system", "contrast"]))
    pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in tables))


def test_a_system_without_failures_has_no_gain_and_no_number_needed(tmp_path, outputs):
    table = run_contrasts(write_verdicts(tmp_path, np.zeros((12, 4))), outputs)
    assert table["p_value"].tolist() == [1.0, 1.0, pytest.approx(0.9**12, rel=1e-5)]
    assert table["prompts_needed"].isna().all()
    assert (table["high"] > 0).all()
    assert "nan" not in outputs["files"].markdown.read_text().lower()


@pytest.mark.parametrize(
    ("fails", "changes", "message"),
    [
        (np.zeros((5, 2)), {}, "pools of 2 candidates, at least 4"),
        (np.zeros((1, 4)), {}, "at least two are needed"),
        (np.zeros((5, 4)), {"equivalent": (4, 2)}, "smaller first"),
    ],
)
def test_pools_that_are_too_small_are_named(tmp_path, outputs, fails, changes, message):
    with pytest.raises(InputError, match=message):
        run_contrasts(write_verdicts(tmp_path, fails), outputs, **changes)


def test_pools_of_unequal_size_are_named(tmp_path, outputs):
    path = write_verdicts(tmp_path, np.zeros((5, 4)))
    pd.read_parquet(path).query("utterance_id != 'u-03' or candidate_index < 3").to_parquet(path)
    with pytest.raises(InputError, match="u-03 has 3 candidates, others 4"):
        run_contrasts(path, outputs)


def test_the_power_table_has_a_row_per_pair_and_grows_with_the_prompts(outputs):
    table_power(
        num_prompts=[26, 300], num_candidates=8, rho=0.35, prompt_correlation=0.7, **outputs
    )
    table = pd.read_csv(outputs["files"].csv)
    small, large = (table[table["num_prompts"] == n]["power"].to_numpy() for n in (26, 300))
    assert (small < large).all()
    row = outputs["files"].markdown.read_text().splitlines()[2]
    assert "single shot and SFT, hard" in row
    assert " 185 " in row  # published for independent utterances: Cohen's arcsine, 80 %
