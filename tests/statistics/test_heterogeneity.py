import numpy as np
import pytest
from scipy import optimize, stats

from selfverify.statistics.beta_binomial import expected_power, log_chances
from selfverify.statistics.heterogeneity import (
    draws_needed,
    fit_beta_binomial,
    never_pass,
    predicted_failure,
)
from simulation import failures, is_nominal


@pytest.mark.parametrize(("mean", "rho"), [(0.2, 0.3), (0.03, 0.01), (0.7, 0.9)])
def test_chances_are_those_of_the_beta_binomial_distribution(mean, rho):
    size = (1 - rho) / rho
    expected = stats.betabinom.pmf(np.arange(9), 8, mean * size, (1 - mean) * size)
    assert np.exp(log_chances(mean, rho, 8)) == pytest.approx(expected)


def test_both_ends_of_the_correlation_are_ordinary_points():
    binomial = stats.binom.pmf(np.arange(9), 8, 0.2)
    assert np.exp(log_chances(0.2, 0.0, 8)) == pytest.approx(binomial)
    assert np.exp(log_chances(0.2, 1.0, 8)) == pytest.approx([0.8, *[0] * 7, 0.2])


def test_powers_are_the_moments_of_the_beta_distribution():
    for num_drawn in (1, 2, 7):
        expected = stats.beta(0.6, 1.4).moment(num_drawn)
        assert expected_power(0.3, 1 / 3, num_drawn) == pytest.approx(expected)
    assert expected_power(0.3, np.array([0, 1]), 4) == pytest.approx([0.3**4, 0.3])


def test_fit_has_the_greatest_likelihood_of_scipys_distribution():
    counts = failures(np.random.default_rng(1), 0.25, 0.4, 50, 8)
    fit = fit_beta_binomial(counts, 8)
    found = optimize.minimize(
        lambda logs: -stats.betabinom.logpmf(counts, 8, *np.exp(logs)).sum(), [0.0, 0.0]
    )
    alpha, beta = np.exp(found.x)
    assert fit.mean == pytest.approx(alpha / (alpha + beta), abs=1e-4)
    assert fit.rho == pytest.approx(1 / (alpha + beta + 1), abs=1e-4)


def test_a_large_study_finds_its_own_parameters():
    fit = fit_beta_binomial(failures(np.random.default_rng(2), 0.15, 0.35, 5_000, 8), 8)
    assert fit.mean == pytest.approx(0.15, abs=0.01)
    assert fit.rho_low < 0.35 < fit.rho_high
    assert fit.rho_high - fit.rho_low < 0.06
    assert predicted_failure(fit, 16).mean == pytest.approx(expected_power(0.15, 0.35, 16), rel=0.2)


def test_predictions_cover_the_truth():
    num_simulations, mean, rho, draws = 150, 0.2, 0.35, (2, 8)
    rng = np.random.default_rng(3)
    hits = dict.fromkeys(draws, 0)
    for _ in range(num_simulations):
        fit = fit_beta_binomial(failures(rng, mean, rho, 60, 8), 8)
        for num_drawn in draws:
            found, truth = predicted_failure(fit, num_drawn), expected_power(mean, rho, num_drawn)
            hits[num_drawn] += int(found.low <= truth <= found.high)
    for num_drawn in draws:
        assert is_nominal(hits[num_drawn], num_simulations, 0.95)


def test_without_failures_the_bound_is_exact_and_nothing_is_said_of_correlation():
    fit = fit_beta_binomial(np.zeros(40, dtype=int), 8)
    assert (fit.rho, fit.rho_low, fit.rho_high, fit.boundary) == (None, 0.0, 1.0, "no failure")
    for num_drawn in (1, 4):
        found = predicted_failure(fit, num_drawn)
        assert (found.mean, found.low) == (0.0, 0.0)
        assert found.high == pytest.approx(1 - 0.025 ** (1 / 40))
    needed = draws_needed(fit)
    assert (needed.num_drawn, needed.low, needed.high) == (1, 1, None)


def test_without_a_pass_more_draws_are_no_help_that_was_seen():
    fit = fit_beta_binomial(np.full(40, 8), 8)
    assert (fit.rho, fit.boundary) == (None, "no pass")
    found = [predicted_failure(fit, n) for n in (8, 16)]
    assert [f.mean for f in found] == [1.0, 1.0]
    assert [f.low for f in found] == pytest.approx([0.025 ** (1 / 40), 0.025 ** (2 / 40)])
    assert draws_needed(fit).num_drawn is None


def test_prompts_that_never_vary_are_all_correlation():
    fit = fit_beta_binomial(np.array([0, 8] * 20), 8)
    assert (fit.mean, fit.rho, fit.boundary) == (0.5, 1.0, "no prompt varies")
    assert predicted_failure(fit, 100).mean == 0.5


def test_failures_spread_thin_have_no_correlation_but_do_not_exclude_it():
    fit = fit_beta_binomial(np.array([1] * 3 + [0] * 37), 8)
    assert (fit.rho, fit.rho_low, fit.boundary) == (0.0, 0.0, "no overdispersion")
    found = predicted_failure(fit, 4)
    assert found.mean == pytest.approx((3 / 320) ** 4)
    assert found.high > 1e-3  # a bootstrap of these rows would stop near (8 / 320)**4 = 4e-7
    assert draws_needed(fit).num_drawn == 1


def test_draws_needed_are_the_first_at_the_target():
    fit = fit_beta_binomial(failures(np.random.default_rng(4), 0.2, 0.2, 60, 8), 8)
    needed = draws_needed(fit, target=0.02)
    assert predicted_failure(fit, needed.num_drawn).mean <= 0.02
    assert predicted_failure(fit, needed.num_drawn - 1).mean > 0.02
    assert needed.low < needed.num_drawn < needed.high


@pytest.mark.parametrize(
    ("counts", "num_candidates"), [([3], 8), ([0, 1], 1), ([0, 9], 8), ([-1, 2], 8)]
)
def test_what_cannot_be_fitted_is_refused(counts, num_candidates):
    with pytest.raises(ValueError, match=r"at least two|not within"):
        fit_beta_binomial(np.array(counts), num_candidates)


def test_prompts_that_never_pass_are_named_and_bounded():
    found = never_pass(["b", "a", "c"], np.array([8, 8, 7]), 8)
    assert found.utterance_ids == ("a", "b")
    assert (found.share.k, found.share.n) == (2, 3)
    assert found.chance_low**8 == pytest.approx(0.05)
