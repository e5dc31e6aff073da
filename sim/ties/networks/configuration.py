"""Ties with a given distribution of the number of contacts, else at random."""

from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked


def _make(asked: "Asked") -> "Layer":
    from sim.ties.configuration import configuration_ties

    return configuration_ties(
        asked.histogram,
        seed=asked.seed,
        people=asked.people,
        members=asked.members,
        layer=asked.layer,
    )


KIND = Kind(
    "configuration",
    "degrees as `distribution` says",
    _make,
    takes=("distribution",),
    building=4.0,
)
