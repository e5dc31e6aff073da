"""Developers as the scenario's engine holds them: counted, or one by one with whom they follow.

Who follows whom is known among simulated developers only; each stands for as many as make up all
(`sim.people.sample`). What one follows is not scaled: a developer follows as many others in a
sample as it would among all.
"""

import numpy as np
from numpy.typing import NDArray

from sim.engines.agents.population import AgentPopulation
from sim.engines.making import make_population
from sim.engines.population import Population
from sim.engines.scaled import ScaledPopulation
from sim.people.network_files import read_network
from sim.people.sample import draw_sample
from sim.rates.developers import DeveloperStates
from sim.scenario import Scenario
from sim.scenario.developers import DeveloperTies
from sim.ties.followers import follower_ties
from sim.ties.layer import StoredLayer

_PURPOSE = "developers"
_AT = ("developers", "ties")


def has_followers(scenario: Scenario) -> bool:
    """Does the engine know who follows whom?"""
    return _ties(scenario) is not None


def make_developers(
    scenario: Scenario, states: DeveloperStates, people: NDArray[np.float64]
) -> Population:
    """Developers by state (states,), whole numbers, on the scenario's engine.

    Raises ScenarioError, at its place in the file, for a network that they cannot form.
    """
    ties = _ties(scenario)
    if ties is None:
        return make_population(
            scenario.engine,
            states.transitions,
            people[:, None],
            seed=scenario.seed,
            purpose=_PURPOSE,
            class_names=(_PURPOSE,),
        )
    total = np.array([people.sum()]).astype(np.int64)
    try:
        layer = _from_file(scenario, ties, int(total[0])) if ties.network == "file" else None
        wanted = float(ties.simulated) if layer is None else layer.people
        sample = draw_sample(total, wanted)
        if layer is None:
            layer = follower_ties(
                sample.people,
                float(ties.mean_degree),
                exponent=float(ties.exponent),
                largest=int(ties.largest_degree),
                seed=scenario.seed,
                layer=_PURPOSE,
            )
    except ValueError as error:
        key = "file" if ties.network == "file" else "mean_degree"
        raise scenario.refusal((*_AT, key), str(error)) from error
    agents = AgentPopulation(
        states.transitions,
        sample.states(people[:, None]),
        seed=scenario.seed,
        purpose=_PURPOSE,
        class_names=(_PURPOSE,),
        layers=(layer,),
        active=states.seen,
    )
    return agents if sample.whole else ScaledPopulation(agents, sample.weight)


def _ties(scenario: Scenario) -> DeveloperTies | None:
    ties = scenario.developers.ties if scenario.developers is not None else None
    if scenario.engine != "agents" or ties is None or ties.network == "none":
        return None
    return ties


def _from_file(scenario: Scenario, ties: DeveloperTies, developers: int) -> StoredLayer:
    # A list without names would not say who follows whom, and half of them are the wrong way round.
    columns = None if ties.mutual else ("followed", "follower")
    layer = read_network(scenario, _AT, ties, directed=not ties.mutual, columns=columns)
    if layer.people > developers:
        raise ValueError(
            f"{ties.file} has {layer.people:,} people, but there are {developers:,} developers"
        )
    return layer
