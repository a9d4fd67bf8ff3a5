"""Screening: of several draws only the one that the system was least unsure of is heard.

A policy decides on what is heard as it does on draws.
"""

from collections.abc import Iterator

import numpy as np


def heard_of(
    unsure: np.ndarray, draws_per_hearing: int, num_orders: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yields which candidates of a pool are heard, indices of shape (M // draws_per_hearing,).

    A pool in random order is cut into parts, of each of which the least unsure one is heard. Parts
    are exchangeable, so that a policy's expectation on one pool of them is exact, and the mean over
    orders converges to that over all.

    Args:
        unsure: of each candidate how unsure its system was, (M,).
        draws_per_hearing: candidates of a part; what is left over is in none.
        num_orders: how many random orders; one is enough where no part is a choice.
        rng: of the orders.
    """
    num_parts = len(unsure) // draws_per_hearing
    if draws_per_hearing in (1, len(unsure)):
        num_orders = 1
    for _ in range(num_orders):
        order = rng.permutation(len(unsure))[: num_parts * draws_per_hearing]
        parts = order.reshape(num_parts, draws_per_hearing)
        yield parts[np.arange(num_parts), unsure[parts].argmin(axis=1)]
