"""Regulators: one for each regime, who act by themselves with a hazard, and on given dates.

    hazard = r0 + r1 (severity of incidents in 12 months) + r2 max(0, HHI - 2500) / 1000    a year

The dates on which a regulator may decide are a Poisson field at a fixed ceiling, keyed by regime
and number; one of them becomes a decision when its mark lies below hazard / ceiling. So a regulator
with a higher hazard decides on every date of one with a lower hazard, and on more. A hazard above
the ceiling acts like the ceiling. What is decided is drawn by weight from the regulator's
responses, keyed by the same date. The index of concentration is that of the whole market.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.clock import Clock, Event, Priority, event_id
from sim.draws.keyed import uniform
from sim.market.actor import Actor, Measure, Row
from sim.market.happening import About, EventKind, only
from sim.market.labs.levels import LEVEL_NUMBER, Level
from sim.market.market import Market
from sim.market.regulation.orders import Order, Placements, Terms, binding, where
from sim.rates.fields import Fields
from sim.scenario.regulation import Action, Regulation, Regulator
from sim.units import DAYS_PER_YEAR

#: Herfindahl index from which on a market counts as highly concentrated.
CONCENTRATED = 2500.0


@dataclass
class Regulated:
    """What moves: the orders in force in the order in which they began, and the level that would
    have been of each version held (lab, tier, its capability)."""

    in_force: list[Terms]
    held: dict[tuple[str, str, float], Level]


_WHERE = ("feature", "platform", "segment")
_LASTS = {"number": "days that it holds; none without an end"}
_ACTS = _LASTS | {"features": "the features that it acts on"}


class Regulators(Actor):
    """The regulators of every regime that segments name."""

    name = "regulation"
    kinds: ClassVar = {
        "held": EventKind(
            "an order keeps a version at a level below the one its lab wanted",
            ("lab", "tier"),
            holds={"number": LEVEL_NUMBER, "reason": "regime whose order it is"},
        ),
        "delay": EventKind("waves and launches must wait", (), ("feature", "segment"), _ACTS),
        "choice-screen": EventKind("no default, and a choice", (), _WHERE, _ACTS),
        "access-order": EventKind("rivals get a place", (), _WHERE, _ACTS),
        "threshold": EventKind("no weights above a capability", (), ("lab",), _LASTS),
        "lifted": EventKind(
            "an order ends",
            (),
            ("lab", "segment"),
            {"what": "kind of the order"},
        ),
    }

    def __init__(self, market: Market, section: Regulation) -> None:
        self.market, self.section = market, section
        self.regimes: dict[str, tuple[int, ...]] = {}
        for g, segment in enumerate(market.scenario.segments.values()):
            if segment.regime != "none":
                self.regimes[segment.regime] = (*self.regimes.get(segment.regime, ()), g)
        self._placements = Placements(market)
        self._held_level = market.levels["api"]
        self.state = Regulated([], {})

    @classmethod
    def of(cls, market: Market) -> "Regulators | None":
        section = market.scenario.regulation
        return None if section is None else cls(market, section)

    @property
    def in_force(self) -> list[Order]:
        """The orders in force, in the order in which they began."""
        return [Order(self._action(t.regime, t.source, t.slot), t) for t in self.state.in_force]

    # --- the hazard

    def hazard(self, regime: str) -> float:
        """Decisions per year that the regulator of a regime would make as the market stands."""
        given = self.section.regulators.get(regime, Regulator())
        over = max(0.0, self.market.hhi() - CONCENTRATED) / 1000.0
        return (
            self._rate(given.base, "regulator_base")
            + self._rate(given.severity, "regulator_severity") * self._severity(regime, given)
            + self._rate(given.concentration, "regulator_concentration") * over
        )

    def _rate(self, own: float | None, parameter: str) -> float:
        return float(self.market.parameters[parameter] if own is None else own)

    def _severity(self, regime: str, given: Regulator) -> float:
        """Severity over 12 months of the labs that the regulator looks at; 0 where nobody measures
        it."""
        if not self.market.measures("severity"):
            return 0.0
        measure = self.market.measure
        return float(sum(measure("severity", lab) for lab in self._watched(regime, given)))

    def _watched(self, regime: str, given: Regulator) -> list[str]:
        labs = list(self.market.labs)
        if given.incidents == "all":
            return labs
        segments, orders = list(self.regimes[regime]), self.in_force
        there = {
            feature.lab
            for j, feature in enumerate(self.market.scenario.features.values())
            if self._placements.offered(j, segments, orders)
        }
        return [lab for lab in labs if lab in there]

    # --- what the market asks

    def permit(self, time: float, lab: str, tier: str, capability: float, level: Level) -> Level:
        """Weights above a threshold in force are held at `api`, unless as capable ones are out."""
        self.state.held.pop((lab, tier, capability), None)
        out = capability <= self.market.labs[lab].tiers[tier].irrevocable
        orders = list(binding(self.in_force, lab, capability))
        if not level.irrevocable or out or not orders:
            return level
        self.state.held[lab, tier, capability] = level
        self.market.note(
            time,
            "held",
            f"{lab}.{tier}",
            f"{level.name} held at {self._held_level.name} by {orders[0].terms.regime}: "
            f"{capability:.1f} is above {float(orders[0].action.capability or 0.0):.1f} "
            "frontier-months",
            lab=lab,
            tier=tier,
            number=self._held_level.number,
            reason=orders[0].terms.regime,
        )
        return self._held_level

    def rows(self, day: float) -> Iterable[Row]:
        for regime in self.regimes:
            orders = [terms for terms in self.state.in_force if terms.regime == regime]
            left = max((order.days_left(day) for order in orders), default=0.0)
            if any(order.end is None for order in orders):
                left = math.nan  # without an end
            yield regime, "regulatory_hazard", self.hazard(regime)
            yield regime, "actions_in_force", float(len(orders))
            yield regime, "action_days_left", left

    def measures(self) -> Mapping[str, Measure]:
        return {
            "regulatory_hazard": lambda of: self.hazard(of) if of is not None else self._highest(),
            "actions_in_force": lambda of: float(
                sum(of in (None, terms.regime) for terms in self.state.in_force)
            ),
        }

    def _highest(self) -> float:
        return max((self.hazard(regime) for regime in self.regimes), default=0.0)

    # --- events

    def attach(self, clock: Clock) -> None:
        clock.on("regulator", self._on_candidate)
        clock.on("regulation", self._on_phase)

    def agenda(self) -> Iterable[Event]:
        start = self.market.scenario.start
        for slot, action in enumerate(self.section.actions):
            day = float((action.date - start).days)
            data = {"regime": action.regime, "source": "actions", "slot": slot}
            yield _phase("begin", event_id("action", slot, action.regime), day, data)
        for regime in self.regimes:
            given = self.section.regulators.get(regime)
            if given is not None and given.responses:
                yield self._candidate(regime, 0, 0.0)

    def shape(self, fields: Fields, day: float) -> None:
        self._placements.shape(fields, self.in_force)

    def _candidate(self, regime: str, n: int, after: float) -> Event:
        """The n-th date on which a regulator may decide."""
        ceiling = float(self.market.parameters["regulator_ceiling"])
        u = uniform(self.market.scenario.seed, "regulator date", n, regime)
        day = after - math.log(u) * DAYS_PER_YEAR / ceiling
        return Event(
            day,
            Priority.REGULATION,
            event_id("regulator", regime, n),
            "regulator",
            regime,
            {"n": n},
        )

    def _on_candidate(self, event: Event) -> Iterable[Event]:
        regime, n = event.entity, event.data["n"]
        ceiling = float(self.market.parameters["regulator_ceiling"])
        again = self._candidate(regime, n + 1, event.time)
        mark = uniform(self.market.scenario.seed, "regulator decision", n, regime)
        if mark >= self.hazard(regime) / ceiling:
            return (again,)
        slot = self._response(regime, n)
        data = {"regime": regime, "source": "responses", "slot": slot}
        return (again, _phase("begin", event_id(regime, n), event.time, data))

    def _response(self, regime: str, n: int) -> int:
        weights = np.cumsum([float(r.weight) for r in self.section.regulators[regime].responses])
        u = uniform(self.market.scenario.seed, "regulator response", n, regime)
        return int(np.searchsorted(weights, u * weights[-1], side="right"))

    def _on_phase(self, event: Event) -> Iterable[Event]:
        match event.data["phase"]:
            case "begin":
                return self._begin(event)
            case "asked":
                for terms in self.state.in_force:
                    terms.asking &= terms.name != event.entity
                return ()
        return self._lift(event)

    def _begin(self, event: Event) -> list[Event]:
        data = dict(event.data)
        regime, source, slot = data["regime"], data["source"], data["slot"]
        action = self._action(regime, source, slot)
        end = None if action.for_ is None else event.time + float(action.for_)
        terms = Terms(
            event.entity,
            regime,
            source,
            slot,
            event.time,
            end,
            self.regimes[regime],
            self._placements.features(action),
            self._placements.places(action),
            action.action == "choice-screen",
        )
        order = Order(action, terms)
        self.market.note(
            event.time,
            action.action,
            regime,
            self._describe(order),
            **self._about(order) | self._acts_on(order),
        )
        self.state.in_force.append(terms)
        self._placements.delay(self.in_force)
        followed = []
        if terms.asking:
            window = float(self.market.parameters["choice_window"])
            followed.append(_phase("asked", terms.name, event.time + window, data))
        if end is not None:
            followed.append(_phase("end", terms.name, end, data))
        return followed

    def _lift(self, event: Event) -> list[Event]:
        order = next(order for order in self.in_force if order.terms.name == event.entity)
        self.state.in_force.remove(order.terms)
        self._placements.delay(self.in_force)
        kind = order.action.action
        said = f"{kind} {self._place(order)}"
        self.market.note(
            event.time, "lifted", order.terms.regime, said, **self._about(order) | {"what": kind}
        )
        orders = self.in_force
        free = [key for key in self.state.held if not any(binding(orders, key[0], key[2]))]
        return [opened for key in free for opened in self._open(event, *key)]

    def _open(self, event: Event, lab: str, tier: str, capability: float) -> Iterable[Event]:
        """What was held goes on to its level; not where its lab decided on another meanwhile."""
        level = self.state.held.pop((lab, tier, capability))
        versions = self.market.labs[lab].tiers[tier].versions
        number = max(i for i, version in enumerate(versions) if version.capability == capability)
        data: dict[str, object] = {"lab": lab, "tier": tier, "level": level.name}
        if versions[number].walking:
            data["version"] = number
        elif number < len(versions) - 1:
            return
        name = f"{lab}.{tier}"
        place = event_id("level", name, "lifted", event.entity, number)
        yield Event(event.time, Priority.LEVEL, place, "level", name, data)

    def _action(self, regime: str, source: str, slot: int) -> Action:
        """The action that stands at `slot` of the scenario's actions, or of a regulator's
        responses."""
        if source == "actions":
            return self.section.actions[slot]
        return self.section.regulators[regime].responses[slot]

    # --- the log

    def _about(self, order: Order) -> About:
        """Where an order holds, or for which lab."""
        if order.action.action == "threshold":
            labs = order.action.labs
            return {"lab": None if labs is None or labs == "all" else only(labs)}
        segments = list(self.market.scenario.segments)
        return {"segment": only([segments[g] for g in order.terms.segments])}

    def _acts_on(self, order: Order) -> About:
        """The features, and the platform, that an order acts on as it begins; and how long."""
        days: About = {"number": None if order.action.for_ is None else float(order.action.for_)}
        places: Sequence[tuple[int, int]] = order.terms.places
        match order.action.action:
            case "threshold":
                return days
            case "choice-screen":
                places = self._placements.defaults(order, self.in_force)
        acted_on = order.terms.features or dict.fromkeys(j for j, _ in places)
        names = tuple(self.market.features[j] for j in acted_on)
        platforms = list(self.market.scenario.platforms)
        on = [platforms[p] for p in dict.fromkeys(p for _, p in places)]
        return days | {"feature": only(names), "platform": only(on), "features": names}

    def _place(self, order: Order) -> str:
        if order.action.action == "threshold":
            labs = order.action.labs
            return "for all labs" if labs in (None, "all") else f"for {', '.join(labs or ())}"
        return f"in {where(self.market, order)}"

    def _describe(self, order: Order) -> str:
        """What an order does, to whom and where, and for how long."""
        action, names = order.action, self.market.features
        span = "without an end" if action.for_ is None else f"for {float(action.for_):g} days"
        match action.action:
            case "delay":
                chosen = order.terms.features
                whose = "all" if len(chosen) == len(names) else ", ".join(names[j] for j in chosen)
                what = f"waves and launches of {whose} wait"
            case "choice-screen":
                ended = self._pairs(self._placements.defaults(order, self.in_force))
                what = f"no default any more and a choice for people: {ended}"
            case "access-order":
                what = f"a place at {action.surface or 'menu'}: {self._pairs(order.terms.places)}"
            case "threshold":
                what = f"no weights above {float(action.capability or 0.0):.1f} frontier-months"
        return f"{what} {self._place(order)} {span}"

    def _pairs(self, pairs: Iterable[tuple[int, int]]) -> str:
        features, platforms = self.market.features, list(self.market.scenario.platforms)
        return ", ".join(f"{features[j]} on {platforms[p]}" for j, p in pairs) or "nobody"


def _phase(phase: str, name: str, day: float, data: Mapping[str, object]) -> Event:
    return Event(
        day,
        Priority.REGULATION,
        event_id("regulation", name, phase),
        "regulation",
        name,
        {**data, "phase": phase},
    )
