"""What engines have in common: people by state and class, moved once a tick.

Engines differ in what a count is and how a tick draws; `advance` has one meaning:
`flows[t, c]` people of class c took transition t within the tick, and `people` is what results.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines.moving import fastest_kernels
from sim.rates.table import RateTable, Transitions

Counts = NDArray[Any]


class Population(ABC):
    """People of one kind held as counts, shape (states, classes)."""

    def __init__(self, transitions: Transitions, people: Counts) -> None:
        if people.shape[0] != len(transitions.states):
            raise ValueError(
                f"people have {people.shape[0]} states, the model has {len(transitions.states)}"
            )
        if np.any(people < 0):
            raise ValueError("a count of people cannot be negative")
        self.transitions = transitions
        self.people = people

    @abstractmethod
    def advance(self, table: RateTable, dt: float, tick: int) -> Counts:
        """Move people for one tick of `dt` days; return the flows, shape (transitions, classes).

        The flows stand until the next tick, which may write its own in their place.
        """

    def settle(self, flows: Counts) -> None:
        """Bring the counts up to date with flows (transitions, classes)."""
        fastest_kernels().settle(self.transitions, flows, self.people)
