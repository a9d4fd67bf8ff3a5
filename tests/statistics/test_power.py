import numpy as np
import pytest
from scipy.stats import ttest_1samp

from selfverify.statistics.power import (
    Design,
    difference_sd,
    power_of_equivalence,
    power_table,
    power_to_tell,
    prompts_for_equivalence,
    prompts_to_tell,
    utterances_to_tell,
)
from simulation import is_nominal

APART = Design(num_candidates=4, rho=0.3, prompt_correlation=0.0)


def simulated_pairs(rng, rates, design, shape):
    """Differences of observed rates; prompt chances are apart, or the same if the rates are."""
    size = (1 - design.rho) / design.rho
    chances = [rng.beta(rate * size, (1 - rate) * size, shape) for rate in rates]
    if design.prompt_correlation == 1:
        chances[1] = chances[0]
    counts = [rng.binomial(design.num_candidates, chance) for chance in chances]
    return (counts[0] - counts[1]) / design.num_candidates


@pytest.mark.parametrize(
    ("rates", "design"),
    [((0.3, 0.15), APART), ((0.3, 0.3), Design(4, 0.3, 1.0)), ((0.1, 0.02), Design(8, 0.5, 0.0))],
)
def test_spread_of_differences_is_that_of_simulated_pairs(rates, design):
    found = simulated_pairs(np.random.default_rng(1), rates, design, 200_000)
    assert difference_sd(*rates, design) == pytest.approx(found.std(), rel=0.02)


def test_the_prompts_needed_give_the_power_wanted():
    num_simulations, rates = 2_000, (0.3, 0.15)
    needed = prompts_to_tell(rates[0] - rates[1], difference_sd(*rates, APART))
    rng = np.random.default_rng(2)
    pairs = simulated_pairs(rng, rates, APART, (num_simulations, needed.num_prompts))
    assert is_nominal((ttest_1samp(pairs, 0, axis=1).pvalue < 0.05).sum(), num_simulations, 0.8)


def test_the_prompts_needed_show_equivalence():
    num_simulations, margin, design = 2_000, 0.1, Design(4, 0.3, 1.0)
    needed = prompts_for_equivalence(margin, difference_sd(0.3, 0.3, design))
    rng = np.random.default_rng(3)
    pairs = simulated_pairs(rng, (0.3, 0.3), design, (num_simulations, needed.num_prompts))
    above = ttest_1samp(pairs, -margin, axis=1, alternative="greater").pvalue < 0.05
    below = ttest_1samp(pairs, margin, axis=1, alternative="less").pvalue < 0.05
    assert is_nominal((above & below).sum(), num_simulations, 0.8)


def test_one_prompt_fewer_is_too_few():
    found = prompts_to_tell(0.05, 0.3)
    assert power_to_tell(0.05, 0.3, found.num_prompts) >= 0.8
    assert power_to_tell(0.05, 0.3, found.num_prompts - 1) < 0.8
    found = prompts_for_equivalence(0.05, 0.3, truth=0.01)
    assert power_of_equivalence(0.05, 0.3, found.num_prompts, 0.01) >= 0.8
    assert power_of_equivalence(0.05, 0.3, found.num_prompts - 1, 0.01) < 0.8


def test_equivalence_takes_as_many_prompts_as_none_of_which_may_differ():
    assert prompts_for_equivalence(0.05, 0.001).num_prompts == 59  # .95**59 = .0485


def test_nothing_is_planned_from_prompts_that_do_not_differ():
    assert prompts_to_tell(0.05, 0.0).num_prompts is None
    assert prompts_for_equivalence(0.05, 0.0).num_prompts is None


def test_a_difference_outside_the_margin_is_never_shown_equivalent():
    with pytest.raises(ValueError, match="margin"):
        prompts_for_equivalence(0.05, 0.3, truth=0.05)


@pytest.mark.parametrize(
    ("rates", "num"),  # of Fleiss's formula without continuity correction, by hand
    [((0.199, 0.096), 185), ((0.083, 0.013), 146), ((0.096, 0.083), 7_569)],
)
def test_independent_utterances_match_the_textbook_formula(rates, num):
    assert utterances_to_tell(*rates).num_prompts == num


def test_a_power_table_has_a_cell_for_every_case():
    designs = [Design(6, 0.35, 0.7), Design(8, 0.35, 0.7)]
    cells = power_table([(0.199, 0.096), (0.026, 0.013)], [26, 100], designs)
    assert len(cells) == 8
    # Simulated beta-binomial studies of this design, paired: 59 %; 99 % at 100 prompts of 8.
    assert cells[0].power == pytest.approx(0.59, abs=0.05)
    assert cells[3].power > 0.98


def test_power_is_a_number_however_large_the_difference():
    numbers = (26, 100, 300, 1000)
    powers = [power_to_tell(shift / n**0.5, 1.0, n) for n in numbers for shift in range(1, 30)]
    assert all(0.0 < power <= 1.0 for power in powers)
