"""Whether enough contacts are active, decided exactly: equal to the threshold is enough.

A person with d contacts and the threshold a needs the smallest whole number k with k / d >= a. A
quotient is the floating-point number nearest to k / d, and a the one nearest to what was written,
so that 7 / 25 and `0.28`, or 2 / 3 and `2 / 3`, are the same number; a product is not: 0.28 * 25 is
above 7. Contacts in other channels count chi each, a ratio of whole numbers: those are compared.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

#: Denominator of chi at most, so that it times all contacts that anybody can have fits 64 bits.
FINEST: Final = 10**9
#: Contacts needed at most, more than anybody has.
UNREACHABLE: Final = 2.0**32


def contacts_needed(share: NDArray[np.floating] | float, degree: F64) -> I64:
    """The smallest number of contacts, 1 or more, that is the `share` or more of `degree` > 0."""
    needed = np.clip(np.ceil(share * degree), 1.0, UNREACHABLE)
    # The product is rounded, by less than 1: the quotients beside it decide.
    needed -= (needed > 1.0) & ((needed - 1.0) / degree >= share)
    needed += needed / degree < share
    return needed.astype(np.int64)


@lru_cache(maxsize=64)
def as_ratio(number: float) -> tuple[int, int]:
    """Numerator and denominator of a number as it is written: 0.1 is 1 / 10. To nine digits."""
    ratio = Fraction(repr(float(number))).limit_denominator(FINEST)
    return ratio.numerator, ratio.denominator
