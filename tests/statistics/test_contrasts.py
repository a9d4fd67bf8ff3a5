from itertools import permutations, product

import numpy as np
import pytest
from scipy.stats import binomtest

from selfverify.statistics.best_of_n import failures_of_best
from selfverify.statistics.contrasts import equivalence_test, holm, selection_test, sign_flip_test
from simulation import is_at_most, is_nominal

RNG = np.random.default_rng


def test_sign_flips_match_all_of_them_counted():
    differences = np.array([0.5, 0.25, -0.125, 0.75, 0.0, 0.125])
    signs = np.array(list(product([-1, 1], repeat=6)))
    sums = np.abs((signs * differences).sum(axis=1))
    found = sign_flip_test(differences, rng=RNG(1))
    assert found.p_value == pytest.approx(np.mean(sums >= abs(differences.sum()) - 1e-12))
    assert (found.num_prompts, found.num_informative) == (6, 5)
    assert found.method == "sign flip, exact"


def test_with_one_candidate_an_arm_it_is_mcnemars_exact_test():
    differences = np.repeat([1, -1, 0], [8, 1, 30])
    assert sign_flip_test(differences, rng=RNG(1)).p_value == pytest.approx(binomtest(1, 9).pvalue)


def test_many_prompts_are_flipped_at_random_but_reproducibly():
    differences = RNG(2).normal(0.3, 1, 40)
    found = sign_flip_test(differences, rng=RNG(3))
    again = sign_flip_test(differences[::-1], rng=RNG(3))
    assert found == again
    assert found.method == "sign flip, 9,999 random"
    assert found.p_value == pytest.approx(0.05, abs=0.05)
    far = sign_flip_test(np.ones(40), rng=RNG(3))
    assert far.p_value == pytest.approx(2 / 10_000)  # never 0


def test_arms_that_never_differ_cannot_be_told_apart():
    assert sign_flip_test(np.zeros(5), rng=RNG(1)).p_value == 1.0
    assert sign_flip_test(np.array([0, 0.5, 0]), rng=RNG(1)).p_value == 1.0


def test_sign_flips_keep_their_level():
    num_simulations = 300
    rng = RNG(4)
    arms = rng.binomial(4, rng.beta(2, 2, (num_simulations, 10, 1)), (num_simulations, 10, 2))
    tests = [sign_flip_test(d / 4, rng=rng) for d in arms[..., 0] - arms[..., 1]]
    assert is_at_most(sum(test.p_value <= 0.05 for test in tests), num_simulations, 0.05)
    # Discrete, hence conservative, but not without any power at the nominal level.
    assert sum(test.p_value <= 0.1 for test in tests) > 0.02 * num_simulations


def test_shuffled_labels_match_all_orders_counted():
    scores = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.2, 0.9], [1, 2, 3, 4]])
    fails = np.array([[0, 0, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]])
    orders = [np.array(list(permutations(row))) for row in fails[:2]]
    gains = [
        f.mean(axis=1) - failures_of_best(s, f, 2) for s, f in zip(scores, orders, strict=False)
    ]
    sums = np.add.outer(*gains).ravel()
    observed = sum(f.mean() - failures_of_best(s, f, 2) for s, f in zip(scores, fails, strict=True))
    tails = (sums >= observed - 1e-12).mean(), (sums <= observed + 1e-12).mean()
    found = selection_test(scores, fails, 2, rng=RNG(1), num_resamples=20_000)
    assert found.mean_difference == pytest.approx(observed / 3)
    assert found.num_informative == 2
    # 5 standard errors of 20,000 shuffles
    assert found.p_value == pytest.approx(min(1, 2 * min(tails)), abs=5 * 2 * 0.5 / 20_000**0.5)


@pytest.mark.parametrize("num_drawn", [2, 8])
def test_blind_selection_is_found_at_the_nominal_level(num_drawn):
    num_simulations, rng = 400, RNG(5)
    fails = rng.random((num_simulations, 30, 8)) < rng.beta(0.3, 1.2, (num_simulations, 30, 1))
    scores = rng.random(fails.shape)
    tests = [
        selection_test(s, f, num_drawn, rng=rng, num_resamples=199)
        for s, f in zip(scores, fails, strict=True)
    ]
    assert is_nominal(sum(test.p_value <= 0.05 for test in tests), num_simulations, 0.05)


def test_flipped_signs_would_find_blind_selection_effective():
    # One failure in each of six pools of eight, never the one kept: 45 % of blind studies.
    assert (7 / 8) ** 6 > 0.44
    assert sign_flip_test(np.full(6, 1 / 8), rng=RNG(1)).p_value < 0.05
    scores, fails = np.tile(np.arange(8.0), (6, 1)), np.eye(8, dtype=bool)[1:7]
    assert selection_test(scores, fails, 8, rng=RNG(1)).p_value > 0.4


def test_selection_that_cannot_change_anything_is_no_finding():
    found = selection_test(np.ones((2, 3)), np.array([[1, 1, 1], [0, 0, 0]]), 2, rng=RNG(1))
    assert (found.p_value, found.num_informative, found.mean_difference) == (1.0, 0, 0.0)


def test_holm_matches_its_definition():
    # sorted .005, .01, .03, .04 times 4, 3, 2, 1, made monotone
    assert holm([0.01, 0.04, 0.03, 0.005]).p_values == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]).p_values == ()
    with pytest.raises(ValueError, match="family"):
        holm([0.1, float("nan")])


def test_prompts_that_never_differ_are_equivalent_only_if_there_are_enough():
    found = equivalence_test(np.zeros(40), 0.05)
    assert found.p_value == pytest.approx(0.95**40)
    assert found.high == -found.low == pytest.approx(1 - 0.05 ** (1 / 40))
    assert equivalence_test(np.zeros(59), 0.05).p_value < 0.05  # 1 - .05**(1/59) = .0495


def test_the_interval_lies_within_the_margin_where_the_test_rejects():
    for seed in range(20):
        differences = RNG(seed).choice([-0.5, 0, 0, 0, 0.25], 80)
        found = equivalence_test(differences, 0.1)
        assert found.method == "TOST, paired t"
        assert (found.p_value < 0.05) == (found.low > -0.1 and found.high < 0.1)


@pytest.mark.parametrize("value", [1.0, 0.25])
def test_a_true_difference_at_the_margin_is_rarely_called_equivalent(value):
    num_simulations, num_prompts, margin = 400, 112, 0.1
    draws = value * (RNG(6).random((num_simulations, num_prompts)) < margin / value)
    tests = [equivalence_test(differences, margin) for differences in draws]
    hits = sum(test.p_value < 0.05 for test in tests)
    assert is_at_most(hits, num_simulations, 0.05)


@pytest.mark.parametrize("margin", [0.0, 1.0, float("nan")])
def test_a_margin_is_a_difference_of_rates(margin):
    with pytest.raises(ValueError, match="margin"):
        equivalence_test(np.zeros(5), margin)


@pytest.mark.parametrize("values", [[], [np.nan], [[0.1]]])
def test_differences_are_finite(values):
    with pytest.raises(ValueError, match="finite"):
        sign_flip_test(np.array(values), rng=RNG(1))
