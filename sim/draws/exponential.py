"""exp(x) by arithmetic that rounds alike everywhere, for hazards that decide whole people's moves.

The library's `exp` may differ in the last digit between processors and between numpy and compiled
code (see `sim.draws.normal`). Here x = k ln 2 + r with |r| <= ln 2 / 2, and exp(r) by its Taylor
series to the 13th power, whose remainder is below 1e-17 there. ln 2 in two parts after Cody & Waite
1980, "Software manual for the elementary functions". Relative error below 4e-16.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

LOG2_E: Final = 1.4426950408889634
#: ln 2: 33 leading bits, so that k times it is exact, and what is left.
LN2_HIGH: Final = 0.6931471803691238
LN2_LOW: Final = 1.9082149292705877e-10
#: 1 / 13!, ..., 1 / 1!, 1.
SERIES: Final = (
    1.6059043836821613e-10, 2.08767569878681e-09, 2.505210838544172e-08, 2.755731922398589e-07,
    2.7557319223985893e-06, 2.48015873015873e-05, 0.0001984126984126984, 0.001388888888888889,
    0.008333333333333333, 0.041666666666666664, 0.16666666666666666, 0.5, 1.0, 1.0,
)  # fmt: skip
#: Below it the result is taken as zero.
LOWEST: Final = -700.0


def exponential(x: F64) -> F64:
    """exp(x) for x < 700, any shape; zero below -700."""
    x = np.asarray(x, np.float64)
    inside = np.maximum(x, LOWEST)
    k = np.floor(inside * LOG2_E + 0.5)
    r = (inside - k * LN2_HIGH) - k * LN2_LOW
    total = np.full_like(r, SERIES[0])
    for coefficient in SERIES[1:]:
        total = total * r + coefficient
    value: F64 = np.where(x < LOWEST, 0.0, np.ldexp(total, k.astype(np.int32)))
    return value
