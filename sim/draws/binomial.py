"""Binomial counts by inverse CDF, from one keyed uniform each.

The inverse of the distribution function is monotone in u and, at equal u, in p: a scenario with a
higher hazard moves at least as many people on the same draw, which is what makes paired differences
small.

Two regimes, by the smaller of the two means n p and n (1 - p):

- below `INVERSION_LIMIT` the distribution function is summed from zero: exact to rounding;
- above, the Cornish-Fisher expansion to third order with the lattice (Sheppard) correction. Against
  the exact law its total variation distance is under 5e-5 at the limit and falls with the variance.

Source of the expansion: Cornish & Fisher 1938; Abramowitz & Stegun 26.2.49; the correction is that
of the cumulants of a rounded variable, kappa_2 - 1/12.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws.normal import F64, normal_quantile

I64 = NDArray[np.int64]

INVERSION_LIMIT: Final = 24.0
#: A sum from zero stops here: beyond it lies less than 1e-30 of a distribution of mean <= 24.
LONGEST_SUM: Final = 120
#: A term this small is lost in the rounding of the sum: the far tail ends here. Every first term is
#: larger, since (1 - p)^n >= 2^-48 in this regime.
NEGLIGIBLE: Final = 1e-17
#: 1/k: a product is cheaper than a quotient in the innermost loop.
RECIPROCAL: Final = np.array([0.0, *(1.0 / k for k in range(1, LONGEST_SUM + 1))])


def binomial_quantile(u: F64, n: I64, p: F64) -> I64:
    """The smallest k with P(Binomial(n, p) <= k) >= u.

    Arrays of one shape; 0 < u < 1, n >= 0; p is clipped to [0, 1].
    """
    u, n, p = np.broadcast_arrays(
        np.asarray(u, float), np.asarray(n, np.int64), np.asarray(p, float)
    )
    p = np.clip(p, 0.0, 1.0)
    # The rarer of the two outcomes is counted; its uniform is mirrored, so the count stays monotone
    # in u.
    mirrored = p > 0.5
    rare = np.where(mirrored, 1.0 - p, p)
    level = np.where(mirrored, 1.0 - u, u)
    trials = n.astype(np.float64)
    mean = trials * rare
    count = np.zeros(n.shape, np.int64)
    small = mean < INVERSION_LIMIT
    some = small & (mean > 0.0)
    if some.any():
        count[some] = _by_inversion(level[some], n[some], rare[some])
    large = ~small
    if large.any():
        count[large] = _by_expansion(level[large], n[large], rare[large])
    return np.where(mirrored, n - count, count)


def _by_inversion(u: F64, n: I64, p: F64) -> I64:
    trials = n.astype(np.float64)
    count = np.zeros(n.shape, np.int64)
    # (1 - p)^n >= 1 - n p: most rare moves are settled without the power.
    open_ = np.flatnonzero(u > 1.0 - trials * p)
    odds = p / (1.0 - p)
    mass = np.ones_like(u)
    mass[open_] = _power(1.0 - p[open_], n[open_])
    total = mass.copy()
    open_ = open_[u[open_] > total[open_]]
    for k in range(1, LONGEST_SUM + 1):
        if not open_.size:
            break
        mass[open_] = mass[open_] * (trials[open_] - (k - 1)) * RECIPROCAL[k] * odds[open_]
        total[open_] += mass[open_]
        count[open_] = k
        more = (u[open_] > total[open_]) & (n[open_] > k) & (mass[open_] > NEGLIGIBLE)
        open_ = open_[more]
    return count


def _power(base: F64, exponent: I64) -> F64:
    """base**exponent by repeated squaring: multiplications only, so the same bits everywhere."""
    result = np.ones_like(base)
    square, left = base.copy(), exponent.copy()
    while left.any():
        odd = (left & 1) == 1
        result[odd] *= square[odd]
        square = square * square
        left = left >> 1
    return result


def _by_expansion(u: F64, n: I64, p: F64) -> I64:
    z = normal_quantile(u)
    trials = n.astype(np.float64)
    q = 1.0 - p
    variance = trials * p * q
    sd = np.sqrt(variance)
    # Divisions dominate the cost of a draw: one reciprocal serves all three cumulants.
    per_sd = 1.0 / sd
    per_variance = per_sd * per_sd
    skew = (q - p) * per_sd
    excess = (1.0 - 6.0 * p * q) * per_variance
    fifth = skew * (1.0 - 12.0 * p * q) * per_variance
    z2 = z * z
    first = skew * (z2 - 1.0) * (1.0 / 6.0)
    second = excess * z * (z2 - 3.0) * (1.0 / 24.0) - skew * skew * z * (2.0 * z2 - 5.0) * (
        1.0 / 36.0
    )
    third = (
        fifth * (z2 * z2 - 6.0 * z2 + 3.0) * (1.0 / 120.0)
        - skew * excess * (z2 * z2 - 5.0 * z2 + 2.0) * (1.0 / 24.0)
        + skew * skew * skew * (12.0 * z2 * z2 - 53.0 * z2 + 17.0) * (1.0 / 324.0)
    )
    lattice = (first * 2.0 - z) * (1.0 / 24.0) * per_variance
    value = trials * p + sd * (z + first + second + third + lattice)
    count = np.floor(value + 0.5).astype(np.int64)
    clipped: I64 = np.clip(count, 0, n)
    return clipped
