"""The layers of ties that a scenario asks for, among the people simulated.

People lie in memory class by class, so the members of a platform are a few ranges of ids. What
depends on who stands beside whom (a ring, the nodes of a file) is dealt out to members by a keyed
permutation: a platform's network knows nothing of segments and types but what `homophily` says.
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.permutation import KeyedPermutation
from sim.people.network_files import read_network
from sim.people.sample import Sample
from sim.people.world import World
from sim.scenario import Scenario
from sim.scenario.people import Ties
from sim.ties.blocks import block_ties
from sim.ties.computed import computed_ties
from sim.ties.configuration import configuration_ties, regular_ties
from sim.ties.degrees import DegreeHistogram, degree_histogram
from sim.ties.groups import group_ties
from sim.ties.layer import Layer, StoredLayer
from sim.ties.problems import TiesError
from sim.ties.random import random_ties
from sim.ties.relabelling import relabelled
from sim.ties.small_world import small_world_ties

I64 = NDArray[np.int64]


def tied_platforms(scenario: Scenario) -> tuple[int, ...]:
    """Platforms, by index, whose ties are known person by person."""
    return tuple(
        p
        for p, platform in enumerate(scenario.platforms.values())
        if platform.ties.network != "none"
    )


def make_layers(scenario: Scenario, world: World, sample: Sample) -> tuple[Layer, ...]:
    """One layer for each of the tied platforms. Raises ScenarioError, at its place in the file, for
    networks that the platform's people cannot form."""
    layers = []
    for p in tied_platforms(scenario):
        name = world.platforms[p]
        try:
            layers.append(_layer(scenario, world, sample, p))
        except ValueError as error:
            key = "file" if isinstance(error, TiesError) else "network"
            few = key == "network" and not sample.whole
            raise scenario.refusal(
                ("platforms", name, "ties", key),
                str(error),
                expected=f"fewer contacts or more than {sample.people:,} people simulated"
                if few
                else "",
            ) from error
    return tuple(layers)


def runs_of_members(world: World, sample: Sample, p: int) -> I64:
    """Ranges (start, stop) of ids of the members of platform p, (runs, 2)."""
    end = np.cumsum(sample.size)
    inside = world.member[p] & (sample.size > 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(np.int8), [0]])))
    begins, stops = edges[::2], edges[1::2]
    return np.stack([end[begins] - sample.size[begins], end[stops - 1]], axis=1)


def _layer(scenario: Scenario, world: World, sample: Sample, p: int) -> Layer:
    name, people = world.platforms[p], sample.people
    ties = scenario.platforms[name].ties
    seed, mean = scenario.seed, float(world.degree[p])
    runs = runs_of_members(world, sample, p)
    if ties.network == "computed":
        return computed_ties(
            people, histogram=degrees_of(ties, mean), seed=seed, runs=runs, layer=name
        )
    members = np.concatenate([np.arange(a, b, dtype=np.int32) for a, b in runs])
    match ties.network:
        case "random":
            return random_ties(people, mean, seed=seed, members=members, layer=name)
        case "regular":
            return regular_ties(people, round(mean), seed=seed, members=members, layer=name)
        case "configuration":
            histogram = degrees_of(ties, mean)
            return configuration_ties(
                histogram, seed=seed, people=people, members=members, layer=name
            )
        case "groups":
            return group_ties(
                people,
                mean,
                group_size(mean, float(ties.clustering)),
                seed=seed,
                members=members,
                segment=segments_of(world, sample),
                homophily=float(scenario.parameters["homophily"]),
                layer=name,
            )
        case "blocks":
            return block_ties(
                people,
                mean,
                block=segments_of(world, sample),
                homophily=float(scenario.parameters["homophily"]),
                seed=seed,
                members=members,
                layer=name,
            )
        case "small-world":
            degree = max(2 * round(mean / 2), 2)
            ring = small_world_ties(
                members.size,
                degree,
                rewiring(degree, float(ties.clustering)),
                seed=seed,
                layer=name,
            )
            return relabelled(ring, _dealt(members, members.size, seed, name), people)
        case _:
            return _from_file(scenario, ties, members, people, name)


def _from_file(
    scenario: Scenario, ties: Ties, members: NDArray[np.int32], people: int, name: str
) -> StoredLayer:
    read = read_network(scenario, ("platforms", name, "ties"), ties)
    if read.people > members.size:
        raise ValueError(
            f"{ties.file} has {read.people:,} people, but only {members.size:,} people on {name} "
            "are simulated"
        )
    return relabelled(read, _dealt(members, read.people, scenario.seed, name), people)


def _dealt(members: NDArray[np.int32], count: int, seed: int, name: str) -> NDArray[np.int32]:
    """`count` members in an order of their own."""
    order = KeyedPermutation(members.size, seed, "places in a network", name)
    return members[order.of(np.arange(count))]


def segments_of(world: World, sample: Sample) -> NDArray[np.uint8]:
    """The segment of everybody."""
    return np.repeat(world.segment_of.astype(np.uint8), sample.size)


def degrees_of(ties: Ties, mean: float) -> DegreeHistogram:
    """The distribution of contacts that a scenario asks for."""
    largest = int(ties.largest_degree)
    match ties.distribution:
        case "power-law":
            return degree_histogram(
                "power_law", mean, exponent=float(ties.exponent), largest=largest
            )
        case "lognormal":
            median = mean * float(ties.median_share)
            return degree_histogram("lognormal", mean, median=median, largest=largest)
        case kind:
            return degree_histogram(kind, mean)


def group_size(mean: float, clustering: float) -> int:
    """Size of groups of which people with `mean` contacts close the share `clustering` of triples:
    (size - 2) / (mean - 1), as `group_ties` makes them."""
    return max(2, min(round(2.0 + clustering * (mean - 1.0)), round(mean) + 1))


def rewiring(degree: int, clustering: float) -> float:
    """Share of ties to move on a ring so that it has the clustering, at most that of the ring: 3 (k
    - 2) / (4 (k - 1)) (1 - rewiring)**3 (Barrat & Weigt 2000)."""
    ring = 3.0 * (degree - 2) / (4.0 * (degree - 1)) if degree > 2 else 0.0
    if clustering >= ring:
        return 0.0
    return float(1.0 - (clustering / ring) ** (1.0 / 3.0))
