"""Compiled twins of the draws, for numba.

Same arithmetic in the same order, nothing fused or reassociated: equal bit for bit to the clear
versions, which the tests check. Only importable where numba is installed. All twins live in one
file because numba's cache notices changes of the file a function stands in, not of files it calls
into.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.draws.binomial import INVERSION_LIMIT, LONGEST_SUM, NEGLIGIBLE, RECIPROCAL
from sim.draws.exponential import LN2_HIGH, LN2_LOW, LOG2_E, LOWEST, SERIES
from sim.draws.normal import (
    ARTANH,
    CENTRE_DENOMINATOR,
    CENTRE_NUMERATOR,
    FAR_DENOMINATOR,
    FAR_NUMERATOR,
    LN2,
    SQRT_HALF,
    TAIL_DENOMINATOR,
    TAIL_NUMERATOR,
)
from sim.draws.philox import MULTIPLIER, ROUNDS, WEYL
from sim.kernels import compile_kernel, inline_kernel

M0, M1 = (np.uint64(m) for m in MULTIPLIER)
W0, W1 = (np.uint64(w) for w in WEYL)
WORD, MASK = np.uint64(32), np.uint64(0xFFFFFFFF)
SHIFT_UP, SHIFT_DOWN = np.uint64(21), np.uint64(11)
TO_UNIT, BELOW_ONE = 2.0**-53, 1.0 - 2.0**-53
#: Of a 64-bit float: its fraction, the sign and exponent of numbers from 1/2 to 1, and shifts.
FRACTION, HALF = np.int64(0x000FFFFFFFFFFFFF), np.int64(0x3FE0000000000000)
FRACTION_BITS, HALF_EXPONENT, ONE = np.int64(52), np.int64(1022), np.int64(1)


@inline_kernel
def philox_block(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """One block of four 32-bit words in uint64 (see `sim.draws.philox`).

    For kernels of other modules too: whoever edits it has to clear their caches.
    """
    # Masks that change nothing tell the compiler that factors have 32 bits, and written into a
    # kernel's loop it then works on eight blocks at once, ten times as fast.
    k0, k1 = k0 & MASK, k1 & MASK
    for _ in range(ROUNDS):
        p0 = M0 * (c0 & MASK)
        p1 = M1 * (c2 & MASK)
        c0, c1, c2, c3 = (p1 >> WORD) ^ c1 ^ k0, p1 & MASK, (p0 >> WORD) ^ c3 ^ k1, p0 & MASK
        k0 = (k0 + W0) & MASK
        k1 = (k1 + W1) & MASK
    return c0, c1, c2, c3


@inline_kernel
def unit(high: np.uint64, low: np.uint64) -> float:
    """Two words as a uniform in (0, 1), as `sim.draws.keyed` makes it."""
    bits = (high << SHIFT_UP) | (low >> SHIFT_DOWN)
    return min((float(bits) + 0.5) * TO_UNIT, BELOW_ONE)


@compile_kernel
def unit_pairs(
    low: NDArray[np.uint64],
    high: NDArray[np.uint64],
    block: np.uint64,
    purpose: np.uint64,
    key0: np.uint64,
    key1: np.uint64,
    even: NDArray[np.float64],
    odd: NDArray[np.float64],
) -> None:
    """The two uniforms of every entity's block (see `sim.draws.keyed`), flat arrays of one
    length."""
    for i in range(low.size):
        w0, w1, w2, w3 = philox_block(low[i], high[i], block, purpose, key0, key1)
        even[i] = unit(w0, w1)
        odd[i] = unit(w2, w3)


@inline_kernel
def _horner(coefficients: tuple[float, ...], x: float) -> float:
    total = coefficients[0]
    for i in range(1, len(coefficients)):
        total = total * x + coefficients[i]
    return total


@inline_kernel
def natural_log(x: float) -> float:
    """See `sim.draws.normal`; x of at least 2**-1022, whose bits are taken apart in place of a call
    of frexp, so that a loop can be vectorized."""
    bits = np.float64(x).view(np.int64)
    mantissa = np.int64((bits & FRACTION) | HALF).view(np.float64)
    exponent = (bits >> FRACTION_BITS) - HALF_EXPONENT
    low = mantissa < SQRT_HALF
    mantissa = mantissa * 2.0 if low else mantissa
    exponent = exponent - ONE if low else exponent
    s = (mantissa - 1.0) / (mantissa + 1.0)
    return float(exponent) * LN2 + 2.0 * s * _horner(ARTANH, s * s)


@compile_kernel
def exponential(x: float) -> float:
    """See `sim.draws.exponential`."""
    if x < LOWEST:
        return 0.0
    k = math.floor(x * LOG2_E + 0.5)
    r = (x - float(k) * LN2_HIGH) - float(k) * LN2_LOW
    return math.ldexp(_horner(SERIES, r), int(k))


@compile_kernel
def _normal_quantile(u: float) -> float:
    q = u - 0.5
    if abs(q) <= 0.425:
        central = 0.180625 - q * q
        return q * (_horner(CENTRE_NUMERATOR, central) / _horner(CENTRE_DENOMINATOR, central))
    tail = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-natural_log(tail))
    if r <= 5.0:
        value = _horner(TAIL_NUMERATOR, r - 1.6) / _horner(TAIL_DENOMINATOR, r - 1.6)
    else:
        value = _horner(FAR_NUMERATOR, r - 5.0) / _horner(FAR_DENOMINATOR, r - 5.0)
    return -value if q < 0.0 else value


@compile_kernel
def _by_inversion(u: float, n: int, p: float) -> int:
    trials = float(n)
    if u <= 1.0 - trials * p:
        return 0
    mass, square, left = 1.0, 1.0 - p, n
    while left > 0:
        # A select, not a branch: the bits of n are as good as random to a branch predictor.
        mass *= square if left & 1 else 1.0
        square = square * square
        left = left >> 1
    odds = p / (1.0 - p)
    total = mass
    count = 0
    while u > total and count < n and count < LONGEST_SUM and mass > NEGLIGIBLE:
        mass = mass * (trials - float(count)) * RECIPROCAL[count + 1] * odds
        total += mass
        count += 1
    return count


@compile_kernel
def _by_expansion(u: float, n: int, p: float) -> int:
    z = _normal_quantile(u)
    trials = float(n)
    q = 1.0 - p
    variance = trials * p * q
    sd = math.sqrt(variance)
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
    count = math.floor(value + 0.5)
    return min(max(count, 0), n)


@compile_kernel
def _binomial_quantile(u: float, n: int, p: float) -> int:
    if p <= 0.0 or n == 0:
        return 0
    if p >= 1.0:
        return n
    mirrored = p > 0.5
    rare = 1.0 - p if mirrored else p
    level = 1.0 - u if mirrored else u
    if float(n) * rare < INVERSION_LIMIT:
        count = _by_inversion(level, n, rare)
    else:
        count = _by_expansion(level, n, rare)
    return n - count if mirrored else count


@compile_kernel
def multinomial_moves(
    people: NDArray[np.int64],
    probability: NDArray[np.float64],
    uniforms: NDArray[np.float64],
    first: NDArray[np.int64],
    flows: NDArray[np.int64],
) -> None:
    """See `sim.draws.multinomial`."""
    states, classes = people.shape
    staying = np.empty(classes, np.int64)
    left_over = np.empty(classes, np.float64)
    for s in range(states):
        for c in range(classes):
            staying[c] = people[s, c]
            left_over[c] = 1.0
        for t in range(first[s], first[s + 1]):
            for c in range(classes):
                p = probability[t, c]
                if p > 0.0 and staying[c] > 0:
                    conditional = p / left_over[c] if left_over[c] > p else 1.0
                    drawn = _binomial_quantile(uniforms[t, c], staying[c], conditional)
                    flows[t, c] = drawn
                    staying[c] -= drawn
                left_over[c] -= p
