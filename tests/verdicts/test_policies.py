"""Policies live and in expectation are one: simulated over all orders they agree exactly."""

from dataclasses import astuple
from itertools import permutations
from math import isnan

import numpy as np
import pytest

from selfverify.selection.early_abort import AbortRules, cycle_end_s, over_long_s
from selfverify.selection.policies import POLICIES, BestOfN, oracle_recovery
from selfverify.selection.verifiers import VERIFIERS, GreyZone, RankAverage

RULES = AbortRules()


@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_the_expectation_is_the_mean_over_all_orders_of_the_live_policy(verifier, name, n, seed):
    rng = np.random.default_rng(seed)
    all_refused = [1.5, 1.2, 2.0, 1.1, 3.0]
    first = rng.permutation([0.0, 0.04, 0.3, 1.2, 1.9] if seed else all_refused)
    second = rng.permutation([0.0, 0.04, 0.3, 0.3, 1.9])
    scores = np.stack([first, second], axis=1)
    fails, durations = rng.random(5) < 0.5, rng.random(5) * 9
    policy = POLICIES[name](n, VERIFIERS[verifier]())
    outcomes = []
    for order in permutations(range(5)):
        drawn: list[int] = []
        while policy.goes_on(scores[drawn]):
            drawn.append(order[len(drawn)])
        kept = drawn[policy.keep(scores[drawn])]
        asked = policy.verifier.asks_second(first[drawn])
        outcomes.append((fails[kept], len(drawn), durations[drawn].sum(), asked.sum()))
    assert astuple(policy.expect(scores, fails, durations)) == pytest.approx(
        np.mean(outcomes, axis=0)
    )


def test_the_second_family_is_asked_about_what_is_accepted_with_doubt():
    first = np.array([0.0, 0.05, 0.06, 0.5, 1.0, 1.6])
    assert GreyZone().asks_second(first).tolist() == [False, False, True, True, False, False]
    table = np.stack([first, np.array([1.9, np.nan, 1.2, 0.1, np.nan, 0.0])], axis=1)
    assert GreyZone().judge(table).tolist() == [0.0, 0.05, 1.2, 0.5, 1.0, 1.6]


def test_two_families_keep_the_lowest_mean_rank_of_what_both_accept():
    table = np.array([[0.0, 0.4], [0.1, 0.0], [0.2, 0.1], [0.3, 1.1]])
    assert RankAverage().lowest(table).tolist() == [1]
    assert BestOfN(4, RankAverage()).keep(table) == 1
    assert RankAverage().lowest(table[[0, 3]]).tolist() == [0]
    assert RankAverage().judge(table).tolist() == [0.4, 0.1, 0.2, 1.1]


def test_best_of_n_draws_all_and_others_stop():
    assert BestOfN(3).goes_on([0.0, 0.0])
    assert not POLICIES["accepted"](3).goes_on([0.9])
    assert POLICIES["good"](3).goes_on([0.9])
    assert not POLICIES["good"](3).goes_on([0.9, 0.05])


def test_a_policy_draws_at_least_one():
    with pytest.raises(ValueError, match="at least one"):
        BestOfN(0)


def test_oracle_recovery_is_the_share_of_what_can_be_gained():
    assert oracle_recovery(0.4, 0.2, 0.0) == pytest.approx(0.5)
    assert isnan(oracle_recovery(0.4, 0.4, 0.4))


@pytest.mark.parametrize("period", [1, 7, 25])
def test_a_cycle_is_found_where_it_has_gone_on_long_enough(period):
    rng = np.random.default_rng(0)
    speech = rng.integers(0, 1000, (2, 100))
    loop = np.tile(rng.integers(0, 1000, (2, period)), (1, 200 // period))
    end_s = cycle_end_s(np.concatenate([speech, loop], axis=1), 50.0, RULES)
    assert end_s == pytest.approx(2.0 + max(1.0, 3 * period / 50), abs=0.05)


def test_codes_with_one_exception_a_period_are_no_cycle():
    rng = np.random.default_rng(0)
    codes = np.tile(rng.integers(0, 1000, (1, 10)), (1, 20))
    codes[0, ::10] = np.arange(20) + 2000
    assert cycle_end_s(codes, 50.0, RULES) is None


@pytest.mark.parametrize("num_frames", [0, 1, 3])
def test_hardly_any_frames_are_no_cycle(num_frames):
    assert cycle_end_s(np.zeros((1, num_frames), int), 50.0, RULES) is None


def test_over_long_is_never_beyond_the_cap():
    assert over_long_s(2.0, 12.0, RULES) == 5.0
    assert over_long_s(9.0, 12.0, RULES) == 12.0
