import numpy as np
import pytest
from scipy.stats import binom

from selfverify.statistics.intervals import (
    bootstrap_mean,
    clopper_pearson,
    korn_graubard,
    upper_bound,
    wilson,
)
from simulation import failures, is_nominal


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


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),  # Newcombe 1998, Statistics in Medicine 17, table I, method 3
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_matches_published_values(k, n, low, high):
    rate = wilson(k, n)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(("n", "high"), [(26, 0.109), (120, 0.025), (299, 0.01)])
def test_no_failure_of_n_bounds_the_rate_by_about_three_nths(n, high):
    bound = upper_bound(0, n)
    assert bound.high == pytest.approx(1 - 0.05 ** (1 / n)) == pytest.approx(high, rel=0.02)


def test_a_one_sided_bound_covers_its_tail():
    # 3 or fewer of 40 are seen in 5 % of studies at the bound.
    assert binom.cdf(3, 40, upper_bound(3, 40).high) == pytest.approx(0.05)


@pytest.mark.parametrize("rate", [clopper_pearson, wilson, upper_bound])
def test_no_utterances_have_no_rate(rate):
    with pytest.raises(ValueError, match="no utterance"):
        rate(0, 0)


@pytest.mark.parametrize("num_candidates", [1, 8])
def test_prompts_that_never_fail_are_bounded_as_if_each_counted_once(num_candidates):
    expected = clopper_pearson(0, 40)
    zeros = np.zeros(40, dtype=int)
    found = [
        korn_graubard(zeros, num_candidates),
        bootstrap_mean(zeros / num_candidates, rng=np.random.default_rng(1)),
    ]
    for interval in found:
        assert (interval.low, interval.high) == (0.0, pytest.approx(expected.high))


def test_prompts_that_always_fail_are_bounded_from_below():
    found = bootstrap_mean(np.ones(40), rng=np.random.default_rng(1))
    assert (found.low, found.high) == (pytest.approx(clopper_pearson(40, 40).low), 1.0)
    assert korn_graubard(np.full(40, 3), 3).low == pytest.approx(found.low)


def test_equal_differences_have_an_interval_on_both_sides():
    found = bootstrap_mean(np.zeros(10), rng=np.random.default_rng(1), bounds=(-1, 1))
    assert found.low == -found.high == pytest.approx(0.025**0.1 - 1)


def test_candidates_of_like_prompts_count_as_independent_ones_and_of_unlike_as_one():
    like = korn_graubard(np.array([1, 2] * 20), 8)
    assert like.high - like.low == pytest.approx(np.diff(_limits(60, 320))[0], rel=1e-6)
    unlike = korn_graubard(np.array([0, 8] * 20), 8)
    assert unlike.high - unlike.low == pytest.approx(np.diff(_limits(20, 40))[0], rel=0.06)


def _limits(k, n):
    rate = clopper_pearson(k, n)
    return rate.low, rate.high


def test_intervals_do_not_depend_on_the_order_of_rows():
    counts = failures(np.random.default_rng(3), 0.2, 0.3, 30, 8)
    shuffled = np.random.default_rng(4).permutation(counts)
    assert korn_graubard(counts, 8).high == pytest.approx(korn_graubard(shuffled, 8).high)
    found = [bootstrap_mean(k / 8, rng=np.random.default_rng(5)) for k in (counts, shuffled)]
    assert found[0] == found[1]


@pytest.mark.parametrize("values", [[], [0.1, np.nan], [0.2, 1.1], [[0.1]]])
def test_values_that_are_no_rates_are_refused(values):
    with pytest.raises(ValueError, match=r"value"):
        bootstrap_mean(np.array(values), rng=np.random.default_rng(1))


def test_korn_graubard_covers_rare_failures_that_cluster():
    num_simulations, mean = 400, 0.1
    rng = np.random.default_rng(6)
    found = [korn_graubard(failures(rng, mean, 0.3, 40, 8), 8) for _ in range(num_simulations)]
    assert is_nominal(sum(i.low <= mean <= i.high for i in found), num_simulations, 0.95)


def test_bootstrap_by_prompt_covers_the_mean():
    num_simulations, mean = 200, 0.2
    rng = np.random.default_rng(7)
    found = [
        bootstrap_mean(failures(rng, mean, 0.3, 60, 8) / 8, rng=rng, num_resamples=999)
        for _ in range(num_simulations)
    ]
    assert is_nominal(sum(i.low <= mean <= i.high for i in found), num_simulations, 0.95)
