"""Whether a score tells what passes from what fails of the same prompt."""

import numpy as np


def ranked_right(scores: np.ndarray, fails: np.ndarray) -> np.ndarray:
    """Returns of each pool the share of its pairs of pass and fail that a score ranks right.

    It is the area under the ROC curve within the pool, the Mann-Whitney statistic: .5 is chance, a
    tie counts half. NaN where a pool has one outcome alone.

    Args:
        scores: lower is better, shape (prompts, M).
        fails: the evaluator's word, bool, shape (prompts, M).
    """
    below = scores[:, :, None] < scores[:, None, :]
    right = below + 0.5 * (scores[:, :, None] == scores[:, None, :])
    is_pair = ~fails[:, :, None] & fails[:, None, :]
    count = is_pair.sum(axis=(1, 2))
    share = np.where(is_pair, right, 0.0).sum(axis=(1, 2)) / np.maximum(count, 1)
    return np.where(count > 0, share, np.nan)
