"""Ties between people: layers, generators, reading and writing.

    from sim import ties
    layer = ties.random_ties(1_000_000, mean_degree=10, seed=1)
    layer = ties.read_ties("edges.csv").layer

What goes along ties is in `sim.contagion`. Everything is loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.ties.blocks import block_ties as block_ties
    from sim.ties.building import from_edges as from_edges
    from sim.ties.computed import computed_ties as computed_ties
    from sim.ties.configuration import configuration_ties as configuration_ties
    from sim.ties.configuration import regular_ties as regular_ties
    from sim.ties.describing import describe_ties as describe_ties
    from sim.ties.followers import follower_ties as follower_ties
    from sim.ties.groups import group_ties as group_ties
    from sim.ties.layer import Layer as Layer
    from sim.ties.layer import StoredLayer as StoredLayer
    from sim.ties.problems import TiesError as TiesError
    from sim.ties.random import random_ties as random_ties
    from sim.ties.reading import read_ties as read_ties
    from sim.ties.small_world import small_world_ties as small_world_ties
    from sim.ties.writing import write_ties as write_ties

_HOMES = {
    "Layer": "layer",
    "StoredLayer": "layer",
    "TiesError": "problems",
    "block_ties": "blocks",
    "computed_ties": "computed",
    "configuration_ties": "configuration",
    "describe_ties": "describing",
    "follower_ties": "followers",
    "from_edges": "building",
    "group_ties": "groups",
    "random_ties": "random",
    "read_ties": "reading",
    "regular_ties": "configuration",
    "small_world_ties": "small_world",
    "write_ties": "writing",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim.ties' has no attribute {name!r}")
    value = getattr(import_module(f"sim.ties.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOMES)
