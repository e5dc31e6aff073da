"""What a regulator's action does while it is in force: rollouts that wait, defaults that end,
rivals that get a place, weights that are held back.

Orders in force shape the placement fields of every tick; one that has ended leaves nothing behind.

A choice screen works in two ways. The default surface of its platforms stops being the default in
the regime's segments: who reconsiders no longer weighs it with the bonus `delta`, for as long as
the order is in force. And once, over `choice_window` days, the platforms' people who use what was
the default are made to choose: the hazard choice_reach / choice_window is added to their slow
`omega`, so each of them is asked `choice_reach` times on average. They choose by the same logit as
everybody who reconsiders, among what can be had where they are.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.market.labs.opening import launch
from sim.market.market import Market
from sim.rates.fields import Fields
from sim.scenario.regulation import Action

F64 = NDArray[np.float64]


@dataclass
class Terms:
    """An order in force from the day `start` to the day `end` (None: without an end): the action of
    a regime that stands at `slot` of its `source` in the scenario."""

    name: str
    regime: str
    source: str
    slot: int
    start: float
    end: float | None
    segments: tuple[int, ...]
    features: tuple[int, ...] = ()
    """Whose rollout waits."""
    places: tuple[tuple[int, int], ...] = ()
    """(feature, platform) of who gets a place where."""
    asking: bool = False
    """The window of a choice screen is open."""

    def days_left(self, day: float) -> float:
        """Days until it ends; not a number without an end."""
        return math.nan if self.end is None else max(self.end - day, 0.0)


class Order(NamedTuple):
    """What is ordered, and on which terms."""

    action: Action
    terms: Terms


class Placements:
    """What orders do to where features are offered."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._lab_of = [feature.lab for feature in market.scenario.features.values()]

    def platforms(self, action: Action) -> tuple[int, ...]:
        """The platforms that an action is about."""
        return self._indices(list(self.market.scenario.platforms), action.platforms)

    def features(self, action: Action) -> tuple[int, ...]:
        """The features whose rollout an action delays."""
        chosen = action.features if action.action == "delay" else ()
        return self._indices(list(self.market.features), chosen)

    def places(self, action: Action) -> tuple[tuple[int, int], ...]:
        """(feature, platform) of the places that an access order gives, as the market stands now.

        A rival on a platform is a feature whose lab has no other feature there. Without names it is
        on each platform the one with the most users that has no place yet.
        """
        if action.action != "access-order":
            return ()
        placed, found = self.market.rollout.placed, []
        named = self._indices(list(self.market.features), action.features)
        for p in self.platforms(action):
            rivals = [j for j in named if not placed[self._siblings(j), p].any()]
            if action.features is None:
                rivals = [j for j in rivals if not placed[j, p]]
                rivals = sorted(rivals, key=lambda j: -self.market.mau[j])[:1]
            found += [(j, p) for j in rivals]
        return tuple(found)

    def _siblings(self, j: int) -> list[int]:
        """The other features of the same lab."""
        return [k for k, lab in enumerate(self._lab_of) if lab == self._lab_of[j] and k != j]

    def shape(self, fields: Fields, orders: Sequence[Order]) -> None:
        """Put what the orders in force ask for into the fields of a tick."""
        defaults = fields.is_default.copy()
        for order in orders:
            match order.action.action:
                case "choice-screen":
                    self._choice_screen(fields, order, defaults)
                case "access-order":
                    self._access(fields, order)

    def delay(self, orders: Sequence[Order]) -> None:
        """Let rollouts wait, and launches, where an order in force says so, and no longer where
        none does."""
        rollout, scenario = self.market.rollout, self.market.scenario
        delayed = np.zeros_like(rollout.delayed)
        for order in orders:
            if order.action.action == "delay":
                delayed[np.ix_(order.terms.features, order.terms.segments)] = True
        rollout.delay(delayed)
        for j, g in sorted(rollout.late):
            if not delayed[j, g]:
                where = np.arange(delayed.shape[1]) == g
                app = scenario.features[self.market.features[j]].standalone
                launch(app, scenario.segments, self.market.base, j, where)
                rollout.late.discard((j, g))

    def offered(self, j: int, segments: Sequence[int], orders: Sequence[Order]) -> bool:
        """Can feature j be met anywhere in these segments?"""
        base = self.market.base
        return bool(
            base.rollout[j][:, segments].any()
            or base.standalone[j, segments].any()
            or any(
                feature == j and set(order.terms.segments) & set(segments)
                for order in orders
                for feature, _ in order.terms.places
            )
        )

    def defaults(self, order: Order, in_force: Sequence[Order]) -> list[tuple[int, int]]:
        """(feature, platform) of the defaults that stand now where an order holds, with those in
        force."""
        is_default, segments = self.market.base.is_default.copy(), list(order.terms.segments)
        for other in in_force:
            if other.action.action == "choice-screen":
                for p in self.platforms(other.action):
                    is_default[:, p, list(other.terms.segments)] = 0.0
        return [
            (j, p)
            for j in range(len(self._lab_of))
            for p in self.platforms(order.action)
            if is_default[j, p, segments].any()
        ]

    def _choice_screen(self, fields: Fields, order: Order, defaults: F64) -> None:
        """`defaults` (J, P, G) are those without any order."""
        p_reach, p_window = (self.market.parameters[f"choice_{n}"] for n in ("reach", "window"))
        for p in self.platforms(order.action):
            for g in order.terms.segments:
                for j in np.flatnonzero(defaults[:, p, g]).tolist():
                    fields.is_default[j, p, g] = 0.0
                    if order.terms.asking:
                        fields.reconsider[j, p, g] = p_reach / p_window

    def _access(self, fields: Fields, order: Order) -> None:
        """A place for who has none; a better one for who has one, offered as before."""
        parameters = self.market.parameters
        surface = order.action.surface or "menu"
        parts = ((fields.strength, "strength"), (fields.integration, "integration"))
        for j, p in order.terms.places:
            for g in order.terms.segments:
                for array, part in parts:
                    ordered = parameters[f"surface.{surface}.{part}"]
                    array[j, p, g] = max(ordered, float(array[j, p, g]))
                if not self.market.rollout.placed[j, p]:
                    fields.rollout[j, p, g] = 1.0

    @staticmethod
    def _indices(ids: list[str], chosen: object) -> tuple[int, ...]:
        if chosen is None or chosen == "all":
            return tuple(range(len(ids)))
        assert isinstance(chosen, list | tuple)
        return tuple(ids.index(item) for item in chosen)


def where(market: Market, order: Order) -> str:
    """The segments of an order, in words."""
    return ", ".join(list(market.scenario.segments)[g] for g in order.terms.segments)


def binding(orders: Sequence[Order], lab: str, capability: float) -> Iterator[Order]:
    """The thresholds in force that a lab's weights of a capability are above."""
    for order in orders:
        limit, labs = order.action.capability, order.action.labs
        if order.action.action != "threshold" or limit is None or capability <= limit:
            continue
        if labs is None or labs == "all" or lab in labs:
            yield order
