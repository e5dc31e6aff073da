"""Regular ties: everybody has the same number of contacts, anybody."""

from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked


def _make(asked: "Asked") -> "Layer":
    from sim.ties.configuration import regular_ties

    return regular_ties(
        asked.people,
        round(asked.mean_degree),
        seed=asked.seed,
        members=asked.members,
        layer=asked.layer,
    )


KIND = Kind("regular", "the same number of contacts for everybody", _make, building=4.0)
