"""What an incident does to people: trust that falls and comes back, and some days of extra churn.

An incident of severity x that hits a feature takes T to T (1 - tau x), everybody else's to
T (1 - spill tau x). With B the segment's own trust, T comes back as

    T(t) = B - (B - T(0)) exp(-t / tau_T)          half of the loss after tau_T ln 2

and for some days churn is multiplied by 1 + A x exp(-t / tau_a), t in whole days: A was measured on
the first day. Incidents add up: losses of trust as factors, extra churn as a sum.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.rates.fields import Fields

F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass
class Shaken:
    """What incidents have done, as of the day of the last one: shares of trust lost and extra churn
    on a day, (J, G)."""

    lost: F64
    extra: F64
    day: float = 0.0
    calm: bool = True


class Trust:
    """Trust and extra churn by feature and segment, (J, G).

    The state is kept as of the last incident, so what is written on any day is the closed form and
    gathers no rounding. In ticks of other lengths than a day extra churn is its mean over the tick,
    so that the same number of people leave.
    """

    def __init__(
        self,
        base: F64,
        *,
        loss: float,
        recovery: float,
        spill: float,
        acute: float,
        life: float,
        tick: float,
    ) -> None:
        self._loss, self._recovery, self._spill = loss, recovery, spill
        self._acute, self._life = acute, life
        self._per_tick = float(np.expm1(-tick / life) / np.expm1(-1.0 / life) / tick)
        self._base = base
        self.state = Shaken(np.zeros_like(base), np.zeros_like(base))

    def shock(self, day: float, severity: float, hit: Bool, segments: Bool) -> None:
        """An incident becomes known: features (J,) are hit in segments (G,)."""
        s = self.state
        s.lost = self._lost_on(day)
        s.extra = s.extra * np.exp(-(day - s.day) / self._life)
        s.day, s.calm = day, False
        felt = np.where(hit, 1.0, self._spill)[:, None] * segments
        kept = np.maximum(1.0 - self._loss * severity * felt, 0.0)
        s.lost = 1.0 - (1.0 - s.lost) * kept
        s.extra = s.extra + self._acute * severity * (hit[:, None] & segments)

    def on(self, day: float) -> F64:
        """Trust on a day, (J, G)."""
        trust: F64 = self._base * (1.0 - self._lost_on(day))
        return trust

    def shape(self, fields: Fields, day: float) -> None:
        """Put trust and extra churn as they are on `day` into fields."""
        if self.state.calm:
            return
        left = np.exp(-(day - self.state.day) / self._life) * self._per_tick
        fields.trust[:] = self.on(day)
        fields.acute_churn[:] = 1.0 + self.state.extra * left

    def _lost_on(self, day: float) -> F64:
        lost: F64 = self.state.lost * np.exp(-(day - self.state.day) / self._recovery)
        return lost
