"""One run: scenario -> world -> market -> rate tables -> engine -> record.

The order within one instant: the market's events, then the tick, which reads the state, writes the
fields, makes the rate table and moves people to the next tick. So a row of day d shows the people
as the ticks before d left them and the market as the events of d made it.
"""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.clock import Clock, Event, Priority
from sim.engines.agents.diversity import MOST_PEOPLE
from sim.engines.agents.population import AgentPopulation
from sim.engines.making import make_population
from sim.engines.population import Population
from sim.engines.scaled import ScaledPopulation
from sim.market.actor import Row
from sim.market.actors import open_actors
from sim.market.market import Market
from sim.market.opening import open_ecosystem
from sim.market.reading import market_reading
from sim.memory import give_back
from sim.people.footprint import require_memory
from sim.people.layers import make_layers, tied_platforms
from sim.people.sample import Sample, draw_sample
from sim.people.world import World, build_world
from sim.rates import influence
from sim.rates.consumer_states import ConsumerStates
from sim.rates.consumers import ConsumerHazards, ConsumerParameters
from sim.rates.contagion import Response
from sim.record.recorder import Recorder
from sim.record.tables import conform
from sim.scenario import Scenario
from sim.units import human
from sim.usage.groups import Groups
from sim.usage.holdout import Holdouts
from sim.usage.meter import Reading, UsageMeter
from sim.usage.network import NetworkMeter
from sim.usage.retention import Retention
from sim.usage.several import SeveralMeter
from sim.usage.surplus import SurplusMeter
from sim.usage.warm_start import warm_start

Progress = Callable[[float, float], None]
#: People simulated one by one who are told apart by their place among those of the same segment,
#: platforms and type: a word of 32 bits in the counter of their draws.
MOST_ALIKE = 2**32


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


