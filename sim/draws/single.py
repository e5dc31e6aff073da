"""One binomial count, for draws that come one at a time."""

from collections.abc import Callable

import numpy as np

from sim.draws.binomial import binomial_quantile
from sim.kernels import compiler


def binomial_count(u: float, n: int, p: float) -> int:
    """See `sim.draws.binomial.binomial_quantile`: the clear version."""
    return int(binomial_quantile(np.array([u]), np.array([n]), np.array([p]))[0])


def fastest_count() -> Callable[[float, int, float], int]:
    """Compiled, or clear where there is no compiler. Same numbers."""
    if not compiler():
        return binomial_count
    from sim.draws import moves_compiled as compiled

    twin: Callable[[float, int, float], int] = compiled.binomial_count
    return twin
