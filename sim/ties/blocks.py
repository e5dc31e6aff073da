"""Ties that prefer one's own segment: a stochastic block model."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.ties.building import checked_mean, checked_people, checked_share, tie_up
from sim.ties.endpoints import block_edges, layer_key
from sim.ties.layer import StoredLayer
from sim.ties.rows import I32


def block_ties(
    people: int,
    mean_degree: float,
    *,
    block: ArrayLike,
    homophily: float,
    seed: int,
    members: ArrayLike | None = None,
    layer: str = "ties",
) -> StoredLayer:
    """A random graph in which a share `homophily` of ties stays within the own block, and the rest
    are with anybody, whatever the block.

    `block` (people,) integers of 0 and above, such as segments or countries. A person of a block
    with the share s of members has s + homophily (1 - s) of its contacts in it, and `mean_degree`
    contacts on average in every block, like the contacts of the well-mixed engine. Of the
    people * mean_degree / 2 drawn edges, self-ties and repeats are dropped: of B blocks, about
    mean_degree / 2 * (1 + (B - 1) homophily) and mean_degree**2 / 4 * (1 + (B - 1) homophily**2),
    whatever the number of people. Other arguments as in `random_ties`.

    Raises ValueError for impossible means, homophily outside 0 to 1, blocks that are not one
    integer for everybody, and blocks too small for their share of contacts.

    Source: Holland, Laskey & Leinhardt 1983, "Stochastic blockmodels: first steps".
    """
    people, ids = checked_people(people, members)
    count = people if ids is None else ids.size
    mean_degree = checked_mean(mean_degree, count)
    homophily = checked_share(homophily, "homophily")
    own = checked_blocks(block, people, "block")
    own = own if ids is None else own[ids]
    sizes = np.bincount(own)
    within = homophily * mean_degree
    small = (sizes > 0) & (sizes - 1 < within)
    if within > 0.0 and small.any():
        b = int(small.argmax())
        raise ValueError(
            f"block {b} has {sizes[b]} people, too few for {within:g} contacts each within it"
        )
    first = np.zeros(sizes.size + 1, np.int64)
    np.cumsum(sizes, out=first[1:])
    ordered = np.argsort(own, kind="stable").astype(np.int32)
    edge = block_edges(layer_key(seed, "block", layer), own, first, ordered, homophily)
    return StoredLayer(*tie_up(edge, round(count * mean_degree / 2.0), people, ids))


def checked_blocks(block: ArrayLike, people: int, name: str) -> I32:
    """`block` as an array (people,), after checks."""
    given: NDArray[np.integer] = np.asarray(block)
    if given.shape != (people,) or given.dtype.kind not in "iu":
        raise ValueError(f"{name} must be one integer for each of {people} people")
    if given.min() < 0:
        raise ValueError(f"{name} cannot be negative")
    return given.astype(np.int32)
