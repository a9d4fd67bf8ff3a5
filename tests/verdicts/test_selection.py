import numpy as np
import pytest

from selfverify.sampling.seeds import candidate_seed, settings_hash
from selfverify.selection.best_of_n import select_best_of_n, selection_score

SCORES = [0.4, 0.1, 0.1, 0.0]
PASSES = [False, True, True, True]


@pytest.mark.parametrize(("n", "kept"), [(1, 0), (2, 1), (3, 1), (4, 3)])
def test_best_of_n_looks_at_the_first_n_and_keeps_the_first_on_ties(n, kept):
    assert select_best_of_n("u", SCORES, PASSES, n).candidate_index == kept


@pytest.mark.parametrize(
    ("passes", "draws"),
    [([True] * 4, 1), ([False, False, True, True], 3), ([False] * 4, 4)],
)
def test_sequential_sampling_stops_at_the_first_pass(passes, draws):
    assert select_best_of_n("u", SCORES, passes, 4).draws == draws


def test_a_pool_that_fails_altogether_still_keeps_its_best():
    chosen = select_best_of_n("u", [1.9, 1.2, 1.5], [False] * 3, 3)
    assert (chosen.candidate_index, chosen.score) == (1, 1.2)


@pytest.mark.parametrize("n", [0, 5])
def test_n_beyond_the_pool_names_the_utterance(n):
    with pytest.raises(ValueError, match=r"hard-0007.*pool"):
        select_best_of_n("hard-0007", SCORES, PASSES, n)


def test_a_candidate_that_passes_beats_one_that_fails_with_better_words():
    scores = selection_score(np.array([0.3, 0.0]), np.array([False, True]))
    assert scores.argmin() == 0


def test_seeds_depend_on_identity_alone():
    seed = candidate_seed(1, "mini-llasa", "hard-0001", 3)
    assert seed == candidate_seed(1, "mini-llasa", "hard-0001", 3)
    others = {
        candidate_seed(2, "mini-llasa", "hard-0001", 3),
        candidate_seed(1, "mini-csm", "hard-0001", 3),
        candidate_seed(1, "mini-llasa", "hard-0002", 3),
        candidate_seed(1, "mini-llasa", "hard-0001", 4),
    }
    assert len(others | {seed}) == 5
    assert 0 <= seed < 2**63


def test_every_setting_changes_the_hash():
    assert settings_hash("a", 0.8) != settings_hash("a", 0.9)
