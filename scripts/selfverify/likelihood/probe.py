"""A linear probe: what of a failure can be read from a candidate's numbers by a weighted sum."""

import numpy as np
from scipy.optimize import minimize

# Of standardised features. On the development pools of one system anything from 10 to 10,000
# ranked unseen pairs alike.
PENALTY = 1000.0
NUM_FOLDS = 5


def held_out_scores(features: np.ndarray, fails: np.ndarray) -> np.ndarray:
    """Returns a score of each candidate, lower is better, by a probe that has not seen its prompt.

    A probe is fitted to tell pass from fail *within* prompts, as selection has to: logistic
    regression on the differences between a candidate that passes and one that fails, every prompt
    with both counting alike. Prompts are dealt out in turn to `NUM_FOLDS` parts, each scored by
    what was fitted on the others.

    Args:
        features: of each candidate, shape (prompts, M, F).
        fails: the evaluator's word, bool, shape (prompts, M).
    """
    centred = features - features.mean(axis=1, keepdims=True)
    fold = np.arange(len(fails)) % NUM_FOLDS
    scores = np.zeros(fails.shape)
    for number in range(NUM_FOLDS):
        seen = fold != number
        scale = centred[seen].std(axis=(0, 1))
        scaled = centred / np.where(scale > 0, scale, 1.0)
        scores[~seen] = -(scaled[~seen] @ fit(scaled[seen], fails[seen]))
    return scores


def fit(features: np.ndarray, fails: np.ndarray) -> np.ndarray:
    """Returns the weights, shape (F,), that are higher in sum for what passes.

    Args:
        features: standardised, shape (prompts, M, F).
        fails: bool, shape (prompts, M); prompts with one outcome alone teach nothing.
    """
    pairs, weights = _pairs(features, fails)

    def loss(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        margins = pairs @ coefficients
        norm = float(coefficients @ coefficients)
        value = float(weights @ np.logaddexp(0, -margins)) + PENALTY / 2 * norm
        slope = -(weights / (1 + np.exp(np.minimum(margins, 500.0)))) @ pairs
        return value, slope + PENALTY * coefficients

    return minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B").x


def _pairs(features: np.ndarray, fails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What passes less what fails, (pairs, F), and the share of its prompt that each pair is."""
    found = [
        (pool[~failed][:, None] - pool[failed][None]).reshape(-1, pool.shape[1])
        for pool, failed in zip(features, fails, strict=True)
    ]
    weights = [np.full(len(pairs), 1 / max(len(pairs), 1)) for pairs in found]
    return np.concatenate(found), np.concatenate(weights)
