"""The standard normal quantile by arithmetic that rounds alike everywhere.

Only + - * /, sqrt and frexp are used. IEEE 754 fixes the result of each, so a draw made here is the
same integer on every machine and in every implementation, which `exp` and `log` from a system
library cannot promise (they differ in the last digit between processors).

Source: Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", Applied
Statistics 37:477, routine PPND16 (relative error about 1e-16).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

CENTRE_NUMERATOR: Final = (
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
)  # fmt: skip
CENTRE_DENOMINATOR: Final = (
    5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0,
)  # fmt: skip
TAIL_NUMERATOR: Final = (
    7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
    1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
    1.42343711074968357734,
)  # fmt: skip
TAIL_DENOMINATOR: Final = (
    1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
    0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187,
    1.0,
)  # fmt: skip
FAR_NUMERATOR: Final = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
    0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
    6.6579046435011037772,
)  # fmt: skip
FAR_DENOMINATOR: Final = (
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
    7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
    0.59983220655588793769, 1.0,
)  # fmt: skip
#: 1/(2k+1) for k = 10 ... 0: the series of artanh, enough for |s| <= 0.1716.
ARTANH: Final = tuple(1.0 / (2 * k + 1) for k in range(10, -1, -1))
LN2: Final = 0.6931471805599453
SQRT_HALF: Final = 0.7071067811865476


def normal_quantile(u: F64) -> F64:
    """z with Phi(z) = u, for u in (0, 1); any shape."""
    u = np.asarray(u, np.float64)
    q = u - 0.5
    central = 0.180625 - q * q
    z = q * (_horner(CENTRE_NUMERATOR, central) / _horner(CENTRE_DENOMINATOR, central))
    outside = np.abs(q) > 0.425
    if outside.any():
        tail = np.where(q[outside] < 0.0, u[outside], 1.0 - u[outside])
        r = np.sqrt(-natural_log(tail))
        near, far = r - 1.6, r - 5.0
        value = np.where(
            r <= 5.0,
            _horner(TAIL_NUMERATOR, near) / _horner(TAIL_DENOMINATOR, near),
            _horner(FAR_NUMERATOR, far) / _horner(FAR_DENOMINATOR, far),
        )
        z[outside] = np.where(q[outside] < 0.0, -value, value)
    return z


def natural_log(x: F64) -> F64:
    """ln x for positive, normal x, by the artanh series: ln m = 2 artanh((m - 1)/(m + 1))."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < SQRT_HALF
    mantissa = np.where(small, mantissa * 2.0, mantissa)
    exponent = np.where(small, exponent - 1, exponent).astype(np.float64)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    result: F64 = exponent * LN2 + 2.0 * s * _horner(ARTANH, s * s)
    return result


def _horner(coefficients: tuple[float, ...], x: F64) -> F64:
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total
