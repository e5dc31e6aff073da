"""The market: what all its mechanisms share. Events in, fields out.

It holds what moves and is not a person, and belongs to no single mechanism: labs, base values of
the fields, rollouts, developers, the latest count of users, and the log. Mechanisms (`actors`)
carry out the events of the clock and return those that follow; once a tick each of them shapes a
copy of the base fields, in their order, before people move.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from sim.clock import Clock, Event
from sim.market.actor import Actor, Measure
from sim.market.developers.ecosystem import Ecosystem
from sim.market.guarded import Guarded
from sim.market.happening import About, Happening
from sim.market.labs.labs import Lab
from sim.market.labs.levels import levels
from sim.market.labs.opening import open_fields, open_labs
from sim.market.rollout.state import Rollout
from sim.rates.fields import BY_EVENTS, Fields
from sim.scenario import Scenario
from sim.usage.meter import Users

F64 = NDArray[np.float64]

#: Makes a mechanism for a market, or None where its scenario does not ask for it.
Opener = Callable[["Market"], Actor | None]


@dataclass
class MarketState:
    """What moves in a market, apart from its mechanisms' own states."""

    parameters: dict[str, float]
    """As they are today."""
    base: Fields
    """What events have set, without any mechanism's effect."""
    met: Fields
    """What people met in the latest tick; where events of today moved something, what they made."""
    fields: Fields
    """As they stand: shaped at the latest tick."""
    users: Users
    labs: dict[str, Lab]
    rollout: Rollout
    log: list[Happening]


