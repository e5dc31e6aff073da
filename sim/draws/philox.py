"""Philox4x32-10: the counter-based generator behind every random number of the product.

A counter-based generator is a pure function of (key, counter): there is no state to advance, so a
draw does not depend on what was drawn before it, on threads, on chunks or on the other actors.

Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC11). The
constants and the known-answer vectors in the tests are the published ones (Random123,
`kat_vectors`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
Word = U64 | np.uint64

MULTIPLIER: Final = (0xD2511F53, 0xCD9E8D57)
WEYL: Final = (0x9E3779B9, 0xBB67AE85)
ROUNDS: Final = 10
_MASK: Final = np.uint64(0xFFFFFFFF)
_WORD: Final = np.uint64(32)


def philox4x32(
    counter: tuple[Word, Word, Word, Word], key: tuple[int, int]
) -> tuple[U64, U64, U64, U64]:
    """Return the four 32-bit words of each counter's block, as uint64 arrays.

    `counter` holds four arrays or numbers that broadcast together, each of 32 bits in uint64; `key`
    two 32-bit integers. Products of two 32-bit words are exact in 64 bits, hence the wider arrays.
    """
    c0, c1, c2, c3 = (np.array(word, np.uint64) for word in np.broadcast_arrays(*counter))
    m0, m1 = (np.uint64(m) for m in MULTIPLIER)
    k0, k1 = key
    low = np.empty_like(c0)
    for _ in range(ROUNDS):
        np.multiply(c0, m0, out=c0)
        np.multiply(c2, m1, out=c2)
        # (hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0), written in place: four buffers and one spare.
        np.right_shift(c2, _WORD, out=low)
        np.bitwise_xor(c1, low, out=c1)
        np.bitwise_xor(c1, np.uint64(k0), out=c1)
        np.right_shift(c0, _WORD, out=low)
        np.bitwise_xor(c3, low, out=c3)
        np.bitwise_xor(c3, np.uint64(k1), out=c3)
        np.bitwise_and(c2, _MASK, out=c2)
        np.bitwise_and(c0, _MASK, out=c0)
        c0, c1, c2, c3 = c1, c2, c3, c0
        k0 = (k0 + WEYL[0]) & 0xFFFFFFFF
        k1 = (k1 + WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3
