"""What labs invest in: quality, usability or latency; and what the quality race has given them.

With e = share of effort / usual share - 1 for each of the three (so the usual split moves nothing),

    own growth     g (1 + e_quality)
    usability x    dx/dt = gain e (1 - sign(e) x / most)       utility added to the lab's features
    latency        base exp(-y), dy/dt = gain e (1 - sign(e) y / ln most)

so both end at their bounds: x = sign(e) most (1 - exp(-gain |e| t / most)). Neglect takes as effort
gives.
"""

import math
from collections.abc import Iterable, Mapping

from sim.clock import Clock, Event, Priority
from sim.market.actor import Actor, Row
from sim.market.market import Market
from sim.scenario.labs import Lab

__all__ = ["Effort", "QualityRace", "quality_asked"]


def quality_asked(labs: Iterable[Lab]) -> bool:
    """Does any lab invest, bet or distil?"""
    return any(
        lab.investment is not None or lab.bets or lab.distillation is not None for lab in labs
    )


class Effort:
    """A lab's split of effort and what it has brought: `usability` in utility units, `faster` the
    logarithm of the factor by which latency fell."""

    def __init__(self, given: Lab, parameters: Mapping[str, float], start: float) -> None:
        split = given.investment
        assert split is not None
        self.start = start
        self.quality = float(split.quality) / float(parameters["invest_quality"])
        self._usability = float(split.usability) / float(parameters["invest_usability"]) - 1.0
        self._latency = float(split.latency) / float(parameters["invest_latency"]) - 1.0
        self._p = parameters
        self.usability = 0.0
        self.faster = 0.0

    def advance(self, days: float) -> None:
        """Go on for some days at the split."""
        p = self._p
        self.usability = _toward(
            self.usability, self._usability * p["usability_gain"], p["usability_most"], days
        )
        self.faster = _toward(
            self.faster, self._latency * p["latency_gain"], math.log(p["latency_most"]), days
        )


class QualityRace(Actor):
    """Investment, and rows of what investment, research bets and distillation have come to."""

    def __init__(self, market: Market) -> None:
        self._market = market
        scenario = market.scenario
        self.efforts: dict[str, Effort] = {}
        for name, lab in scenario.labs.items():
            if lab.investment is not None:
                begin = lab.investment.start
                start = 0.0 if begin is None else float((begin - scenario.start).days)
                self.efforts[name] = Effort(lab, scenario.parameters, start)
                if start <= 0.0:
                    market.labs[name].effort = self.efforts[name].quality
        self._lab_of = [feature.lab for feature in scenario.features.values()]
        self._base = market.fields.latency.copy()

    def attach(self, clock: Clock) -> None:
        clock.on("investment", self._on_investment)
        for name, effort in self.efforts.items():
            if effort.start > 0.0:
                where = f"investment:{name}"
                clock.schedule([Event(effort.start, Priority.RESEARCH, where, "investment", name)])

    def _on_investment(self, event: Event) -> Iterable[Event]:
        effort = self.efforts[event.entity]
        self._market.labs[event.entity].effort = effort.quality
        detail = f"own growth at {effort.quality:.0%} of what it was"
        self._market.note(
            event.time, event.kind, event.entity, detail, lab=event.entity, number=effort.quality
        )
        return ()

    def write_fields(self, day: float) -> None:
        fields = self._market.fields
        for j in range(len(self._lab_of)):
            fields.usability[j], fields.latency[j] = self._reached(j)

    def _reached(self, j: int) -> tuple[float, float]:
        """Usability and latency that feature j has by now."""
        effort = self.efforts.get(self._lab_of[j])
        if effort is None:
            return 0.0, float(self._base[j])
        return effort.usability, float(self._base[j]) * math.exp(-effort.faster)

    def advance(self, day: float, dt: float, tick: int) -> None:
        for effort in self.efforts.values():
            if day >= effort.start:
                effort.advance(dt)

    def rows(self, day: float) -> Iterable[Row]:
        for name, lab in self._market.labs.items():
            yield name, "pace", lab.pace
            yield name, "distilled", lab.distilled
        for j, feature in enumerate(self._market.features):
            usability, latency = self._reached(j)
            yield feature, "usability", usability
            yield feature, "latency", latency


def _toward(now: float, drive: float, most: float, days: float) -> float:
    """A state driven toward +most or -most, at `drive` a day while it is 0: exact over `days`."""
    if drive == 0.0:
        return now
    end = math.copysign(most, drive)
    return end - (end - now) * math.exp(-abs(drive) * days / most)
