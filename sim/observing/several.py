"""People on several features: how many of the users of a month, and of a day, use more than one.

    in a month   sum of people with a second feature * (1 - (1 - a)^w) (1 - (1 - a2)^w), w = 28 days
    on a day     sum of people with a second feature * a a2

as a share of all monthly, or daily, users, with a and a2 the daily activity with the first and with
the second feature. Who changed from one feature to another within the month is not counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.market.actor import Row
from sim.observing.observer import Observer, View
from sim.rates.consumer_states import STAGES, ConsumerStates

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class SeveralMeter:
    """`weights` (2, states): chance that a person uses two features, in a month and on a day."""

    weights: F64

    @classmethod
    def of(cls, states: ConsumerStates, parameters: Mapping[str, float]) -> "SeveralMeter":
        """The meter for a scenario's parameters."""
        first = np.array([float(parameters[f"activity_{name}"]) for name in STAGES])
        second = float(parameters["activity_secondary"])
        window = float(parameters["month_window"])
        month = (1.0 - (1.0 - first) ** window) * (1.0 - (1.0 - second) ** window)
        weights = np.zeros((2, len(states)))
        for i, s in enumerate(states.states):
            if s.secondary >= 0:
                weights[:, i] = month[s.stage], first[s.stage] * second
        return cls(weights)

    def rows(self, people: NDArray[Any], mau: float, dau: float) -> list[Row]:
        """Rows for the market table, for people (states, classes) and all their monthly and daily
        users; none where there is but one feature."""
        if not self.weights.any():
            return []
        both = self.weights @ people.sum(axis=1)
        return [
            ("market", metric, float(count) / users if users > 0.0 else 0.0)
            for metric, count, users in zip(
                ("multi_home_mau", "multi_home_dau"), both, (mau, dau), strict=True
            )
        ]


class SeveralRows(Observer):
    """How many people use several features."""

    name = "several"
    gives = ("multi_home_mau", "multi_home_dau")

    def __init__(self, view: View) -> None:
        self._view = view
        self._meter = SeveralMeter.of(view.states, view.parameters)

    def rows(self, day: float) -> Iterable[Row]:
        return self._meter.rows(self._view.people, *self._view.market.users.anything)
