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
from dataclasses import dataclass
from typing import ClassVar

from sim.clock import Clock, Event, Priority
from sim.market.actor import Actor, Row
from sim.market.happening import EventKind
from sim.market.market import Market
from sim.rates.fields import Fields
from sim.scenario.labs import Lab
from sim.scenario.research import Investment

__all__ = ["Effort", "QualityRace", "quality_asked"]


def quality_asked(labs: Iterable[Lab]) -> bool:
    """Does any lab invest, bet or distil?"""
    return any(
        lab.investment is not None or lab.bets or lab.distillation is not None for lab in labs
    )


@dataclass
class Effort:
    """A lab's split of effort from the day `start` on, each part next to the usual one, and what it
    has brought."""

    start: float
    quality: float
    more_usability: float
    more_latency: float
    usability: float = 0.0
    """In units of utility."""
    faster: float = 0.0
    """Logarithm of the factor by which latency fell."""

    @classmethod
    def of(cls, split: Investment, parameters: Mapping[str, float], start: float) -> "Effort":
        return cls(
            start,
            quality=float(split.quality) / parameters["invest_quality"],
            more_usability=float(split.usability) / parameters["invest_usability"] - 1.0,
            more_latency=float(split.latency) / parameters["invest_latency"] - 1.0,
        )

    def advance(self, p: Mapping[str, float], days: float) -> None:
        """Go on for some days at the split."""
        self.usability = _toward(
            self.usability, self.more_usability * p["usability_gain"], p["usability_most"], days
        )
        self.faster = _toward(
            self.faster, self.more_latency * p["latency_gain"], math.log(p["latency_most"]), days
        )


@dataclass
class Efforts:
    """The efforts of the labs that invest."""

    by_lab: dict[str, Effort]


class QualityRace(Actor):
    """Investment, and rows of what investment, research bets and distillation have come to."""

    name = "quality"
    kinds: ClassVar = {
        "investment": EventKind(
            "a lab splits its effort anew",
            ("lab",),
            holds={"number": "own growth as a share of what it was"},
        ),
    }

    def __init__(self, market: Market) -> None:
        self._market = market
        scenario = market.scenario
        self.efforts: dict[str, Effort] = {}
        for name, lab in scenario.labs.items():
            if lab.investment is not None:
                begin = lab.investment.start
                start = 0.0 if begin is None else float((begin - scenario.start).days)
                self.efforts[name] = Effort.of(lab.investment, market.parameters, start)
                if start <= 0.0:
                    market.labs[name].effort = self.efforts[name].quality
        self._lab_of = [feature.lab for feature in scenario.features.values()]
        self.state = Efforts(self.efforts)

    @classmethod
    def of(cls, market: Market) -> "QualityRace | None":
        return cls(market) if quality_asked(market.scenario.labs.values()) else None

    def attach(self, clock: Clock) -> None:
        clock.on("investment", self._on_investment)

    def agenda(self) -> Iterable[Event]:
        for name, effort in self.efforts.items():
            if effort.start > 0.0:
                where = f"investment:{name}"
                yield Event(effort.start, Priority.RESEARCH, where, "investment", name)

    def _on_investment(self, event: Event) -> Iterable[Event]:
        effort = self.efforts[event.entity]
        self._market.labs[event.entity].effort = effort.quality
        detail = f"own growth at {effort.quality:.0%} of what it was"
        self._market.note(
            event.time, event.kind, event.entity, detail, lab=event.entity, number=effort.quality
        )
        return ()

    def shape(self, fields: Fields, day: float) -> None:
        for j in range(len(self._lab_of)):
            fields.usability[j], fields.latency[j] = self._reached(j)

    def _reached(self, j: int) -> tuple[float, float]:
        """Usability and latency that feature j has by now."""
        effort, latency = self.efforts.get(self._lab_of[j]), float(self._market.base.latency[j])
        if effort is None:
            return 0.0, latency
        return effort.usability, latency * math.exp(-effort.faster)

    def advance(self, day: float, dt: float, tick: int) -> None:
        for effort in self.efforts.values():
            if day >= effort.start:
                effort.advance(self._market.parameters, dt)

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
