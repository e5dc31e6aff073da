"""A ring whose ties are moved until it has the clustering asked for."""

from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked


def _make(asked: "Asked") -> "Layer":
    from sim.ties.relabelling import relabelled
    from sim.ties.small_world import small_world_ties

    count = asked.members.size
    degree = max(2 * round(asked.mean_degree / 2), 2)
    moved = rewiring(degree, float(asked.settings.clustering))
    ring = small_world_ties(count, degree, moved, seed=asked.seed, layer=asked.layer)
    return relabelled(ring, asked.dealt(count), asked.people)


def rewiring(degree: int, clustering: float) -> float:
    """Share of ties to move on a ring so that it has the clustering, at most that of the ring: 3 (k
    - 2) / (4 (k - 1)) (1 - rewiring)**3 (Barrat & Weigt 2000)."""
    ring = 3.0 * (degree - 2) / (4.0 * (degree - 1)) if degree > 2 else 0.0
    if clustering >= ring:
        return 0.0
    return float(1.0 - (clustering / ring) ** (1.0 / 3.0))


KIND = Kind(
    "small-world",
    "a ring with shortcuts, clustered as `clustering` says",
    _make,
    takes=("clustering",),
    building=9.0,  # laid out by position, then renamed to people
)
