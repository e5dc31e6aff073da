"""The start: from a scenario to a market and people that meet its figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines.consumers import make_consumers, sample_of
from sim.engines.population import Population
from sim.market.market import Market
from sim.people.footprint import footprint, require_memory
from sim.people.layers import tied_platforms
from sim.people.sample import Sample
from sim.people.world import World, build_world
from sim.rates import influence
from sim.rates.consumer_states import ConsumerStates
from sim.rates.consumers import ConsumerHazards, ConsumerParameters
from sim.rates.contagion import Response
from sim.record.plan import Plan, wanted
from sim.scenario import Scenario
from sim.usage.groups import Groups
from sim.usage.meter import BY_NAME, UsageMeter
from sim.usage.warm_start import warm_start

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Start:
    """People and the market on the start date, and what follows from the scenario alone."""

    world: World
    states: ConsumerStates
    groups: Groups
    sample: Sample
    hazards: ConsumerHazards
    meter: UsageMeter
    consumers: Population


def start(scenario: Scenario, market: Market, plan: Plan) -> Start:
    """Set people up so that the figures of the start date are met; apps settle at the users that
    the scenario gives, so that the start is worked out with the variety that people will find
    there.

    Raises ScenarioError when sizes or start figures cannot hold together.
    """
    with scenario.placing():
        require_memory(footprint(scenario))
        world = build_world(
            scenario.segments,
            scenario.types,
            scenario.platforms,
            scenario.overlaps,
            scenario.features,
            scenario.parameters,
        )
    sample = sample_of(scenario, world)
    states = ConsumerStates(tuple(scenario.features))
    hazards = ConsumerHazards(
        world,
        states,
        _consumer_parameters(scenario, market.parameters),
        tied=tied_platforms(scenario.platforms) if scenario.engine == "agents" else (),
    )
    groups = Groups.of(world)
    meter = UsageMeter(
        states,
        groups,
        market.parameters,
        float(scenario.tick),
        metrics=wanted(plan.metrics, BY_NAME),
        first=plan.wants_table("retention"),
    )
    market.open(_given_users(scenario))
    fields = market.fields

    def expected_flows(people: F64) -> F64:
        """Flows a day (transitions, classes) that people would have under today's fields."""
        table = hazards.table(fields, people, mixed=True)
        flows: F64 = people[table.transitions.source] * table.move_probability(1.0)
        return flows

    by_class = world.people.astype(float)
    nobody = np.zeros((len(states), by_class.size))
    nobody[states.never] = by_class
    way_in, reachable = hazards.uptake(fields, nobody)
    weight = _spread(world, way_in, reachable)
    people = warm_start(scenario, world, states, meter, weight, expected_flows)
    market.look(meter.users(people))
    consumers = make_consumers(scenario, world, states, people, sample)
    return Start(world, states, groups, sample, hazards, meter, consumers)


def _spread(world: World, way_in: F64, reachable: F64) -> F64:
    """How the users of a feature lie over classes: people, times their way in, times what keeps
    them.

    Some came in by ways that are closed today, so where a feature can be had nobody's share is
    zero.
    """
    floor = 0.01 * way_in.max(axis=1, initial=0.0, keepdims=True) + 1e-9
    spread: F64 = np.maximum(way_in, floor) * reachable * world.people
    spread *= np.sqrt(world.stickiness)
    return spread


def _consumer_parameters(scenario: Scenario, parameters: dict[str, float]) -> ConsumerParameters:
    mixed, single = _influence(scenario.influence.form, parameters)
    fixed = [
        np.nan if feature.acceptance is None else float(feature.acceptance)
        for feature in scenario.features.values()
    ]
    return ConsumerParameters(
        values=parameters, acceptance=np.array(fixed), influence=mixed, response=single
    )


def _influence(form: str, p: dict[str, float]) -> tuple[influence.Influence, Response]:
    """The influence form for shares of a well-mixed platform, and for single people."""
    match form:
        case "saturating":
            e = p["influence_exposure"]
            return influence.Saturating(e), Response.saturating(e)
        case "hill":
            half, power = p["influence_hill_half"], p["influence_hill_n"]
            return influence.Hill(half, power), Response.hill(half, power)
        case "threshold":
            needed = p["influence_threshold"]
            return influence.Threshold(needed), Response.threshold(needed)
    return influence.Linear(), Response()


def _given_users(scenario: Scenario) -> F64:
    """Monthly users of each feature on the start date as the scenario gives them, (J,)."""
    given: list[float] = []
    for feature in scenario.features.values():
        mau: Any = feature.at_start.mau if feature.at_start is not None else 0.0
        given.append(float(sum(mau.values()) if isinstance(mau, dict) else mau))
    return np.array(given)
