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

import numpy as np

from sim.clock import Clock, Event, Priority
from sim.draws.keyed import uniform
from sim.market.actor import Actor, Measure, Row
from sim.market.happening import About, only
from sim.market.levels import Level, levels
from sim.market.market import Market
from sim.market.regulation_orders import Order, Placements, binding, where
from sim.scenario.regulation import Action, Regulation, Regulator
from sim.units import DAYS_PER_YEAR

#: Herfindahl index from which on a market counts as highly concentrated.
CONCENTRATED = 2500.0


class Regulators(Actor):
    """The regulators of every regime that segments name."""

    def __init__(self, market: Market, section: Regulation) -> None:
        self.market, self.section = market, section
        self.regimes: dict[str, tuple[int, ...]] = {}
        for g, segment in enumerate(market.scenario.segments.values()):
            if segment.regime != "none":
                self.regimes[segment.regime] = (*self.regimes.get(segment.regime, ()), g)
        self.in_force: list[Order] = []
        self._placements = Placements(market)
        self._held_level = levels(market.parameters)["api"]
        #: The level that would have been, of each version held: lab, tier and its capability.
        self._held: dict[tuple[str, str, float], Level] = {}

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
        for actor in self.market.actors:
            measure = actor.measures().get("severity")
            if measure is not None:
                return float(sum(measure(lab) for lab in self._watched(regime, given)))
        return 0.0

    def _watched(self, regime: str, given: Regulator) -> list[str]:
        labs = list(self.market.labs)
        if given.incidents == "all":
            return labs
        fields, segments = self.market.fields, list(self.regimes[regime])
        there = {
            feature.lab
            for j, feature in enumerate(self.market.scenario.features.values())
            if fields.rollout[j][:, segments].any() or fields.standalone[j, segments].any()
        }
        return [lab for lab in labs if lab in there]

    # --- what the market asks

    def permit(self, time: float, lab: str, tier: str, capability: float, level: Level) -> Level:
        """Weights above a threshold in force are held at `api`, unless as capable ones are out."""
        self._held.pop((lab, tier, capability), None)
        out = capability <= self.market.labs[lab].tiers[tier].irrevocable
        orders = list(binding(self.in_force, lab, capability))
        if not level.irrevocable or out or not orders:
            return level
        self._held[lab, tier, capability] = level
        self.market.note(
            time,
            "held",
            f"{lab}.{tier}",
            f"{level.name} held at {self._held_level.name} by {orders[0].regime}: "
            f"{capability:.1f} is above {float(orders[0].action.capability or 0.0):.1f} "
            "frontier-months",
            lab=lab,
            tier=tier,
            number=self._held_level.number,
            reason=orders[0].regime,
        )
        return self._held_level

    def rows(self, day: float) -> Iterable[Row]:
        for regime in self.regimes:
            orders = [order for order in self.in_force if order.regime == regime]
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
                sum(of in (None, order.regime) for order in self.in_force)
            ),
        }

    def _highest(self) -> float:
        return max((self.hazard(regime) for regime in self.regimes), default=0.0)

    # --- events

    def attach(self, clock: Clock) -> None:
        clock.on("regulator", self._on_candidate)
        clock.on("regulation", self._on_phase)
        start = self.market.scenario.start
        for slot, action in enumerate(self.section.actions):
            day = float((action.date - start).days)
            data = {"regime": action.regime, "source": "actions", "slot": slot}
            clock.schedule([_phase("begin", f"{action.regime}:action-{slot}", day, data)])
        for regime in self.regimes:
            given = self.section.regulators.get(regime)
            if given is not None and given.responses:
                clock.schedule([self._candidate(regime, 0, 0.0)])

    def _candidate(self, regime: str, n: int, after: float) -> Event:
        """The n-th date on which a regulator may decide."""
        ceiling = float(self.market.parameters["regulator_ceiling"])
        u = uniform(self.market.scenario.seed, "regulator date", n, regime)
        day = after - math.log(u) * DAYS_PER_YEAR / ceiling
        return Event(
            day, Priority.REGULATION, f"regulator:{regime}:{n}", "regulator", regime, {"n": n}
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
        return (again, _phase("begin", f"{regime}:{n}", event.time, data))

    def _response(self, regime: str, n: int) -> int:
        weights = np.cumsum([float(r.weight) for r in self.section.regulators[regime].responses])
        u = uniform(self.market.scenario.seed, "regulator response", n, regime)
        return int(np.searchsorted(weights, u * weights[-1], side="right"))

    def _on_phase(self, event: Event) -> Iterable[Event]:
        match event.data["phase"]:
            case "begin":
                return self._begin(event)
            case "asked":
                for order in self.in_force:
                    order.asking &= order.name != event.entity
                self._placements.bring_in_line(self.in_force)
                return ()
        return self._lift(event)

    def _begin(self, event: Event) -> list[Event]:
        regime, action = event.data["regime"], self._action(event.data)
        end = None if action.for_ is None else event.time + float(action.for_)
        order = Order(
            event.entity,
            regime,
            action,
            event.time,
            end,
            self.regimes[regime],
            self._placements.features(action),
            self._placements.places(action),
            action.action == "choice-screen",
        )
        about = self._about(order) | self._acts_on(order)
        self.market.note(event.time, action.action, regime, self._describe(order), **about)
        self.in_force.append(order)
        self._placements.bring_in_line(self.in_force)
        data = dict(event.data)
        followed = []
        if order.asking:
            window = float(self.market.parameters["choice_window"])
            followed.append(_phase("asked", order.name, event.time + window, data))
        if end is not None:
            followed.append(_phase("end", order.name, end, data))
        return followed

    def _lift(self, event: Event) -> list[Event]:
        order = next(order for order in self.in_force if order.name == event.entity)
        self.in_force.remove(order)
        self._placements.bring_in_line(self.in_force)
        kind = order.action.action
        said = f"{kind} {self._place(order)}"
        self.market.note(
            event.time, "lifted", order.regime, said, **self._about(order) | {"what": kind}
        )
        free = [key for key in self._held if not any(binding(self.in_force, key[0], key[2]))]
        return [opened for key in free for opened in self._open(event, *key)]

    def _open(self, event: Event, lab: str, tier: str, capability: float) -> Iterable[Event]:
        """What was held goes on to its level; not where its lab decided on another meanwhile."""
        level = self._held.pop((lab, tier, capability))
        versions = self.market.labs[lab].tiers[tier].versions
        number = max(i for i, version in enumerate(versions) if version.capability == capability)
        data: dict[str, object] = {"lab": lab, "tier": tier, "level": level.name}
        if versions[number].walking:
            data["version"] = number
        elif number < len(versions) - 1:
            return
        name = f"{lab}.{tier}"
        event_id = f"level:{name}:lifted:{event.entity}:{number}"
        yield Event(event.time, Priority.LEVEL, event_id, "level", name, data)

    def _action(self, data: Mapping[str, object]) -> Action:
        slot = data["slot"]
        assert isinstance(slot, int)
        if data["source"] == "actions":
            return self.section.actions[slot]
        return self.section.regulators[str(data["regime"])].responses[slot]

    # --- the log

    def _about(self, order: Order) -> About:
        """Where an order holds, or for which lab."""
        if order.action.action == "threshold":
            labs = order.action.labs
            return {"lab": None if labs is None or labs == "all" else only(labs)}
        segments = list(self.market.scenario.segments)
        return {"segment": only([segments[g] for g in order.segments])}

    def _acts_on(self, order: Order) -> About:
        """The features, and the platform, that an order acts on as it begins; and how long."""
        days: About = {"number": None if order.action.for_ is None else float(order.action.for_)}
        places: Sequence[tuple[int, int]] = order.places
        match order.action.action:
            case "threshold":
                return days
            case "choice-screen":
                places = self._placements.defaults(order)
        acted_on = order.features or dict.fromkeys(j for j, _ in places)
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
                chosen = order.features
                whose = "all" if len(chosen) == len(names) else ", ".join(names[j] for j in chosen)
                what = f"waves and launches of {whose} wait"
            case "choice-screen":
                ended = self._pairs(self._placements.defaults(order))
                what = f"no default any more and a choice for people: {ended}"
            case "access-order":
                what = f"a place at {action.surface or 'menu'}: {self._pairs(order.places)}"
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
        f"regulation:{name}:{phase}",
        "regulation",
        name,
        {**data, "phase": phase},
    )
