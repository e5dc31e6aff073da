"""Random populations, rate tables and ties, small enough for loops over people."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.rates.contagion import Contagion, Response
from sim.rates.table import RateTable, Transitions
from sim.ties.building import from_edges
from sim.ties.layer import Layer, StoredLayer

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

FORMS = {
    "linear": Response(),
    "saturating": Response.saturating(0.3),
    "hill": Response.hill(0.4, 2.5),
    "threshold": Response.threshold(0.35),
}


class Case(NamedTuple):
    """Everything that an `AgentPopulation` with ties is made of."""

    transitions: Transitions
    people: I64
    table: RateTable
    layers: tuple[Layer, ...]
    active: NDArray[np.bool_]

    def with_layers(self, number: int) -> "Case":
        """The same with the first few layers alone."""
        found = self.table.contagion
        assert found is not None
        fewer = replace(found, weight=found.weight[:, :number])
        return self._replace(
            table=replace(self.table, contagion=fewer), layers=self.layers[:number]
        )


def random_transitions(random: np.random.Generator, states: int) -> Transitions:
    """Up to four ways out of every state, none out of the last."""
    source, target = [], []
    for state in range(states - 1):
        others = np.delete(np.arange(states), state)
        ways = int(random.integers(1, min(4, others.size) + 1))
        source += [state] * ways
        target += random.choice(others, ways, replace=False).tolist()
    names = tuple(f"s{i}" for i in range(states))
    return Transitions(names, np.array(source, np.int64), np.array(target, np.int64))


def random_hazards(random: np.random.Generator, transitions: Transitions, classes: int) -> F64:
    """From none through one in a million to certain."""
    hazard = 10.0 ** random.uniform(-6.0, 1.5, (len(transitions), classes))
    hazard[random.random(hazard.shape) < 0.15] = 0.0
    return hazard


def random_layer(
    random: np.random.Generator, people: int, mean: float, *, directed: bool = False
) -> StoredLayer:
    """A few people in the middle of most of it, some without any contact."""
    edges = round(people * mean / 2)
    ends = np.minimum((people * random.random((2, edges)) ** 2).astype(np.int64), people - 1)
    return from_edges(ends[0], ends[1], people, directed=directed, drop=True)


def random_contagion(
    random: np.random.Generator,
    transitions: Transitions,
    classes: int,
    layers: int,
    channels: int,
    response: Response,
) -> Contagion:
    slope = random.uniform(0.0, 2.0, (len(transitions), classes))
    channel = random.integers(-1, channels, len(transitions))
    slope[channel < 0] = 0.0
    weight = random.uniform(0.0, 1.0, (channels, layers, classes))
    weight[random.random(weight.shape) < 0.2] = 0.0
    return Contagion(channel, slope, weight, 0.4, response)


def random_case(seed: int, *, form: str, sizes: list[int], states: int = 5) -> Case:
    """Classes of `sizes` with an undirected and a directed layer, two channels, of which the last
    state but one is active in both."""
    random = np.random.default_rng(seed)
    classes, people = len(sizes), sum(sizes)
    transitions = random_transitions(random, states)
    active = np.zeros((2, states), bool)
    active[0, [1, states - 2]] = active[1, [2, states - 2]] = True
    hazard = 10.0 ** random.uniform(-5.0, -0.5, (len(transitions), classes))
    hazard[random.random(hazard.shape) < 0.3] = 0.0
    counts = np.stack(
        [random.multinomial(n, random.dirichlet(np.ones(states))) for n in sizes], axis=1
    )
    contagion = random_contagion(random, transitions, classes, 2, 2, FORMS[form])
    layers = (
        random_layer(random, people, 6.0),
        random_layer(random, people, 5.0, directed=True),
    )
    return Case(
        transitions,
        counts.astype(np.int64),
        RateTable(transitions, hazard, contagion),
        layers,
        active,
    )
