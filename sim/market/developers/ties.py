"""Developers as the scenario's engine holds them: counted, or one by one with whom they follow.

Who follows whom is known among simulated developers only; each stands for as many as make up all
(`sim.people.sample`). What one follows is not scaled: a developer follows as many others in a
sample as it would among all.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.engines.agents.population import AgentPopulation
from sim.engines.making import make_population
from sim.engines.population import Population
from sim.engines.scaled import ScaledPopulation
from sim.people.sample import draw_sample
from sim.rates.developers import DeveloperStates
from sim.scenario.developers import DeveloperTies
from sim.scenario.problems import Misfit
from sim.ties.followers import follower_ties
from sim.ties.layer import StoredLayer
from sim.ties.network_files import read_network

_PURPOSE = "developers"


def has_followers(ties: DeveloperTies | None, engine: str) -> bool:
    """Does the engine know who follows whom?"""
    return engine == "agents" and ties is not None and ties.network != "none"


def make_developers(
    ties: DeveloperTies | None,
    states: DeveloperStates,
    people: NDArray[np.float64],
    *,
    engine: str,
    seed: int,
    file: Path | None = None,
) -> Population:
    """Developers by state (states,), whole numbers, on an engine; `file` is where the network file
    lies, for ties that name one.

    Raises Misfit, with a path from the ties on, for a network that they cannot form.
    """
    if ties is None or not has_followers(ties, engine):
        return make_population(
            engine,
            states.transitions,
            people[:, None],
            seed=seed,
            purpose=_PURPOSE,
            class_names=(_PURPOSE,),
        )
    total = np.array([people.sum()]).astype(np.int64)
    try:
        layer = _from_file(file, ties, int(total[0])) if ties.network == "file" else None
        wanted = float(ties.simulated) if layer is None else layer.people
        sample = draw_sample(total, wanted)
        if layer is None:
            layer = follower_ties(
                sample.people,
                float(ties.mean_degree),
                exponent=float(ties.exponent),
                largest=int(ties.largest_degree),
                seed=seed,
                layer=_PURPOSE,
            )
    except ValueError as error:
        key = "file" if ties.network == "file" else "mean_degree"
        raise Misfit((key,), str(error)) from error
    agents = AgentPopulation(
        states.transitions,
        sample.states(people[:, None]),
        seed=seed,
        purpose=_PURPOSE,
        class_names=(_PURPOSE,),
        layers=(layer,),
        active=states.seen,
    )
    return agents if sample.whole else ScaledPopulation(agents, sample.weight)


def _from_file(file: Path | None, ties: DeveloperTies, developers: int) -> StoredLayer:
    assert file is not None, "a network file without a name"
    # A list without names would not say who follows whom, and half of them are the wrong way round.
    columns = None if ties.mutual else ("followed", "follower")
    layer = read_network(file, ties, directed=not ties.mutual, columns=columns)
    if layer.people > developers:
        raise ValueError(
            f"{ties.file} has {layer.people:,} people, but there are {developers:,} developers"
        )
    return layer
