"""Holdout groups: what an experiment inside the run would measure.

The measured effect is the share of people who use anything among those who may be offered the
feature, less that among those held out: what a team would read off its own rollout. It is not the
effect of the feature. Through friends the feature changes what the held out do as well (they take
to other features, or to its own app), and that difference is missing from the measurement. The
effect itself is the difference between two runs with one seed, with the feature and without.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.market.actor import Row
from sim.observing.observer import Observer, View
from sim.people.world import World
from sim.rates.consumer_states import ConsumerStates

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Holdouts:
    """Reads the experiments of a run: the features that hold somebody out."""

    states: ConsumerStates
    groups: dict[str, tuple[F64, F64]]
    """By feature: classes (C,) that may be offered it, and classes held out, as 0/1."""

    @classmethod
    def of(cls, world: World, states: ConsumerStates) -> "Holdouts":
        """The experiments that the classes of a world allow."""
        groups = {}
        for j, feature in enumerate(states.features):
            held = world.held_out[j]
            if held.any():
                ramped = ~held & (world.rank_to[j] - world.rank_from[j] < 1.0)
                groups[feature] = (ramped.astype(float), held.astype(float))
        return cls(states, groups)

    def rows(self, people: NDArray[Any]) -> list[Row]:
        """Rows for the market table: among offered and held out, the share who use the feature and
        who use anything; `measured_effect` is the difference of the latter."""
        rows: list[Row] = []
        for feature, (offered, held) in self.groups.items():
            uses = self.states.uses
            users = uses[self.states.features.index(feature)] @ people
            anything = uses.any(axis=0) @ people
            everyone = people.sum(axis=0)
            any_share = {}
            for name, group in (("offered", offered), ("held_out", held)):
                size = max(float(everyone @ group), 1.0)
                any_share[name] = float(anything @ group) / size
                rows.append((feature, f"use_{name}", float(users @ group) / size))
                rows.append((feature, f"any_use_{name}", any_share[name]))
            effect = any_share["offered"] - any_share["held_out"]
            rows.append((feature, "measured_effect", effect))
        return rows


class HoldoutRows(Observer):
    """What the experiments of a run measure."""

    name = "holdout"

    def __init__(self, view: View) -> None:
        self._view, self._holdouts = view, Holdouts.of(view.world, view.states)

    def rows(self, day: float) -> Iterable[Row]:
        return self._holdouts.rows(self._view.people)
