"""Compiled twins of the draws, for numba.

Same arithmetic in the same order, nothing fused or reassociated: equal bit for bit to the clear
versions, which the tests check. Only importable where numba is installed. All twins live in one
file because numba's cache notices changes of the file a function stands in, not of files it calls
into.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.draws.exponential import LN2_HIGH, LN2_LOW, LOG2_E, LOWEST, SERIES
from sim.draws.normal import (
    ARTANH,
    LN2,
    SQRT_HALF,
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
def horner(coefficients: tuple[float, ...], x: float) -> float:
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
    return float(exponent) * LN2 + 2.0 * s * horner(ARTANH, s * s)


@compile_kernel
def exponential(x: float) -> float:
    """See `sim.draws.exponential`."""
    if x < LOWEST:
        return 0.0
    k = math.floor(x * LOG2_E + 0.5)
    r = (x - float(k) * LN2_HIGH) - float(k) * LN2_LOW
    return math.ldexp(horner(SERIES, r), int(k))
