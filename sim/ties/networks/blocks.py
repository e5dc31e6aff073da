"""Ties within the own segment with the share `homophily`."""

from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked


def _make(asked: "Asked") -> "Layer":
    from sim.ties.blocks import block_ties

    return block_ties(
        asked.people,
        asked.mean_degree,
        block=asked.segment,
        homophily=asked.homophily,
        seed=asked.seed,
        members=asked.members,
        layer=asked.layer,
    )


KIND = Kind("blocks", "by segment, as `homophily` says", _make, building=0.5)
