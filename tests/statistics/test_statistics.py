import numpy as np
import pandas as pd
import pytest

from selfverify.results.summary import agreement, agreement_by_mode, failure_modes, failure_rates
from selfverify.statistics.agreement import cohens_kappa


def verdict_table():
    rows = [
        # utterance, index, fails by verifier, by evaluator, verifier's cer
        ("a", 0, True, True, 0.9), ("a", 1, False, False, 0.0),
        ("b", 0, False, False, 0.1), ("b", 1, False, True, 0.0),
        ("c", 0, True, True, 1.0), ("c", 1, True, True, 0.8),
    ]  # fmt: skip
    names = ["utterance_id", "candidate_index", "verifier_is_catastrophic", "is_catastrophic"]
    names.append("verifier_cer")
    table = pd.DataFrame(rows, columns=names)
    return table.assign(
        category="x", failure_mode=np.where(table["is_catastrophic"], "silence", "ok"),
        flag_pipeline_error=False, verifier_flag_pipeline_error=False,
    )  # fmt: skip


def test_an_utterance_with_a_pipeline_error_is_counted_but_not_in_the_rate():
    table = verdict_table()
    table.loc[table["utterance_id"] == "a", "flag_pipeline_error"] = [False, True]
    selected = pd.DataFrame({"utterance_id": ["a", "b", "c"], "best_of_1": 0})
    row = failure_rates(table, selected).iloc[0]
    assert (row["k"], row["n"], row["num_pipeline_errors"]) == (1, 2, 1)


def test_rates_count_the_kept_candidates_by_the_evaluator():
    selected = pd.DataFrame({"utterance_id": ["a", "b", "c"], "best_of_1": 0, "best_of_2": 1})
    rates = failure_rates(verdict_table(), selected).set_index("best_of")
    assert rates["k"].to_dict() == {1: 2, 2: 2}
    assert rates["n"].to_dict() == {1: 3, 2: 3}
    assert rates["pool_rate"][1] == pytest.approx((0.5 + 0.5 + 1.0) / 3)
    assert rates["stop_rate"][2] == pytest.approx((0 + 0.5 + 1) / 3)
    assert rates["mean_draws"][2] == pytest.approx((1.5 + 1 + 2) / 3)


def test_failure_modes_add_up_to_the_pool():
    modes = failure_modes(verdict_table())
    assert modes.set_index("failure_mode")["k"].to_dict() == {"ok": 2, "silence": 4}
    assert (modes["n"] == 6).all()


def test_agreement_counts_all_four_cells():
    row = agreement(verdict_table()).iloc[0]
    cells = ["both_pass", "only_verifier_fails", "only_evaluator_fails", "both_fail"]
    assert row[cells].tolist() == [2, 0, 1, 3]
    assert (row["k"], row["n"]) == (5, 6)


def test_agreement_by_mode_takes_other_modes_for_a_pass():
    verdicts = pd.DataFrame(
        {
            "verifier_failure_mode": ["ok", "runaway", "runaway", "silence", "ok"],
            "failure_mode": ["ok", "runaway", "content_collapse", "silence", "ok"],
        }
    )
    for prefix in ("", "verifier_"):
        verdicts[f"{prefix}is_catastrophic"] = verdicts[f"{prefix}failure_mode"] != "ok"
        verdicts[f"{prefix}flag_pipeline_error"] = False
    verdicts["utterance_id"] = list("abcde")
    rows = agreement_by_mode(verdicts).set_index("failure_mode")
    assert rows[
        ["both_pass", "only_verifier_fails", "only_evaluator_fails", "both_fail"]
    ].T.to_dict("list") == {
        "any": [2, 0, 0, 3],
        "silence": [4, 0, 0, 1],
        "runaway": [3, 1, 0, 1],
        "content_collapse": [4, 0, 1, 0],
    }
    assert rows["kappa"].tolist() == pytest.approx([1.0, 1.0, 6 / 11, 0.0])


@pytest.mark.parametrize(
    ("counts", "kappa"),
    [
        ([[20, 5], [10, 15]], 0.4),  # p_o .7, p_e .5
        ([[45, 15], [25, 15]], 0.1304),  # the same p_o as below,
        ([[25, 35], [5, 35]], 0.2593),  # another prevalence
        ([[5, 0], [0, 5]], 1.0),
        ([[0, 5], [5, 0]], -1.0),
        ([[9, 0], [0, 0]], np.nan),
    ],
)
def test_kappa_is_agreement_beyond_chance(counts, kappa):
    assert cohens_kappa(np.array(counts)) == pytest.approx(kappa, abs=5e-5, nan_ok=True)
