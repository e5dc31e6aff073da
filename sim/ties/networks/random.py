"""Random ties: a Poisson number of contacts, anybody."""

from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked


def _make(asked: "Asked") -> "Layer":
    from sim.ties.random import random_ties

    return random_ties(
        asked.people,
        asked.mean_degree,
        seed=asked.seed,
        members=asked.members,
        layer=asked.layer,
    )


KIND = Kind("random", "any two people alike", _make, building=0.5)
