"""What several studies say together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from selfverify.statistics.pooling import pool_effects

APART = [-0.03, 0.026, 0.006, -0.001, 0.017, -0.05]
ERRORS = [0.014, 0.015, 0.013, 0.0146, 0.007, 0.012]
EFFECTS = st.lists(
    st.tuples(st.integers(-500, 500), st.integers(5, 200)), min_size=2, max_size=8
).map(lambda pairs: (np.array(pairs) / 1000).T.tolist())


def test_the_variance_between_studies_is_what_makes_their_q_its_mean():
    """Paule and Mandel 1982: the weighted sum of squares is the number of studies less one."""
    pooled = pool_effects(APART, ERRORS)
    weights = 1 / (np.square(ERRORS) + pooled.tau**2)
    q = float(weights @ (np.array(APART) - pooled.mean) ** 2)
    assert q == pytest.approx(len(APART) - 1, rel=1e-4)
    assert pooled.weights == pytest.approx(weights / weights.sum())


def test_the_interval_is_that_of_statsmodels_where_studies_are_apart():
    found = combine_effects(np.array(APART), np.square(ERRORS), method_re="iterated", use_t=True)
    row = found.summary_frame(alpha=0.05).loc["random effect wls"]
    pooled = pool_effects(APART, ERRORS)
    assert (pooled.mean, pooled.low_95, pooled.high_95) == pytest.approx(
        (row["eff"], row["ci_low"], row["ci_upp"]), rel=1e-3
    )


def test_studies_that_agree_have_no_narrower_interval_than_their_errors():
    pooled = pool_effects([0.01, 0.01, 0.01], [0.02, 0.02, 0.02])
    assert (pooled.mean, pooled.tau, pooled.i_squared) == pytest.approx((0.01, 0, 0))
    half_width = 4.3027 * 0.02 / np.sqrt(3)  # t of .975 at two degrees of freedom
    assert pooled.high_95 - pooled.mean == pytest.approx(half_width, rel=1e-4)


@given(EFFECTS)
def test_the_mean_lies_among_the_effects_and_within_its_intervals(studies):
    pooled = pool_effects(*studies)
    assert min(studies[0]) - 1e-9 <= pooled.mean <= max(studies[0]) + 1e-9
    assert pooled.low_95 < pooled.low < pooled.mean < pooled.high < pooled.high_95
    assert (pooled.p_value < 0.1) == (pooled.low > 0 or pooled.high < 0)


@given(EFFECTS)
def test_neither_order_nor_sign_matters(studies):
    effects, errors = studies
    pooled = pool_effects(effects, errors)
    turned = pool_effects([-effect for effect in effects[::-1]], errors[::-1])
    assert (turned.mean, turned.tau, turned.p_value) == pytest.approx(
        (-pooled.mean, pooled.tau, pooled.p_value), abs=1e-6
    )


@pytest.mark.parametrize(
    ("effects", "errors"), [([0.1], [0.1]), ([0.1, 0.2], [0.1, 0]), ([0.1, 0.2], [0.1])]
)
def test_one_study_and_no_error_are_no_mean(effects, errors):
    with pytest.raises(ValueError, match="at least two effects"):
        pool_effects(effects, errors)
