"""The layers of ties that a scenario asks for, among the people simulated.

People lie in memory class by class, so the members of a platform are a few ranges of ids. How a
kind of network is made, its file in `sim.ties.networks` says; it knows nothing of segments and
types but what `homophily` says.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.people.sample import Sample
from sim.people.world import World
from sim.scenario.people import Platform
from sim.scenario.problems import Misfit
from sim.ties.layer import Layer
from sim.ties.networks import KINDS, kind_of
from sim.ties.networks.asked import Asked
from sim.ties.problems import TiesError

I64 = NDArray[np.int64]


def tied_platforms(platforms: Mapping[str, Platform]) -> tuple[int, ...]:
    """Platforms, by index, whose ties are known person by person."""
    found = enumerate(platforms.values())
    return tuple(p for p, platform in found if platform.ties.network != "none")


def unstored_networks(platforms: Mapping[str, Platform]) -> tuple[str, ...]:
    """Names of the platforms' networks whose ties are worked out when needed."""
    networks = {platform.ties.network for platform in platforms.values()}
    return tuple(kind.name for kind in KINDS if kind.name in networks and not kind.stored)


def make_layers(
    platforms: Mapping[str, Platform],
    world: World,
    sample: Sample,
    *,
    homophily: float,
    seed: int,
    files: Mapping[str, Path | None],
) -> tuple[Layer, ...]:
    """One layer for each of the tied platforms; `files` are those that platforms, by name, take
    their ties from.

    Raises Misfit, with a path from the platforms on, for networks that a platform's people cannot
    form.
    """
    layers = []
    for p in tied_platforms(platforms):
        name = world.platforms[p]
        ties = platforms[name].ties
        asked = Asked(
            layer=name,
            size=sample.size,
            segment_of=world.segment_of.astype(np.uint8),
            runs=runs_of_members(world, sample, p),
            mean_degree=float(world.degree[p]),
            settings=ties,
            homophily=homophily,
            seed=seed,
            file=files[name],
        )
        try:
            layers.append(kind_of(ties.network).make(asked))
        except ValueError as error:
            key = "file" if isinstance(error, TiesError) else "network"
            few = key == "network" and not sample.whole
            raise Misfit(
                (name, "ties", key),
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
