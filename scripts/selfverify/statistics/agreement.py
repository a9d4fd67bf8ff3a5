"""Agreement of two raters."""

import numpy as np


def cohens_kappa(counts: np.ndarray) -> float:
    """Returns agreement beyond chance, (p_o - p_e) / (1 - p_e); NaN where chance alone is 1.

    Source: Cohen 1960. It depends on how common the labels are: at equal accuracy rare ones give a
    lower kappa (Feinstein and Cicchetti 1990).

    Args:
        counts: items by the label of one rater (rows) and of the other (columns), shape (L, L).
    """
    shares = counts / counts.sum()
    by_chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    if by_chance == 1.0:
        return float("nan")
    return (float(np.trace(shares)) - by_chance) / (1.0 - by_chance)
