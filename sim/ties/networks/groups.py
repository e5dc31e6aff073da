"""Overlapping groups in which everybody knows everybody, so large that ties have the clustering."""

from math import ceil
from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked, Settings


def _make(asked: "Asked") -> "Layer":
    from sim.ties.groups import group_ties

    return group_ties(
        asked.people,
        asked.mean_degree,
        group_size(asked.mean_degree, float(asked.settings.clustering)),
        seed=asked.seed,
        members=asked.members,
        segment=asked.segment,
        homophily=asked.homophily,
        layer=asked.layer,
    )


def group_size(mean: float, clustering: float) -> int:
    """Size of groups of which people with `mean` contacts close the share `clustering` of triples:
    (size - 2) / (mean - 1), as `group_ties` makes them."""
    return max(2, min(round(2.0 + clustering * (mean - 1.0)), round(mean) + 1))


def _who_is_in_which(mean: float, settings: "Settings") -> float:
    others = group_size(mean, float(settings.clustering)) - 1
    return GROUP * ceil(mean / others)


#: Bytes a person for each round in which groups of people are formed.
GROUP = 4.0
KIND = Kind(
    "groups",
    "overlapping, clustered as `clustering` says",
    _make,
    takes=("clustering",),
    building=1.0,
    more=_who_is_in_which,
)
