from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from selfverify.statistics import clopper_pearson, expected_failure_of_best
from selfverify.summary import agreement, failure_modes, failure_rates


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # 1 - .025**(1/n) at zero; the others as tables of the binomial distribution have them.
        (0, 120, 0.0, 0.0303),
        (7, 120, 0.0238, 0.1165),
        (7, 26, 0.1157, 0.4779),
        (26, 26, 0.8677, 1.0),
    ],
)
def test_exact_interval_matches_published_values(k, n, low, high):
    rate = clopper_pearson(k, n)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert rate.rate == k / n


def test_zero_failures_never_have_an_interval_of_zero_width():
    assert clopper_pearson(0, 40).high == pytest.approx(1 - 0.025 ** (1 / 40))


def test_no_utterances_have_no_rate():
    with pytest.raises(ValueError, match="no utterance"):
        clopper_pearson(0, 0)


def brute_force(scores, fails, num_drawn):
    """Mean over all subsets, ties shared evenly."""
    rates = []
    for subset in combinations(range(len(scores)), num_drawn):
        lowest = min(scores[i] for i in subset)
        rates.append(np.mean([fails[i] for i in subset if scores[i] == lowest]))
    return np.mean(rates)


@pytest.mark.parametrize("num_drawn", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("seed", range(5))
def test_expected_failure_matches_brute_force_with_ties(seed, num_drawn):
    rng = np.random.default_rng(seed)
    scores, fails = rng.integers(0, 4, 6) / 4, rng.random(6) < 0.5
    expected = brute_force(scores, fails, num_drawn)
    assert expected_failure_of_best(scores, fails, num_drawn) == pytest.approx(expected)


def test_selector_that_is_the_evaluator_gives_the_complement_of_pass_at_k():
    fails = np.array([True] * 5 + [False] * 3)
    # 5 of 8 fail: all 2 drawn fail with C(5,2)/C(8,2).
    assert expected_failure_of_best(fails.astype(float), fails, 2) == pytest.approx(10 / 28)


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
        category="x", failure_mode=np.where(table["is_catastrophic"], "silence", "ok")
    )


def test_rates_count_the_kept_candidates_by_the_evaluator():
    selected = pd.DataFrame({"utterance_id": ["a", "b", "c"], "best_of_1": 0, "best_of_2": 1})
    rates = failure_rates(verdict_table(), selected).set_index("best_of")
    assert rates["k"].to_dict() == {1: 2, 2: 2}
    assert rates["n"].to_dict() == {1: 3, 2: 3}
    assert rates["pool_rate"][1] == pytest.approx((0.5 + 0.5 + 1.0) / 3)
    assert rates["mean_draws"][2] == pytest.approx((2 + 1 + 2) / 3)


def test_failure_modes_add_up_to_the_pool():
    modes = failure_modes(verdict_table())
    assert modes.set_index("failure_mode")["k"].to_dict() == {"ok": 2, "silence": 4}
    assert (modes["n"] == 6).all()


def test_agreement_counts_all_four_cells():
    row = agreement(verdict_table()).iloc[0]
    cells = ["both_pass", "only_verifier_fails", "only_evaluator_fails", "both_fail"]
    assert row[cells].tolist() == [2, 0, 1, 3]
    assert (row["k"], row["n"]) == (5, 6)
