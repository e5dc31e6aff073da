"""What a consumer metric is: a name, a unit, its meaning, and how it is read off a population."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.rates.consumer_states import ConsumerStates

F64 = NDArray[np.float64]

#: What is kept tick by tick only where some metric wants it: those who take a feature up, and who
#: ever did.
Followed = Literal["starters", "ever"]


@dataclass(frozen=True)
class Space:
    """The states that metrics weigh. `activity` (J + 1, S): chance that a person in the state uses
    the feature on a day, the last row being any feature; windows in days."""

    states: ConsumerStates
    activity: F64
    month: float
    week: float

    def each(self, of: list[int]) -> F64:
        """(J + 1, S) 1 in the row of the feature that `of` (S,) names; in the last row, of any."""
        index = np.array(of, int)
        rows = [index == j for j in range(len(self.states.features))]
        return np.array([*rows, index >= 0], float)


#: Weights of states, (rows, S).
Weights = Callable[[Space], F64]


@dataclass
class Look:
    """A population as a metric sees it, by group of people."""

    space: Space
    weigh: Callable[[Weights], F64]
    """People by state times weights, summed: (rows, groups)."""
    add_leavers: Callable[[F64, float], F64]
    """Users (J + 1, groups), and those who left within a window of so many days and were there for
    its first days."""
    new: Callable[[], F64]
    """(J + 1, groups) who took a feature up, a day's mean since the last reading."""
    lapsed: Callable[[], F64]
    """And who left it."""
    ever: Callable[[], F64]
    """(J + 1, groups) who ever used it."""


@dataclass(frozen=True)
class Metric:
    """One metric of consumers.

    `measure` gives (J + 1, groups), the last row being all features together, people counted once;
    a metric of people has that row alone, (groups,).
    """

    name: str
    unit: str
    meaning: str
    measure: Callable[[Look], F64]
    weighs: tuple[Weights, ...] = ()
    """The weights that `measure` asks the look for."""
    follows: frozenset[Followed] = frozenset()
    of_people: bool = False


def weighed(name: str, unit: str, meaning: str, weights: Weights) -> Metric:
    """A metric that is people by state times weights (J + 1, S)."""
    return Metric(name, unit, meaning, lambda look: look.weigh(weights), (weights,))
