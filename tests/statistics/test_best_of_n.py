from itertools import combinations, permutations

import numpy as np
import pytest

from selfverify.statistics.best_of_n import (
    expected_failure_of_best,
    failures_of_all,
    failures_of_best,
    first_accepted,
    winner_weights,
)


def brute_force(scores, fails, num_drawn):
    """Mean over all subsets, ties shared evenly."""
    rates = []
    for subset in combinations(range(len(scores)), num_drawn):
        lowest = min(scores[i] for i in subset)
        rates.append(np.mean([fails[i] for i in subset if scores[i] == lowest]))
    return np.mean(rates)


@pytest.mark.parametrize("num_drawn", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("levels", [2, 4, 1000])
def test_best_of_n_matches_brute_force_with_and_without_ties(levels, num_drawn):
    rng = np.random.default_rng(levels)
    scores, fails = rng.integers(0, levels, (5, 6)) / 4, rng.random((5, 6)) < 0.5
    scores[0, :2] = np.inf  # candidates without a score are drawn too, and kept if all are such
    expected = [brute_force(*pool, num_drawn) for pool in zip(scores, fails, strict=True)]
    assert failures_of_best(scores, fails, num_drawn) == pytest.approx(expected)
    assert expected_failure_of_best(scores[1], fails[1], num_drawn) == pytest.approx(expected[1])


@pytest.mark.parametrize("num_drawn", [1, 2, 3, 5])
@pytest.mark.parametrize("num_accepted", [0, 1, 3, 5])
def test_stopping_at_the_first_accepted_matches_brute_force(num_accepted, num_drawn):
    rng = np.random.default_rng(num_accepted)
    accepted, fails = np.arange(5) < num_accepted, rng.random(5) < 0.5
    scores = rng.permutation(5) / 5 + ~accepted
    kept, draws = [], []
    for order in permutations(range(5)):
        stop = next((j for j in range(num_drawn) if accepted[order[j]]), num_drawn - 1)
        kept.append(fails[min(order[: stop + 1], key=lambda i: scores[i])])
        draws.append(stop + 1)
    expected = (np.mean(kept), np.mean(draws))
    assert first_accepted(scores, accepted, fails, num_drawn) == pytest.approx(expected)


@pytest.mark.parametrize("num_drawn", [1, 2, 4])
def test_chance_that_all_drawn_fail_matches_brute_force(num_drawn):
    for num_failed in range(6):
        fails = np.arange(5) < num_failed
        subsets = combinations(fails, num_drawn)
        found = failures_of_all(np.array([num_failed]), 5, num_drawn)[0]
        assert found == pytest.approx(np.mean([all(subset) for subset in subsets]))


def test_a_selector_that_is_the_evaluator_fails_only_where_all_drawn_fail():
    fails = np.random.default_rng(1).random((20, 8)) < 0.6
    for num_drawn in range(1, 9):
        best = failures_of_best(fails.astype(float), fails, num_drawn)
        assert best == pytest.approx(failures_of_all(fails.sum(axis=1), 8, num_drawn))


def test_someone_is_kept_and_more_draws_favour_the_better():
    scores = np.array([0.3, 0.1, 0.1, 0.9])
    for num_drawn, worst in ((1, 1 / 4), (2, 0.0), (4, 0.0)):
        weights = winner_weights(scores, num_drawn)
        assert weights.sum() == pytest.approx(1)
        assert weights[3] == pytest.approx(worst)
        assert weights[1] == weights[2]


@pytest.mark.parametrize("num_drawn", [0, 5])
def test_more_cannot_be_drawn_than_there_are(num_drawn):
    with pytest.raises(ValueError, match="pool of 4"):
        winner_weights(np.zeros(4), num_drawn)
    with pytest.raises(ValueError, match="pool of 4"):
        failures_of_all(np.array([1]), 4, num_drawn)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        winner_weights(np.array([0.1, np.nan]), 1)
