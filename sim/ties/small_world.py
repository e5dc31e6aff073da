"""Small worlds: neighbours on a ring, and a few ties across it."""

from numpy.typing import ArrayLike

from sim.numbers import whole_number
from sim.ties.building import checked_people, checked_share, tie_up
from sim.ties.endpoints import layer_key, ring_edges
from sim.ties.layer import StoredLayer


def small_world_ties(
    people: int,
    degree: int,
    rewiring: float,
    *,
    seed: int,
    members: ArrayLike | None = None,
    layer: str = "ties",
) -> StoredLayer:
    """A small world: everybody is tied to the `degree` nearest on a ring, and the far end of each
    tie is moved to anybody else with the chance `rewiring`.

    0 leaves the ring lattice (with degree 2 the circle), with clustering 3 (k - 2) / (4 (k - 1)),
    which falls by (1 - rewiring)**3; 1 leaves almost a random graph. Moved ties that double another
    are dropped: about rewiring * degree**2 / 2, whatever the number of people. Neighbours on the
    ring are neighbours by id. Other arguments as in `random_ties`.

    Raises ValueError for an odd degree, one of members or more, and rewiring outside 0 to 1.

    Source: Watts & Strogatz 1998, "Collective dynamics of 'small-world' networks"; Barrat & Weigt
    2000 for the clustering.
    """
    people, ids = checked_people(people, members)
    count = people if ids is None else ids.size
    rewiring = checked_share(rewiring, "rewiring")
    degree = whole_number(degree, "degree")
    if degree % 2 or not 0 <= degree < count:
        raise ValueError(
            f"degree must be even, as many on either side, and 0 to {count - 1} among {count} "
            f"people, not {degree}"
        )
    edge = ring_edges(layer_key(seed, "small world", layer), count, degree, rewiring)
    return StoredLayer(*tie_up(edge, count * degree // 2, people, ids))
