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

import numpy as np

from sim.clock import Clock, Event, Priority
from sim.draws.keyed import uniform
from sim.draws.normal import normal_quantile
from sim.market.actor import Actor, Row
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


class ResearchBets(Actor):
    """The research bets of all labs."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._bets = {
            name: {slot: bet for slot, bet in enumerate(lab.bets) if bet.share > 0.0}
            for name, lab in market.scenario.labs.items()
            if lab.bets
        }
        self._running: dict[str, set[int]] = {name: set() for name in self._bets}
        self._gained = dict.fromkeys(self._bets, 0.0)
        self._ended = dict.fromkeys(self._bets, 0)

    def attach(self, clock: Clock) -> None:
        clock.on("research", self._on_research)
        start = self._market.scenario.start
        for name, bets in self._bets.items():
            for slot, bet in bets.items():
                day = 0.0 if bet.start is None else float((bet.start - start).days)
                clock.schedule([_event(day, name, slot, "begin")])

    def _on_research(self, event: Event) -> Iterable[Event]:
        name, slot = event.data["lab"], event.data["slot"]
        bet, lab = self._bets[name][slot], self._market.labs[name]
        outcome = draw_outcome(self._market.scenario.seed, name, slot, bet)
        begins = event.data["step"] == "begin"
        if begins:
            self._running[name].add(slot)
            number = float(bet.share)
            said = f"a bet begins, {number:.0%} of own growth"
        else:
            self._running[name].remove(slot)
            self._ended[name] += 1
            self._gained[name] += outcome.jump
            lab.quality += outcome.jump
            number, said = outcome.jump, "a bet ends without result"
            if outcome.jump > 0.0:
                said = f"a bet succeeds: {outcome.jump:.1f} frontier-months"
        lab.diverted = sum(float(self._bets[name][i].share) for i in sorted(self._running[name]))
        step = event.data["step"]
        self._market.note(
            event.time, event.kind, event.entity, said, lab=name, what=step, number=number
        )
        return (_event(event.time + outcome.days, name, slot, "end"),) if begins else ()

    def rows(self, day: float) -> Iterable[Row]:
        for name in self._bets:
            yield name, "research_share", self._market.labs[name].diverted
            yield name, "research_ended", float(self._ended[name])
            yield name, "research_gain", self._gained[name]


def _event(day: float, lab: str, slot: int, step: str) -> Event:
    name = f"research:{lab}:{slot}:{step}"
    data = {"lab": lab, "slot": slot, "step": step}
    return Event(day, Priority.RESEARCH, name, "research", lab, data)