class Simulation:
    """A scenario in motion. `run` plays it to the end; `people` may be looked at on the way.

    Raises `sim.ScenarioError` when sizes or start figures cannot hold together.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.dt = float(scenario.tick)
        require_memory(scenario)
        self.world = build_world(scenario)
        self.sample = _sample(scenario, self.world)
        self.states = ConsumerStates(tuple(scenario.features))
        self.market = Market(scenario, open_ecosystem(scenario))
        self.market.actors = open_actors(self.market)
        agents = scenario.engine == "agents"
        self.hazards = ConsumerHazards(
            self.world,
            self.states,
            _consumer_parameters(scenario),
            tied=tied_platforms(scenario) if agents else (),
        )
        self.groups = Groups.of(self.world)
        self.meter = UsageMeter(self.states, self.groups, scenario.parameters, self.dt)
        self.holdouts = Holdouts.of(self.world, self.states)
        self.several = SeveralMeter.of(self.states, scenario.parameters)
        self.surplus = SurplusMeter.of(self.world, self.states, scenario.parameters)
        self.retention = Retention(
            self.world,
            self.states,
            scenario.parameters,
            start=scenario.start,
            days=scenario.days,
            dt=self.dt,
        )
        self.recorder = Recorder(scenario.start, self.states.features, self.groups)
        self.consumers = self._start()
        self.network = NetworkMeter.of(
            self.world, self.states, self.consumers, tied_platforms(scenario), scenario.start
        )
        self.clock = Clock()
        self.clock.on("tick", self._on_tick)
        self.market.attach(self.clock)
        self.clock.schedule([_tick(0, self.dt)])
        self.ticks = 0
        self._progress: Progress | None = None

    def run(self, progress: Progress | None = None) -> Outcome:
        """Play the scenario to its end; `progress(day, days)` is called once a tick."""
        self._progress = progress
        begun = perf_counter()
        # The loop makes no reference cycles, and a collection in the middle of it costs
        # milliseconds.
        collecting = gc.isenabled()
        gc.disable()
        try:
            self.clock.run(until=self.scenario.days)
        finally:
            if collecting:
                gc.enable()
        engine_s = perf_counter() - begun
        ecosystem = self.market.ecosystem
        lines = ecosystem.line_sizes() if ecosystem is not None else None
        tables = self.recorder.tables(self.market.log, lines)
        tables["retention"] = conform("retention", self.retention.table())
        if self.network is not None:
            for name, table in self.network.tables().items():
                tables[name] = conform(name, table)
        return Outcome(
            self.scenario,
            tables,
            engine_s,
            self.ticks,
            people=self.sample.people,
            bytes_per_person=_bytes_per_person(self.consumers, self.network),
        )

    @property
    def people(self) -> NDArray[Any]:
        """Consumers by state and class, (states, classes)."""
        return self.consumers.people

    def _start(self) -> Population:
        # Apps settle at the users that the scenario gives, so that the start is worked out with the
        # variety that people will find there.
        self.market.mau = _given_users(self.scenario)
        if self.market.ecosystem is not None:
            self.market.ecosystem.settle_apps(self.market.labs, self.market.by_lab(self.market.mau))
        self.market.write_fields(0.0)
        by_class = self.world.people.astype(float)
        nobody = np.zeros((len(self.states), by_class.size))
        nobody[self.states.never] = by_class
        weight = self._spread(nobody)
        people = warm_start(
            self.scenario, self.world, self.states, self.meter, weight, self._expected_flows
        )
        self.market.mau = self.meter.users(people).mau
        return consumers(self.scenario, self.world, self.states, people, self.sample)

    def _spread(self, nobody: NDArray[np.float64]) -> NDArray[np.float64]:
        """How the users of a feature lie over classes: people, times their way in, times what keeps
        them.

        Some came in by ways that are closed today, so where a feature can be had nobody's share is
        zero.
        """
        way_in, reachable = self.hazards.uptake(self.market.fields, nobody)
        floor = 0.01 * way_in.max(axis=1, initial=0.0, keepdims=True) + 1e-9
        world = self.world
        spread: NDArray[np.float64] = np.maximum(way_in, floor) * reachable * world.people
        spread *= np.sqrt(world.stickiness)
        return spread

    def _expected_flows(self, people: NDArray[np.float64]) -> NDArray[np.float64]:
        """Flows a day (transitions, classes) that people would have under today's fields."""
        table = self.hazards.table(self.market.fields, people, mixed=True)
        flows: NDArray[np.float64] = people[table.transitions.source] * table.move_probability(1.0)
        return flows

    def _on_tick(self, event: Event) -> Iterable[Event]:
        day, n = event.time, event.data["n"]
        self._record(day)
        if self._progress is not None:
            self._progress(day, self.scenario.days)
        if day + self.dt > self.scenario.days + 1e-9:
            return ()
        self.market.write_fields(day)
        before = self.consumers.people.copy()
        table = self.hazards.table(self.market.fields, before)
        flows = self.consumers.advance(table, self.dt, n)
        self.market.advance(day, self.dt, n)
        self.meter.observe(before, flows)
        self.retention.observe(before, flows, self.meter.state.first[:-1])
        self.ticks += 1
        return (_tick(n + 1, self.dt),)

    def _record(self, day: float) -> None:
        """Take a reading, on whole days only when ticks are shorter than a day."""
        if self.dt < 1.0 and abs(day - round(day)) > 1e-6:
            return
        self.market.mau, self.market.wau, self.market.dau, _ = self.meter.users(
            self.consumers.people
        )
        reading = self.meter.read(self.consumers.people)
        self.market.lapsed = reading["lapsed"][:-1, 0]
        rows = market_reading(self.market, day) + self._measured_rows(reading)
        self.recorder.note(round(day, 9), reading, rows)
        if self.network is not None:
            last = day + self.dt > self.scenario.days + 1e-9
            self.network.read(round(day, 9), last=last)

    def _measured_rows(self, reading: Reading) -> list[Row]:
        """Rows for the market table that are read off the people."""
        people = self.consumers.people
        mau, dau = (float(reading[metric][-1, 0]) for metric in ("mau", "dau"))
        utility, available = self.hazards.utilities(self.market.fields, people)
        return [
            *self.holdouts.rows(people),
            *self.several.rows(people, mau, dau),
            *self.surplus.rows(people, utility, available),
        ]


def simulate(scenario: Scenario, progress: Progress | None = None) -> Outcome:
    """Run a scenario from start to end."""
    outcome = Simulation(scenario).run(progress)
    # Clock and market refer to each other, so what they hold would stay until the collector next
    # comes by, and the figures are drawn before that.
    give_back()
    return outcome


def _tick(n: int, dt: float) -> Event:
    return Event(n * dt, Priority.TICK, "tick", "tick", "people", {"n": n})


