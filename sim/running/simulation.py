"""One run: scenario -> world -> market -> rate tables -> engine -> record.

The order within one instant: the market's events, then the tick. A tick looks at the people, shapes
the fields, lets observers look, makes the rate table and moves people to the next tick. So a row of
day d shows the people as the ticks before d left them and the market as the events of d made it.

Nothing that looks changes anything: the market looks at the people itself, once a tick, and what is
recorded depends on the plan alone.
"""

import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from sim.clock import Clock, Event, Priority
from sim.engines.consumers import held_bytes
from sim.market.market import Market
from sim.market.mechanisms import Mechanism, openers
from sim.memory import give_back
from sim.observing.observer import Observer, Tick, View
from sim.observing.observers import open_observers
from sim.record.plan import FULL, Plan
from sim.record.recorder import Recorder
from sim.record.tables import conform
from sim.running.fingerprint import fingerprint
from sim.running.start import start
from sim.scenario import Scenario

__all__ = ["Outcome", "Simulation", "simulate"]

#: Called with the day reached and the days there are, once a tick.
Progress = Callable[[float, float], None]
#: Asked between two instants; the run pauses there when it says so.
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Outcome:
    """What a run gives: the scenario, its tables (pyarrow), seconds in the loop, and ticks; how
    many people were simulated, and bytes each where they were so one by one."""

    scenario: Scenario
    tables: dict[str, Any]
    engine_s: float
    ticks: int
    people: int = 0
    bytes_per_person: float | None = None
    plan: Plan = FULL


@dataclass
class Progressed:
    """How far a run has come. The next tick is number `ticks`, unless all have been played."""

    ticks: int = 0
    seconds: float = 0.0
    """In the loop, all processes that played the run together."""


class Simulation:
    """A scenario in motion. `run` plays it, to its end or to a day on the way; then `people` may be
    looked at, a checkpoint written (`sim.running.checkpoint`), and `run` called again.

    `plan` says what is recorded; `mechanisms` act beside those that the scenario asks for. Raises
    `sim.ScenarioError` when sizes or start figures cannot hold together.
    """

    def __init__(
        self, scenario: Scenario, *, plan: Plan = FULL, mechanisms: Sequence[Mechanism] = ()
    ) -> None:
        self.scenario, self.plan = scenario, plan
        self.dt = float(scenario.tick)
        self.clock = Clock()
        self.market = Market(scenario, self.clock, openers(scenario, mechanisms))
        set_up = start(scenario, self.market, plan)
        self.world, self.states, self.groups = set_up.world, set_up.states, set_up.groups
        self.hazards, self.meter, self.consumers = set_up.hazards, set_up.meter, set_up.consumers
        self.sample = set_up.sample
        self.recorder = Recorder(scenario.start, self.states.features, self.groups, plan)
        view = View(
            scenario,
            self.world,
            self.states,
            self.market,
            self.hazards,
            self.consumers,
            self.meter,
            self.market.parameters,
        )
        self.observers = open_observers(view, plan)
        self.progress = Progressed()
        self.clock.on("tick", self._on_tick)
        self.clock.schedule([*self.market.agenda(), _tick(0, self.dt)])
        self._told: Progress | None = None

    def run(
        self,
        until: float | None = None,
        *,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Outcome:
        """`play`, and what there is by then."""
        self.play(until, progress=progress, stop=stop)
        return self.outcome()

    def play(
        self,
        until: float | None = None,
        *,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> float:
        """Play on up to and including the day `until` (default: the end); the day reached.

        `progress(day, days)` is called once a tick. When `stop()` is true the run pauses before the
        next instant; it may be played on.
        """
        self._told = progress
        begun = perf_counter()
        # The loop makes no reference cycles, and a collection in the middle of it costs
        # milliseconds.
        collecting = gc.isenabled()
        gc.disable()
        try:
            days = self.scenario.days
            self.clock.run(until=days if until is None else min(until, days), stop=stop)
        finally:
            if collecting:
                gc.enable()
            self._told = None
            self.progress.seconds += perf_counter() - begun
        return self.clock.now

    @cached_property
    def fingerprint(self) -> str:
        """That of the scenario and of the files it names, as they are when first asked for."""
        return fingerprint(self.scenario)

    @property
    def finished(self) -> bool:
        """Has every event up to the end been played?"""
        pending = self.clock.pending()
        return not pending or pending[0].time > self.scenario.days

    def outcome(self) -> Outcome:
        """What was recorded so far, as tables."""
        tables = self.recorder.tables(self.market.log)
        further = [actor.tables() for actor in self.market.actors]
        further += [observer.tables() for observer in self.observers]
        for found in further:
            for name, table in found.items():
                if self.plan.wants_table(name):
                    tables[name] = conform(name, table)
        return Outcome(
            self.scenario,
            tables,
            self.progress.seconds,
            self.progress.ticks,
            people=self.sample.people,
            bytes_per_person=self._bytes_per_person(),
            plan=self.plan,
        )

    def observer(self, name: str) -> Observer | None:
        """The observer of that name, where the run has it."""
        return next((each for each in self.observers if each.name == name), None)

    @property
    def people(self) -> NDArray[Any]:
        """Consumers by state and class, (states, classes)."""
        return self.consumers.people

    def _on_tick(self, event: Event) -> Iterable[Event]:
        day, n = event.time, event.data["n"]
        last = day + self.dt > self.scenario.days + 1e-9
        people = self.consumers.people
        self.market.look(self.meter.users(people))
        fields = self.market.meet(day)
        self._observe(day, last)
        if self._told is not None:
            self._told(day, self.scenario.days)
        if last:
            return ()
        self.market.begin(day, fields)
        before = people.copy()
        table = self.hazards.table(fields, before)
        flows = self.consumers.advance(table, self.dt, n)
        self.market.advance(day, self.dt, n)
        self.meter.observe(before, flows)
        tick = Tick(day, before, flows)
        for observer in self.observers:
            observer.follow(tick)
        self.progress.ticks += 1
        return (_tick(n + 1, self.dt),)

    def _observe(self, day: float, last: bool) -> None:
        """Let observers look, on whole days only when ticks are shorter than a day, and record what
        the plan asks for."""
        if self.dt < 1.0 and abs(day - round(day)) > 1e-6 and not last:
            return
        day = round(day, 9)
        for observer in self.observers:
            observer.look(day, last=last)
        if self.plan.due(day, last, self.dt):
            rows = [row for observer in self.observers for row in observer.rows(day)]
            reading = self.meter.read(self.consumers.people, self.recorder.metrics)
            self.recorder.note(day, reading, rows)

    def _bytes_per_person(self) -> float | None:
        """What is held for each person simulated one by one: states, ties, and what observers note
        of each."""
        held = held_bytes(self.consumers)
        if held is None:
            return None
        size, people = held
        return (size + sum(observer.bytes for observer in self.observers)) / max(people, 1)


def simulate(
    scenario: Scenario,
    progress: Progress | None = None,
    *,
    plan: Plan = FULL,
    mechanisms: Sequence[Mechanism] = (),
) -> Outcome:
    """Run a scenario from start to end."""
    outcome = Simulation(scenario, plan=plan, mechanisms=mechanisms).run(progress=progress)
    # Clock and market refer to each other, so what they hold would stay until the collector next
    # comes by, and the figures are drawn before that.
    give_back()
    return outcome


def _tick(n: int, dt: float) -> Event:
    return Event(n * dt, Priority.TICK, "tick", "tick", "people", {"n": n})
