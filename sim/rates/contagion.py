"""Hazards that depend on a person's own contacts, for engines that know who is tied to whom.

With explicit ties the share of active contacts is not a field but differs from person to person.
A rate table then carries, beside the hazards without peers, how each grows with what a person sees:

    hazard_t(person) = hazard[t] + slope[t] * peer[channel[t]]
    peer_k = sum over layers of weight[k, l] * g(x_kl)
    x_kl   = (n_kl + chi * sum of the other channels' n_l) / d_l

n_kl contacts on layer l are active in channel k (use feature k); d_l is the person's own number of
contacts there (`share`) or the layer's mean (`contact`: every active contact adds the same hazard,
so people with many contacts are reached sooner). g is the influence form. Whether a threshold is
reached is no matter of rounding: it is decided in whole numbers, see `sim.rates.thresholds`.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.draws.exponential import exponential
from sim.draws.normal import natural_log
from sim.rates.thresholds import contacts_needed

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class Form(IntEnum):
    """Influence forms, see `sim.rates.influence`."""

    LINEAR = 0
    SATURATING = 1
    HILL = 2
    THRESHOLD = 3


@dataclass(frozen=True)
class Response:
    """g for single people: a form and its numbers.

    saturating: a = -ln(1 - e). hill: a = h^n, b = n. threshold: a = the share needed.
    """

    form: Form = Form.LINEAR
    a: float = 0.0
    b: float = 0.0

    @classmethod
    def saturating(cls, exposure: float) -> "Response":
        return cls(Form.SATURATING, float(-np.log1p(-exposure)))

    @classmethod
    def hill(cls, half: float, power: float) -> "Response":
        return cls(Form.HILL, float(half) ** float(power), float(power))

    @classmethod
    def threshold(cls, share_needed: float) -> "Response":
        return cls(Form.THRESHOLD, float(share_needed))

    @property
    def at_most_linear(self) -> bool:
        """Is g(x) <= x everywhere? Otherwise only g <= 1 is known."""
        return self.form in (Form.LINEAR, Form.SATURATING)

    def of(self, x: F64, degree: F64) -> F64:
        """g(x) for people with `degree` contacts; same shapes, degree > 0, x >= 0. Arithmetic
        only, so that compiled code gives the same digits. A threshold is asked by `reached`."""
        match self.form:
            case Form.LINEAR:
                return x
            case Form.SATURATING:
                contacts = degree * self.a
                result: F64 = (1.0 - exponential(-(contacts * x))) / contacts
            case Form.HILL:
                raised = np.zeros_like(x)
                some = x > 0.0
                raised[some] = exponential(self.b * natural_log(x[some]))
                result = raised / (self.a + raised)
            case Form.THRESHOLD:
                raise ValueError("a threshold looks at numbers of contacts, not at a share")
        return result

    def reached(self, own: I64, others: I64, chi: tuple[int, int], degree: F64) -> F64:
        """1 for people of whose `degree` contacts enough are active, else 0: `own` in the channel
        itself and `others` in the rest, of which each counts chi, a ratio of whole numbers."""
        needed = contacts_needed(self.a, degree)
        met: F64 = (own * chi[1] + others * chi[0] >= needed * chi[1]).astype(np.float64)
        return met


LINEAR = Response()


@dataclass(frozen=True)
class Contagion:
    """How hazards grow with what people see. T transitions, C classes, K channels, L layers."""

    channel: I64
    """(T,) the channel that each transition listens to, -1 for none."""
    slope: F64
    """(T, C)"""
    weight: F64
    """(K, L, C) per day."""
    chi: float
    response: Response = LINEAR
