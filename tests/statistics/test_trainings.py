"""How far trainings lie apart, beyond the chance of what they say."""

import numpy as np
import pytest
from scipy import stats

from selfverify.statistics.trainings import TrainedArm, training_spread, trainings_to_tell


def drawn(rng, spread, num_arms=400, num_trainings=3, num_candidates=680):
    """Arms whose trainings have chances about .15, `spread` apart, and as many candidates each."""
    chances = 0.15 + spread * rng.standard_normal((num_arms, num_trainings))
    rates = rng.binomial(num_candidates, chances) / num_candidates
    return [TrainedArm(tuple(row), num_candidates) for row in rates.tolist()]


def test_two_arms_by_hand():
    found = training_spread([TrainedArm((0.1, 0.2), 100), TrainedArm((0.2, 0.3, 0.4), 50)])
    assert found.degrees_of_freedom == 3
    assert found.seen**2 == pytest.approx((0.005 + 2 * 0.01) / 3)
    assert found.candidates**2 == pytest.approx((0.15 * 0.85 / 100 + 2 * 0.3 * 0.7 / 50) / 3)
    assert found.trainings**2 == pytest.approx(found.seen**2 - found.candidates**2)
    assert found.p_value == pytest.approx(stats.chi2.sf(3 * found.seen**2 / found.candidates**2, 3))


def test_what_one_policy_says_twice_is_candidates_alone(rng):
    found = training_spread(drawn(rng, spread=0))
    assert found.low < found.candidates < found.high
    assert found.p_value > 0.05


def test_the_spread_of_trainings_is_found(rng):
    found = training_spread(drawn(rng, spread=0.014))
    assert found.trainings == pytest.approx(0.014, rel=0.1)
    assert found.p_value < 1e-6


def test_one_training_tells_nothing():
    pair, single = TrainedArm((0.1, 0.13), 680), TrainedArm((0.5,), 680)
    assert training_spread([pair, single]) == training_spread([pair])
    with pytest.raises(ValueError, match="two trainings"):
        training_spread([single])


def test_so_many_trainings_tell_four_times_in_five(rng):
    spread, difference = 0.014, 0.02
    number = trainings_to_tell(difference, spread)
    arms = rng.normal(0, spread, (4000, 2, number)).mean(axis=2)
    z = (difference + arms[:, 0] - arms[:, 1]) / (spread * np.sqrt(2 / number))
    assert (z > stats.norm.isf(0.025)).mean() == pytest.approx(0.8, abs=0.05)
    assert trainings_to_tell(difference, 2 * spread) > 3 * number
    assert trainings_to_tell(difference, 0) == 1


def test_arms_that_never_fail_have_no_spread_to_speak_of():
    with pytest.raises(ValueError, match="no arm fails at some"):
        training_spread([TrainedArm((0.0, 0.0), 100)])
