"""Research bets: a share of a lab's own growth for a jump in quality later, or for nothing.

When a bet begins, its end and its outcome are settled by draws keyed by (lab, slot in the file):
success with the given probability; time until it ends and size of the jump lognormal, about their
medians, the time in whole days. Failure shows at the end only: both cost the same. The draws are
the same in every engine (`expected` too: one discrete event has no mean that could happen), so that
a mean over outcomes is a mean over seeds.

A bet with a share of 0 is no bet: nothing is diverted and nothing comes of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.clock import Clock, Event, Priority, event_id
from sim.draws.keyed import uniform
from sim.draws.normal import normal_quantile
from sim.market.actor import Actor, Row
from sim.market.happening import EventKind
from sim.market.market import Market
from sim.scenario.research import Research as Given

__all__ = ["Outcome", "ResearchBets", "draw_outcome"]


@dataclass(frozen=True)
class Outcome:
    """What a bet comes to: how many days it takes and the jump in frontier-months (0: nothing)."""

    days: float
    jump: float


def draw_outcome(seed: int, lab: str, slot: int, bet: Given) -> Outcome:
    """The outcome of a lab's bet under a seed."""
    succeeds, time, size = (uniform(seed, "research", i, lab, str(slot)) for i in range(3))
    z = normal_quantile(np.array([time, size]))
    days = float(bet.duration.median) * float(np.exp(float(bet.duration.spread) * z[0]))
    jump = float(bet.size.median) * float(np.exp(float(bet.size.spread) * z[1]))
    return Outcome(max(1.0, float(round(days))), jump if succeeds < float(bet.success) else 0.0)


@dataclass
class Bets:
    """Of each lab with bets: those under way by slot, frontier-months gained, and bets ended."""

    running: dict[str, set[int]]
    gained: dict[str, float]
    ended: dict[str, int]


class ResearchBets(Actor):
    """The research bets of all labs."""

    name = "research"
    kinds: ClassVar = {
        "research": EventKind(
            "a research bet begins or ends",
            ("lab",),
            holds={
                "what": "begin or end",
                "number": "begin: share of own growth; end: frontier-months gained, 0 for nothing",
            },
        ),
    }

    def __init__(self, market: Market) -> None:
        self._market = market
        self._bets = {
            name: {slot: bet for slot, bet in enumerate(lab.bets) if bet.share > 0.0}
            for name, lab in market.scenario.labs.items()
            if lab.bets
        }
        self.state = Bets(
            running={name: set() for name in self._bets},
            gained=dict.fromkeys(self._bets, 0.0),
            ended=dict.fromkeys(self._bets, 0),
        )

    @classmethod
    def of(cls, market: Market) -> "ResearchBets | None":
        return cls(market) if any(lab.bets for lab in market.scenario.labs.values()) else None

    def attach(self, clock: Clock) -> None:
        clock.on("research", self._on_research)

    def agenda(self) -> Iterable[Event]:
        start = self._market.scenario.start
        for name, bets in self._bets.items():
            for slot, bet in bets.items():
                day = 0.0 if bet.start is None else float((bet.start - start).days)
                yield _event(day, name, slot, "begin")

    def _on_research(self, event: Event) -> Iterable[Event]:
        name, slot = event.data["lab"], event.data["slot"]
        bet, lab = self._bets[name][slot], self._market.labs[name]
        outcome = draw_outcome(self._market.scenario.seed, name, slot, bet)
        begins = event.data["step"] == "begin"
        if begins:
            self.state.running[name].add(slot)
            number = float(bet.share)
            said = f"a bet begins, {number:.0%} of own growth"
        else:
            self.state.running[name].remove(slot)
            self.state.ended[name] += 1
            self.state.gained[name] += outcome.jump
            lab.quality += outcome.jump
            number, said = outcome.jump, "a bet ends without result"
            if outcome.jump > 0.0:
                said = f"a bet succeeds: {outcome.jump:.1f} frontier-months"
        lab.diverted = sum(
            float(self._bets[name][i].share) for i in sorted(self.state.running[name])
        )
        step = event.data["step"]
        self._market.note(
            event.time, event.kind, event.entity, said, lab=name, what=step, number=number
        )
        return (_event(event.time + outcome.days, name, slot, "end"),) if begins else ()

    def rows(self, day: float) -> Iterable[Row]:
        for name in self._bets:
            yield name, "research_share", self._market.labs[name].diverted
            yield name, "research_ended", float(self.state.ended[name])
            yield name, "research_gain", self.state.gained[name]


def _event(day: float, lab: str, slot: int, step: str) -> Event:
    name = event_id("research", lab, slot, step)
    data = {"lab": lab, "slot": slot, "step": step}
    return Event(day, Priority.RESEARCH, name, "research", lab, data)