class Market:
    """The moving market of one scenario; `openers` make its mechanisms, in the order in which they
    act. `open` comes before anything else."""

    def __init__(self, scenario: Scenario, clock: Clock, openers: Sequence[Opener]) -> None:
        self.scenario, self.clock = scenario, clock
        self.features = tuple(scenario.features)
        parameters = {name: float(value) for name, value in scenario.parameters.items()}
        self.levels = levels(parameters)
        base = open_fields(
            scenario.features, scenario.platforms, scenario.segments, parameters, scenario.start
        )
        placed = np.array(
            [[p in f.placements for p in scenario.platforms] for f in scenario.features.values()],
            bool,
        ).reshape(len(self.features), len(scenario.platforms))
        nobody = np.zeros(len(self.features))
        self.state = MarketState(
            parameters=parameters,
            base=base,
            met=base.copy(),
            fields=base.copy(),
            users=Users(nobody, nobody.copy(), nobody.copy(), np.full(nobody.size, np.nan)),
            labs=open_labs(scenario.labs, self.levels),
            rollout=Rollout.of(base.rollout, placed),
            log=[],
        )
        lab_names = list(scenario.labs)
        self._lab_of = np.array(
            [lab_names.index(f.lab) for f in scenario.features.values()], np.int64
        )
        self.ecosystem: Ecosystem | None = None
        """Developers, apps and derivatives, where the scenario has developers."""
        self.actors: list[Actor] = []
        self._measures: dict[str, Measure] = {
            "mau": lambda of: float(self.by_lab(self.mau)[lab_names.index(str(of))]),
            "share": lambda of: float(self.by_lab(self.shares())[lab_names.index(str(of))]),
            "hhi": lambda of: self.hhi(),
        }
        for opener in openers:
            actor = opener(self)
            if actor is not None:
                self.join(actor)

    def join(self, actor: Actor) -> None:
        """Add a mechanism. Raises ValueError for a second one of its name."""
        if self.mechanism(actor.name) is not None:
            raise ValueError(f"two mechanisms are called {actor.name!r}")
        self.actors.append(actor)
        actor.attach(self.clock)
        self._measures |= actor.measures()

    def open(self, users: F64) -> None:
        """Bring the market to its start with monthly users (J,) as they are given."""
        self.look(Users(users, np.zeros_like(users), np.zeros_like(users), self.users.lapsed))
        if self.ecosystem is not None:
            self.ecosystem.settle_apps(self.labs, self.by_lab(self.mau))
        self.state.fields = self._shaped(0.0)

    def agenda(self) -> Iterable[Event]:
        """Every event that is known at the start."""
        for actor in self.actors:
            yield from actor.agenda()

    def mechanism(self, name: str) -> Actor | None:
        """The mechanism of that name, where the run has it."""
        found = next((actor for actor in self.actors if actor.name == name), None)
        return found.actor if isinstance(found, Guarded) else found

    # --- what moves

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters as they are today: one mapping that everybody reads."""
        return self.state.parameters

    @property
    def labs(self) -> dict[str, Lab]:
        return self.state.labs

    @property
    def base(self) -> Fields:
        """What events have set; mechanisms leave it alone and shape copies."""
        return self.state.base

    @property
    def fields(self) -> Fields:
        """The fields as they stand, with every mechanism's effect."""
        return self.state.fields

    @property
    def met(self) -> Fields:
        """The fields that people met in the latest tick, with what events of today have made."""
        return self.state.met

    @property
    def rollout(self) -> Rollout:
        return self.state.rollout

    @property
    def log(self) -> list[Happening]:
        return self.state.log

    @property
    def users(self) -> Users:
        """Users of each feature, deduplicated over platforms, at the latest tick."""
        return self.state.users

    @property
    def mau(self) -> F64:
        """(J,) monthly users."""
        return self.state.users.mau

    # --- measures

    def by_lab(self, per_feature: F64) -> F64:
        """Sum of a figure per feature over each lab's features."""
        totals: F64 = np.zeros(len(self.labs))
        np.add.at(totals, self._lab_of, per_feature)
        return totals

    def shares(self) -> F64:
        """Each feature's share of the summed monthly users; zeros when nobody uses anything."""
        total = self.mau.sum()
        return self.mau / total if total > 0.0 else np.zeros_like(self.mau)

    def hhi(self) -> float:
        """Herfindahl-Hirschman index of use, 0-10,000."""
        return float(1e4 * np.square(self.shares()).sum())

    def measure(self, metric: str, of: str | None) -> float:
        """A metric that policy rules may look at; `of` is a lab, a feature, a regime or
        `lab.tier`. Raises KeyError for one that no mechanism of this market measures."""
        return self._measures[metric](of)

    def measures(self, metric: str) -> bool:
        """Does a mechanism of this market measure it?"""
        return metric in self._measures

    # --- once a tick

    def look(self, users: Users) -> None:
        """Take in how many people use each feature now."""
        self.state.users = users

    def meet(self, day: float) -> Fields:
        """The fields of the tick that begins on `day`; and note what people met before it."""
        now = self._shaped(day)
        self.state.met = replace(self.fields, **{name: getattr(now, name) for name in BY_EVENTS})
        return now

    def begin(self, day: float, fields: Fields) -> None:
        """A tick begins with these fields: mechanisms look at them before people move."""
        self.state.fields = fields
        for actor in self.actors:
            actor.watch(day)

    def _shaped(self, day: float) -> Fields:
        fields = self.base.copy()
        for actor in self.actors:
            actor.shape(fields, day)
        return fields

    def refresh(self, day: float, *names: str) -> None:
        """Let what an event has just changed show in these fields at once; the others follow at the
        next tick."""
        shaped = self._shaped(day)
        for name in names:
            now = getattr(self.fields, name)
            held = not now.flags.writeable  # by the guard of a mechanism whose event this is
            now.flags.writeable = True
            now[...] = getattr(shaped, name)
            now.flags.writeable = not held

    def advance(self, day: float, dt: float, tick: int) -> None:
        """Move on by one tick, from the state at its start."""
        for actor in self.actors:
            actor.advance(day, dt, tick)

    # --- the log

    def note(
        self, time: float, kind: str, entity: str, detail: str, **about: Unpack[About]
    ) -> None:
        """Write a line into the event log, in words and as data."""
        self.log.append(Happening(time, kind, entity, detail, **about))
