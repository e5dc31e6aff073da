"""Hazards of developers: who builds on which model family.

States: building on nothing, on one family, on two families at once. With the attractiveness w_f of
family f (access times the exponential of its utility; zero where outsiders cannot build) and P(f) =
w_f / sum of w,

    none -> f        (p + q * share of developers who build) P(f)     Bass entry, choice by logit
    f -> g           reconsider * P(g)                                 slow reconsideration
    f -> f + g       multi_home * P(g)
    f + g -> f       drop * w_f / (w_f + w_g)
    f -> none        leave

    U_f = b_q q + b_u customise + b_r ln(1 + reachable MAU / 1e8) + b_v ln(1 + derivatives / 1e3)
          - b_c ln(cost) - b_l licence friction

Where the engine knows who follows whom, q is times the share of those a developer follows who build
on anything, in place of the share of all; one who follows nobody starts by itself only. Whoever
starts chooses as anybody would. The two laws meet as developers follow more and more others at
random.

Parameters are rates a year (reconsideration a day); the table holds rates per day. Cost in USD a
month for a developer's tokens.
"""

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.rates.contagion import Contagion
from sim.rates.table import RateTable, Transitions
from sim.units import DAYS_PER_YEAR

F64 = NDArray[np.float64]


class DeveloperStates:
    """States over `families` (lab ids): none, each alone, each pair."""

    def __init__(self, families: tuple[str, ...]) -> None:
        self.families = families
        numbers = range(len(families))
        self.pairs = tuple(combinations(numbers, 2))
        names = ["none", *families, *(f"{families[f]}+{families[g]}" for f, g in self.pairs)]
        pair_state = {pair: 1 + len(families) + i for i, pair in enumerate(self.pairs)}
        steps: list[tuple[int, int, str, int, int]] = [(0, 1 + f, "enter", -1, f) for f in numbers]
        for f in numbers:
            others = [g for g in numbers if g != f]
            steps += [(1 + f, 1 + g, "change", f, g) for g in others]
            steps += [(1 + f, pair_state[(min(f, g), max(f, g))], "add", f, g) for g in others]
            steps.append((1 + f, 0, "leave", f, -1))
        for (f, g), state in pair_state.items():
            steps += [(state, 1 + f, "drop", f, g), (state, 1 + g, "drop", g, f)]
        self.steps = tuple(steps)
        self.transitions = Transitions(
            states=tuple(names),
            source=np.array([s[0] for s in steps], np.int64),
            target=np.array([s[1] for s in steps], np.int64),
        )
        self.builds = np.zeros((len(families), len(names)), bool)
        for f in numbers:
            self.builds[f, 1 + f] = True
        for (f, g), state in pair_state.items():
            self.builds[[f, g], state] = True
        #: (1, states): who builds on anything, which followers see.
        self.seen = np.array([[name != "none" for name in names]])

    def __len__(self) -> int:
        return len(self.transitions.states)

    def start(self, building: Mapping[str, float], multi_home: float, people: float) -> F64:
        """Developers by state (states,) from shares of builders by family (which may sum to more
        than 1 with multi-homing: they are read as proportions), the share who build on two, and how
        many build.

        Pairs form in proportion to the product of the families' sizes.
        """
        weight = np.array([building.get(f, 0.0) for f in self.families])
        counts = np.zeros(len(self))
        if people <= 0.0 or weight.sum() <= 0.0:
            return counts
        weight = weight / weight.sum()
        pair = np.array([weight[f] * weight[g] for f, g in self.pairs])
        share = multi_home if pair.sum() > 0.0 else 0.0
        counts[1 : 1 + weight.size] = weight * people * (1.0 - share)
        if pair.size and share > 0.0:
            counts[1 + weight.size :] = pair / pair.sum() * people * share
        return counts


def family_utility(
    parameters: Mapping[str, float],
    *,
    quality: float,
    customise: float,
    reachable: float,
    derivatives: float,
    cost: float,
    friction: float,
) -> float:
    """U of one offer; quality in frontier-months, reachable in people, cost in USD a
    month."""
    p = parameters
    perceived = -math.expm1(-quality / p["q_saturation"])
    return float(
        p["dev_b_quality"] * perceived
        + p["dev_b_customise"] * customise
        + p["dev_b_reach"] * math.log1p(reachable / 1e8)
        + p["dev_b_variety"] * math.log1p(derivatives / 1e3)
        - p["dev_b_cost"] * math.log(cost)
        - p["dev_b_licence"] * friction
    )


class DeveloperHazards:
    """Computes the developers' rate table once a tick."""

    def __init__(self, states: DeveloperStates, parameters: Mapping[str, float]) -> None:
        self.states = states
        self._parameters = parameters
        kinds = [s[2] for s in states.steps]
        #: Of each kind of step: which they are, and the families they come from and go to.
        self._kind = {
            kind: tuple(
                np.array(column, np.int64)
                for column in zip(
                    *((i, s[3], s[4]) for i, s in enumerate(states.steps) if s[2] == kind),
                    strict=True,
                )
            )
            for kind in set(kinds)
        }

    def table(self, attractiveness: F64, people: NDArray[Any], *, tied: bool = False) -> RateTable:
        """The table for attractiveness w (families,) and developers (states, classes).

        With `tied` the engine knows who follows whom: what others add to entry is left to it, as
        the table's `contagion`, whose one channel is building on anything.
        """
        rate = self._rates()
        total = attractiveness.sum()
        chance = attractiveness / total if total > 0.0 else np.zeros_like(attractiveness)
        everyone = people.sum(axis=0).astype(float)
        building = 1.0 - people[0] / np.maximum(everyone, 1.0)
        hazard = np.zeros((len(self.states.steps), people.shape[1]))
        entry = rate["dev_p"] + (0.0 if tied else rate["dev_q"] * building)
        for kind, pace in (
            ("enter", entry),
            ("change", rate["dev_reconsider"]),
            ("add", rate["dev_multi_home"]),
        ):
            if kind in self._kind:
                steps, _, to = self._kind[kind]
                hazard[steps] = pace * chance[to, None]
        if "leave" in self._kind:
            hazard[self._kind["leave"][0]] = rate["dev_leave"]
        if "drop" in self._kind:
            steps, from_, to = self._kind["drop"]
            kept, dropped = attractiveness[from_], attractiveness[to]
            both = kept + dropped
            keep = np.divide(kept, both, out=np.full_like(kept, 0.5), where=both > 0.0)
            hazard[steps] = (rate["dev_drop"] * keep)[:, None]
        contagion = self._contagion(chance, people.shape[1]) if tied else None
        return RateTable(self.states.transitions, hazard, contagion)

    def _rates(self) -> dict[str, float]:
        """The parameters of today as rates per day."""
        yearly = ("dev_p", "dev_q", "dev_multi_home", "dev_drop", "dev_leave")
        rates = {name: self._parameters[name] / DAYS_PER_YEAR for name in yearly}
        return rates | {"dev_reconsider": self._parameters["dev_reconsider"]}

    def _contagion(self, chance: F64, classes: int) -> Contagion:
        """How entry grows with the share of those a developer follows who build."""
        enters, _, to = self._kind["enter"]
        channel, slope = (
            np.full(len(self.states.steps), -1),
            np.zeros((len(self.states.steps), classes)),
        )
        channel[enters] = 0
        slope[enters] = self._rates()["dev_q"] * chance[to, None]
        return Contagion(
            channel=channel,
            slope=slope,
            weight=np.ones((1, 1, classes)),
            chi=0.0,
        )
