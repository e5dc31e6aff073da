"""Ties as in `configuration` of which nothing is stored."""

from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked


def _make(asked: "Asked") -> "Layer":
    from sim.ties.computed import computed_ties

    return computed_ties(
        asked.people,
        histogram=asked.histogram,
        seed=asked.seed,
        runs=asked.runs,
        layer=asked.layer,
    )


KIND = Kind(
    "computed",
    "the same, worked out when needed instead of stored",
    _make,
    takes=("distribution",),
    stored=False,
)
