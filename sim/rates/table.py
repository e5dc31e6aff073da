"""The rate table: what every engine reads, and all an engine knows of the model.

A population is people in classes (fixed attributes) and states (what changes). A transition leads
from one state to another; the table holds its hazard per day for every class. Transitions are
sorted by their source, so that all ways out of a state lie side by side.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.rates.contagion import Contagion

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Transitions:
    """The allowed moves of a population: `source` and `target` state indices, and a name for each.

    `names` identify a transition across scenarios (keyed draws use them). Raises ValueError when
    sources are not sorted or a transition leads nowhere new.
    """

    states: tuple[str, ...]
    source: I64
    target: I64

    def __post_init__(self) -> None:
        if np.any(np.diff(self.source) < 0):
            raise ValueError("transitions must be sorted by source state")
        if np.any(self.source == self.target):
            raise ValueError("a transition must lead to another state")

    def __len__(self) -> int:
        return int(self.source.size)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(
            f"{self.states[a]} -> {self.states[b]}"
            for a, b in zip(self.source.tolist(), self.target.tolist(), strict=True)
        )

    @cached_property
    def all(self) -> I64:
        """Every transition, in order."""
        return np.arange(len(self), dtype=np.int64)

    @cached_property
    def left(self) -> I64:
        """States that have a way out, in order."""
        return np.unique(self.source)

    @cached_property
    def first(self) -> I64:
        """First transition of each state in `left`, and the number of transitions at the end."""
        starts = np.searchsorted(self.source, self.left)
        return np.append(starts, self.source.size).astype(np.int64)

    @cached_property
    def by_target(self) -> I64:
        """The order that sorts transitions by target state (stable)."""
        return np.argsort(self.target, kind="stable").astype(np.int64)

    @cached_property
    def entered(self) -> I64:
        """States that have a way in, in order."""
        return np.unique(self.target)

    @cached_property
    def first_by_target(self) -> I64:
        """As `first`, in that order and of each state in `entered`."""
        starts = np.searchsorted(self.target[self.by_target], self.entered)
        return np.append(starts, self.target.size).astype(np.int64)

    def out_of(self, per_transition: NDArray[Any]) -> NDArray[Any]:
        """Sum over the ways out of each state in `left`: (transitions, classes) -> (left,
        classes)."""
        return np.add.reduceat(per_transition, self.first[:-1], axis=0)

    def into(self, per_transition: NDArray[Any]) -> NDArray[Any]:
        """Sum over the ways into each state in `entered`."""
        ordered = np.take(per_transition, self.by_target, axis=0)
        return np.add.reduceat(ordered, self.first_by_target[:-1], axis=0)


@dataclass(frozen=True)
class RateTable:
    """Hazards per day, shape (transitions, classes), non-negative and finite.

    Many transitions share a hazard, so a table holds the distinct rows (rows, classes) and which of
    them is each transition's, `row_of` (transitions,); without `row_of` every transition has its
    own. With `contagion` hazards are those of people none of whose contacts is active.
    """

    transitions: Transitions
    distinct: F64
    contagion: Contagion | None = None
    row_of: I64 | None = None

    @property
    def rows(self) -> I64:
        """(transitions,) the row of `distinct` that is each transition's."""
        return self.transitions.all if self.row_of is None else self.row_of

    @cached_property
    def hazard(self) -> F64:
        """(transitions, classes), gathered when first asked for."""
        if self.row_of is None:
            return self.distinct
        return np.take(self.distinct, self.row_of, axis=0)

    def move_probability(self, dt: float) -> F64:
        """P(a person takes this transition within a tick of `dt` days), shape (transitions,
        classes).

        Hazards are frozen at the tick's start and a person makes one transition a tick: with the
        total hazard H, P(leave) = 1 - exp(-H dt), and the destination is j with probability h_j /
        H.
        """
        total = self.transitions.out_of(self.hazard)
        with np.errstate(invalid="ignore", divide="ignore"):
            per_hazard = np.where(total > 0.0, -np.expm1(-dt * total) / total, 0.0)
        counts = np.diff(self.transitions.first)
        probability: F64 = np.repeat(per_hazard, counts, axis=0)
        probability *= self.hazard
        return probability
