"""Social influence: how the share of active contacts becomes a hazard, g(x).

`Linear` is the default; the others are options because the evidence for reinforcement is mixed
(Centola 2010 finds it for a health forum, Bakshy et al. 2012 mostly independent exposure on
Facebook). All are scaled so that g lies in [0, 1] or has slope one at zero, and the platform's
visibility stays the strength. A form is called with shares and the mean number of contacts, arrays
that broadcast.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.rates.thresholds import contacts_needed

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """g(x) = x."""

    def __call__(self, share: F64, degree: F64) -> F64:
        return share


@dataclass(frozen=True)
class Saturating:
    """g(x) = (1 - (1 - e)^(d x)) / (-d ln(1 - e)): each of d contacts who is active persuades with
    chance e.

    The slope at zero is one, so weak influence equals the linear form.
    """

    exposure: float

    def __call__(self, share: F64, degree: F64) -> F64:
        contacts = degree * -np.log1p(-self.exposure)
        result: F64 = -np.expm1(-contacts * share) / contacts
        return result


@dataclass(frozen=True)
class Hill:
    """g(x) = x^n / (h^n + x^n): sigmoid, half its height at x = h."""

    half: float
    power: float

    def __call__(self, share: F64, degree: F64) -> F64:
        raised = share**self.power
        result: F64 = raised / (self.half**self.power + raised)
        return result


@dataclass(frozen=True)
class Threshold:
    """Complex contagion: g(x) = P(at least the share theta of d contacts is active), contacts
    independent; how many those are, `sim.rates.thresholds` says.

    The binomial tail is the regularized incomplete beta function I_x(k, d - k + 1), exact for a
    well-mixed population of degree d (rounded).
    """

    needed: float

    def __call__(self, share: F64, degree: F64) -> F64:
        from scipy.special import betainc

        contacts = np.maximum(np.rint(degree), 1.0)
        needed = contacts_needed(self.needed, contacts).astype(np.float64)
        result: F64 = betainc(needed, contacts - needed + 1.0, np.clip(share, 0.0, 1.0))
        return result


Influence = Linear | Saturating | Hill | Threshold
