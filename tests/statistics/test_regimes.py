"""Which categories another draw can mend."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from scripts.tables.table_regimes import table_regimes

from selfverify.results.markup import TableFiles
from selfverify.statistics.intervals import lower_bound
from selfverify.statistics.regimes import Regime, classify


def verdicts(num_never, num_prompts, *, category="short", system="s", pool_size=4):
    """The first prompts fail in every draw, the others in the first one alone."""
    rows = [
        {"system": system, "utterance_id": f"{category}-{prompt}", "category": category,
         "candidate_index": draw, "is_catastrophic": draw == 0 or prompt < num_never,
         "flag_pipeline_error": False, "verifier_flag_pipeline_error": False,
         "verifier_is_catastrophic": False, "verifier_cer": draw / 10}
        for prompt in range(num_prompts)
        for draw in range(pool_size)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("k", "n"), [(0, 24), (1, 24), (6, 24), (24, 24)])
def test_the_lower_bound_is_the_rate_that_is_just_not_refused(k, n):
    low = lower_bound(k, n).low
    assert low == 0 if k == 0 else binomtest(k, n, low, "greater").pvalue == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("num_never", "regime"), [(0, "bad luck"), (3, "bad luck"), (4, "ceiling"), (24, "ceiling")]
)
def test_a_category_is_a_ceiling_where_too_many_prompts_never_pass(num_never, regime):
    row = classify(verdicts(num_never, 24), max_never=0.04).iloc[0]
    assert (row["regime"], row["k"], row["n"]) == (regime, num_never, 24)
    assert row["single_rate"] == pytest.approx((num_never * 4 + (24 - num_never)) / 96)


def test_pairs_of_system_and_prompt_count():
    table = pd.concat([verdicts(1, 6, system=name) for name in "abcd"])
    assert classify(table, max_never=0.04).iloc[0][["k", "n"]].tolist() == [4, 24]


def test_a_prompt_with_a_pipeline_error_is_no_evidence():
    table = verdicts(1, 6)
    table.loc[0, "flag_pipeline_error"] = True
    assert classify(table, max_never=0.04).iloc[0][["k", "n"]].tolist() == [0, 5]


def test_bad_luck_alone_is_seldom_called_a_ceiling(rng):
    """Beta-binomial prompts, mean .25, correlation .1: never passing in 4 has a chance of .015."""
    wrong = 0
    for _ in range(200):
        fails = rng.beta(0.25 * 9, 0.75 * 9, size=24)
        never = int((rng.random((24, 4)) < fails[:, None]).all(axis=1).sum())
        wrong += lower_bound(never, 24).low > 0.04
    assert wrong <= 200 * 0.03


def test_the_table_has_both_regimes_and_the_whole(tmp_path):
    hard = pd.concat([verdicts(0, 8), verdicts(8, 8, category="rare_words")])
    paths = {name: tmp_path / name / "s" / "hard.parquet" for name in ("verdicts", "selected")}
    for path in paths.values():
        path.parent.mkdir(parents=True)
    hard.drop(columns="system").to_parquet(paths["verdicts"])
    ids = hard["utterance_id"].unique()
    kept = {"utterance_id": ids, "best_of_1": 0, "best_of_4": np.full(len(ids), 1)}
    pd.DataFrame(kept).to_parquet(paths["selected"])
    regimes = tmp_path / "regimes.csv"
    classify(hard, max_never=0.04).to_csv(regimes, index=False)
    files = TableFiles(*(tmp_path / f"t.{suffix}" for suffix in ("csv", "md", "tex")))
    table_regimes(regimes=regimes, verdicts=[paths["verdicts"]], selected=[paths["selected"]],
                  files=files)  # fmt: skip
    table = pd.read_csv(files.csv).set_index("regime")
    assert table["best_of_1_k"].to_dict() == {"both": 16, "bad luck": 8, "ceiling": 8}
    assert table["best_of_4_k"].to_dict() == {"both": 8, "bad luck": 0, "ceiling": 8}
    assert table["never_k"].to_dict() == {"both": 8, "bad luck": 0, "ceiling": 8}
    assert "rare_words (8/8)" in files.markdown.read_text()
    assert Regime.CEILING.value in files.latex.read_text()
