"""Social influence: how the share of active contacts becomes a hazard, g(x).

`linear` is the default; the others are options because the evidence for reinforcement is mixed
(Centola 2010 finds it for a health forum, Bakshy et al. 2012 mostly independent exposure on
Facebook). All are scaled so that g lies in [0, 1] or has slope one at zero, and the platform's
visibility stays the strength.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Influence = Callable[[F64, F64], F64]


def linear(share: F64, degree: F64) -> F64:
    """g(x) = x."""
    return share


def saturating(exposure: float) -> Influence:
    """g(x) = (1 - (1 - e)^(d x)) / (-d ln(1 - e)): each of d contacts who is active persuades with
    chance e.

    The slope at zero is one, so weak influence equals the linear form.
    """
    scale = -np.log1p(-exposure)

    def g(share: F64, degree: F64) -> F64:
        contacts = degree * scale
        result: F64 = -np.expm1(-contacts * share) / contacts
        return result

    return g


def hill(half: float, power: float) -> Influence:
    """g(x) = x^n / (h^n + x^n): sigmoid, half its height at x = h."""

    def g(share: F64, degree: F64) -> F64:
        raised = share**power
        result: F64 = raised / (half**power + raised)
        return result

    return g


def threshold(share_needed: float) -> Influence:
    """Complex contagion: g(x) = P(at least ceil(theta d) of d contacts are active), contacts
    independent.

    The binomial tail is the regularized incomplete beta function I_x(k, d - k + 1), exact for a
    well-mixed population of degree d (rounded).
    """
    from scipy.special import betainc

    def g(share: F64, degree: F64) -> F64:
        contacts = np.maximum(np.rint(degree), 1.0)
        needed = np.maximum(np.ceil(share_needed * contacts), 1.0)
        result: F64 = betainc(needed, contacts - needed + 1.0, np.clip(share, 0.0, 1.0))
        return result

    return g