def _consumer_parameters(scenario: Scenario) -> ConsumerParameters:
    p = {name: float(value) for name, value in scenario.parameters.items()}
    mixed, single = _influence(scenario.influence.form, p)
    return ConsumerParameters(
        values=p,
        acceptance=np.array(
            [
                np.nan if f.acceptance is None else float(f.acceptance)
                for f in scenario.features.values()
            ]
        ),
        influence=mixed,
        response=single,
    )


def _influence(form: str, p: dict[str, float]) -> tuple[influence.Influence, Response]:
    """The influence form for shares of a well-mixed platform, and for single people."""
    match form:
        case "saturating":
            e = p["influence_exposure"]
            return influence.saturating(e), Response.saturating(e)
        case "hill":
            half, power = p["influence_hill_half"], p["influence_hill_n"]
            return influence.hill(half, power), Response.hill(half, power)
        case "threshold":
            needed = p["influence_threshold"]
            return influence.threshold(needed), Response.threshold(needed)
    return influence.linear, Response()


def _given_users(scenario: Scenario) -> NDArray[np.float64]:
    """Monthly users of each feature on the start date as the scenario gives them, (J,)."""
    given = []
    for feature in scenario.features.values():
        mau = feature.at_start.mau if feature.at_start is not None else 0.0
        given.append(float(sum(mau.values()) if isinstance(mau, dict) else mau))
    return np.array(given)


def _sample(scenario: Scenario, world: World) -> Sample:
    if scenario.engine == "expected":  # nothing is drawn, so nothing is gained by a sample
        return Sample(world.people, np.ones(world.people.size))
    return draw_sample(world.people, scenario.people.size(float(world.people.sum())))


def _bytes_per_person(population: Population, network: NetworkMeter | None) -> float | None:
    """What is held for each person simulated one by one: states, ties, and who brought whom."""
    inner = population.inner if isinstance(population, ScaledPopulation) else population
    if not isinstance(inner, AgentPopulation):
        return None
    held = inner.bytes + (0 if network is None else network.bytes)
    return held / max(inner.state.size, 1)


def _require_words(scenario: Scenario, world: World, sample: Sample) -> None:
    """Refuse more people of one kind than their draws can tell apart."""
    kind = np.unique(np.array(world.owners), return_inverse=True)[1]
    most = int(np.bincount(kind, sample.size).max(initial=0))
    if most > MOST_ALIKE:
        raise scenario.refusal(
            ("people",),
            f"{human(most, 'people')} people one by one of the same segment, platforms and type",
            expected=f"at most {MOST_ALIKE:,} of a kind: a sample, or more segments",
        )


def _by_groups(scenario: Scenario, sample: Sample) -> bool:
    """Do unconnected groups of contacts count? Refused where there are too many people."""
    if scenario.influence.count != "groups":
        return False
    networks = {platform.ties.network for platform in scenario.platforms.values()}
    if "computed" in networks or sample.people > MOST_PEOPLE:
        raise scenario.refusal(
            ("influence", "count"),
            f"groups among contacts cannot be counted for {sample.people:,} people"
            + (" with computed ties" if "computed" in networks else ""),
            expected=f"stored ties among at most {MOST_PEOPLE:,} people, or `count: contacts`",
        )
    return True


def consumers(
    scenario: Scenario,
    world: World,
    states: ConsumerStates,
    people: NDArray[np.float64],
    sample: Sample,
) -> Population:
    """People by state and class held by the scenario's engine, everybody or a sample."""
    counts = sample.states(people)
    keys = {"seed": scenario.seed, "purpose": "consumers", "class_names": world.class_names}
    population: Population
    if scenario.engine == "agents":
        _require_words(scenario, world, sample)
        layers = make_layers(scenario, world, sample)
        by_number = scenario.influence.of == "number"
        population = AgentPopulation(
            states.transitions,
            counts,
            owners=world.owners,
            layers=layers,
            active=states.uses,
            divisor=world.degree[list(tied_platforms(scenario))] if by_number else None,
            groups=_by_groups(scenario, sample),
            **keys,  # type: ignore[arg-type]
        )
    else:
        population = make_population(
            scenario.engine,
            states.transitions,
            counts.astype(float),
            **keys,  # type: ignore[arg-type]
        )
    return population if sample.whole else ScaledPopulation(population, sample.weight)
