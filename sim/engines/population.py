"""What engines have in common: people by state and class, moved once a tick.

Engines differ in what a count is and how a tick draws; `advance` has one meaning:
`flows[t, c]` people of class c took transition t within the tick, and `people` is what results.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines.moving import fastest_kernels
from sim.rates.table import RateTable, Transitions

Counts = NDArray[Any]
#: What moves in a population, by name: plain arrays.
Moving = Mapping[str, Counts]


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

    def moving(self) -> dict[str, Counts]:
        """What moves and does not follow from how the population was made, nor from the rest of
        it. Not copied: to be written down before the next tick."""
        return {"people": self.people}

    def resume(self, moving: Moving) -> None:
        """Go on where a population made alike was when it told what was `moving`: the same numbers
        from now on as if that one had gone on, with any number of threads.

        Raises ValueError for what no population made alike can have told.
        """
        people = told(moving, "people", self.people)
        if (people < 0).any():
            raise ValueError("a count of people cannot be negative")
        self.people[...] = people


def told(moving: Moving, name: str, like: Counts) -> Counts:
    """One array of what is moving. Raises ValueError unless it has the shape and type of `like`."""
    if name not in moving:
        raise ValueError(f"of a population, {name} must be told")
    found = moving[name]
    if found.shape != like.shape or found.dtype != like.dtype:
        raise ValueError(
            f"{name} of another population: {found.dtype} of shape {found.shape}, not "
            f"{like.dtype} of shape {like.shape}"
        )
    return found
