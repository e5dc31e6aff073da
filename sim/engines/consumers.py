"""Consumers as the scenario's engine holds them: everybody or a sample, with or without ties.

Problems are raised with their place in the scenario.
"""

import numpy as np
from numpy.typing import NDArray

from sim.engines.agents.diversity import MOST_PEOPLE
from sim.engines.agents.population import AgentPopulation
from sim.engines.making import make_population
from sim.engines.population import Population
from sim.engines.scaled import ScaledPopulation
from sim.people.layers import make_layers, tied_platforms, unstored_networks
from sim.people.sample import Sample, draw_sample
from sim.people.world import World
from sim.rates.consumer_states import ConsumerStates
from sim.scenario import Scenario
from sim.ties.layer import Layer
from sim.units import human

#: People simulated one by one who are told apart by their place among those of the same segment,
#: platforms and type: a word of 32 bits in the counter of their draws.
MOST_ALIKE = 2**32


def sample_of(scenario: Scenario, world: World) -> Sample:
    """Who is simulated. Nothing is drawn in `expected`, so nothing is gained by a sample there."""
    if scenario.engine == "expected":
        return Sample(world.people, np.ones(world.people.size))
    return draw_sample(world.people, scenario.people.size(float(world.people.sum())))


def make_consumers(
    scenario: Scenario,
    world: World,
    states: ConsumerStates,
    people: NDArray[np.float64],
    sample: Sample,
) -> Population:
    """People by state and class held by the scenario's engine. Raises ScenarioError."""
    counts = sample.states(people)
    population: Population
    if scenario.engine == "agents":
        _require_words(scenario, world, sample)
        by_number = scenario.influence.of == "number"
        population = AgentPopulation(
            states.transitions,
            counts,
            owners=world.owners,
            layers=_layers(scenario, world, sample),
            active=states.uses,
            divisor=world.degree[list(tied_platforms(scenario.platforms))] if by_number else None,
            groups=_by_groups(scenario, sample),
            seed=scenario.seed,
            purpose="consumers",
            class_names=world.class_names,
        )
    else:
        population = make_population(
            scenario.engine,
            states.transitions,
            counts.astype(float),
            seed=scenario.seed,
            purpose="consumers",
            class_names=world.class_names,
        )
    return population if sample.whole else ScaledPopulation(population, sample.weight)


def held_bytes(population: Population) -> tuple[int, int] | None:
    """Bytes that are held for people simulated one by one, and how many these are; None where
    people are counted."""
    inner = population.inner if isinstance(population, ScaledPopulation) else population
    return (inner.bytes, inner.state.size) if isinstance(inner, AgentPopulation) else None


def _layers(scenario: Scenario, world: World, sample: Sample) -> tuple[Layer, ...]:
    at = {name: ("platforms", name, "ties", "file") for name in world.platforms}
    with scenario.placing("platforms"):
        return make_layers(
            scenario.platforms,
            world,
            sample,
            homophily=float(scenario.parameters["homophily"]),
            seed=scenario.seed,
            files={name: scenario.files.get(path) for name, path in at.items()},
        )


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
    unstored = unstored_networks(scenario.platforms)
    if unstored or sample.people > MOST_PEOPLE:
        raise scenario.refusal(
            ("influence", "count"),
            f"groups among contacts cannot be counted for {sample.people:,} people"
            + (f" with {unstored[0]} ties" if unstored else ""),
            expected=f"stored ties among at most {MOST_PEOPLE:,} people, or `count: contacts`",
        )
    return True
