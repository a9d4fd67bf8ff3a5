"""The beta-binomial distribution by its mean and its intra-class correlation.

The chances are written with rho itself (Griffiths 1973, Prentice 1986), not with the two parameters
of the beta, which are infinite at rho 0: both ends are ordinary points then.
"""

import numpy as np
from scipy.special import betaln, gammaln


def expected_power(mean: float | np.ndarray, rho: float | np.ndarray, num_drawn: int) -> np.ndarray:
    """Returns E[p**n] of beta distributed p; shapes are broadcast."""
    mean, rho = np.broadcast_arrays(np.asarray(mean, float), np.asarray(rho, float))
    inner = (rho > 1e-9) & (rho < 1) & (mean > 0) & (mean < 1)
    size = np.where(inner, 1 / np.where(inner, rho, 0.5) - 1, 1.0)
    alpha, beta = (np.where(inner, share, 0.5) * size for share in (mean, 1 - mean))
    power = np.exp(betaln(alpha + num_drawn, beta) - betaln(alpha, beta))
    return np.where(inner, power, np.where(rho < 1, mean**num_drawn, mean))


def log_chances(
    mean: float | np.ndarray, rho: float | np.ndarray, num_candidates: int
) -> np.ndarray:
    """Returns the log of the chance of k = 0 … M failures, shape (..., M + 1); 0 < mean < 1.

    C(M, k) times the products of (1 - rho) mean + j rho over j < k and (1 - rho)(1 - mean) + j rho
    over j < M - k, over that of 1 - rho + j rho over j < M; of each the factor of j = 0 is taken
    apart, since 1 - rho cancels.
    """
    mean, rho = np.asarray(mean, float)[..., None], np.asarray(rho, float)[..., None]
    steps = np.arange(1, num_candidates)
    fail, succeed = (
        np.concatenate(
            [
                np.zeros_like(share),
                np.log(share),
                np.log(share) + _log_sums(share * (1 - rho) + steps * rho),
            ],
            axis=-1,
        )
        for share in (mean, 1 - mean)
    )
    whole = _log_sums(1 - rho + steps * rho)[..., -1:]
    k = np.arange(num_candidates + 1)
    with np.errstate(divide="ignore"):
        mixed = np.where((k > 0) & (k < num_candidates), np.log(1 - rho), 0.0)
    ways = gammaln(num_candidates + 1) - gammaln(k + 1) - gammaln(num_candidates - k + 1)
    return ways + fail + succeed[..., ::-1] + mixed - whole


def _log_sums(factors: np.ndarray) -> np.ndarray:
    return np.cumsum(np.log(factors), axis=-1)
