"""Followers: ties with a direction, and a few people whom very many follow."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.numbers import real_number, whole_number
from sim.ties.building import checked_mean, checked_people, close_rows, lay_rows, place
from sim.ties.degrees import DegreeHistogram, degree_sequence, power_law, regular
from sim.ties.edges import EdgeFunction
from sim.ties.endpoints import Key, layer_key, random_edges
from sim.ties.layer import StoredLayer
from sim.ties.rows import I32, I64

#: Near the most that anybody has (9,458) in the network of 37,700 developers on GitHub of
#: Rozemberczki, Allen & Sarkar 2019, "Multi-scale attributed node embedding".
LARGEST = 10_000


def follower_ties(
    people: int,
    mean_degree: float,
    *,
    exponent: float,
    largest: int = LARGEST,
    seed: int,
    members: ArrayLike | None = None,
    layer: str = "ties",
) -> StoredLayer:
    """Everybody follows about `mean_degree` others; how many followers one has is a power law.

    Contacts of a person are those it follows, its audience are its followers. Followers are
    distributed as `followers_histogram` says, up to `largest` (or everybody else, where that is
    less), and each is anybody with the same chance. So the number of people that one follows is a
    Poisson variable, as Binomial(ties, 1 / people) is, independent of how many follow oneself, and
    nobody is likelier to follow back. Of followers drawn with replacement, oneself and repeats are
    dropped; as many more are drawn, so that means are kept. Other arguments as in `random_ties`.

    Raises ValueError unless 0 <= mean_degree < members - 1, and for means that no power law up to
    `largest` has.

    Sources: Newman, Strogatz & Watts 2001, "Random graphs with arbitrary degree distributions and
    their applications" (Physical Review E 64, 026118), section III, for directed graphs of given
    degrees; Chung & Lu 2002, "The average distances in random graphs with given expected degrees",
    for degrees that are kept in the mean. On GitHub followers per user have a power-law-like shape
    and 9.6 percent of followings are returned (Lima, Rossi & Musolesi 2014).
    """
    people, ids = checked_people(people, members)
    count = people if ids is None else ids.size
    mean_degree = checked_mean(mean_degree, count, below=max(count - 1, 1))
    most = max(min(whole_number(largest, "largest", 1), count - 1), 1)
    histogram = followers_histogram(mean_degree, real_number(exponent, "exponent"), most)
    followers = degree_sequence(histogram, count, seed=seed, layer=f"followers: {layer}")
    draws = draws_for(followers, count)
    edge = following(layer_key(seed, "follower", layer), draws)
    edges = int(draws.sum())

    def reverse(a: int, b: int) -> tuple[I32, I32]:
        return edge(a, b)[::-1]

    follows = lay_rows(edge, edges, count, both=False)
    followed_by = lay_rows(reverse, edges, count, both=False, degrees=draws)
    audience = StoredLayer(*_closed(*followed_by, people, ids))
    return StoredLayer(*_closed(*follows, people, ids), reverse=audience)


def followers_histogram(mean: float, exponent: float, largest: int) -> DegreeHistogram:
    """A share k**-exponent has k followers, from a least number to the `largest`.

    The least number follows from the mean. A mean below that of a law from 1 on leaves some without
    followers. Raises ValueError for means above `largest`.
    """
    if mean > largest:
        raise ValueError(
            f"mean_degree cannot be above the most followers that anybody has, {largest}; it is "
            f"{mean:g}"
        )
    if largest == 1:
        return regular(mean)
    k = np.arange(1, largest + 1)
    weight = k.astype(np.float64) ** -exponent
    weight /= weight.sum()
    from_one = float(k @ weight)
    if mean >= from_one:
        return power_law(mean, exponent, largest)
    some = mean / from_one
    return DegreeHistogram(np.arange(largest + 1), np.concatenate([[1.0 - some], some * weight]))


def draws_for(followers: NDArray[np.integer], people: int) -> I64:
    """How often to draw among all `people`, so that `followers` different others are expected.

    D draws leave a share (1 - 1 / people)**D of the others out. To have all of them would take
    infinitely many, so half a person may be missing.
    """
    if people < 2:
        return np.zeros(followers.size, np.int64)
    share = np.minimum(followers, people - 1.5) / (people - 1)
    draws: I64 = np.rint(np.log1p(-share) / np.log1p(-1.0 / people)).astype(np.int64)
    return draws


def following(key: Key, draws: I64) -> EdgeFunction:
    """(follower, followed): person p is followed in `draws[p]` edges, those after the edges of
    people before it; followers are the first ends of random edges."""
    first = np.zeros(draws.size + 1, np.int64)
    np.cumsum(draws, out=first[1:])
    anybody = random_edges(key, draws.size)

    def edges(a: int, b: int) -> tuple[I32, I32]:
        if b <= a:
            return np.empty(0, np.int32), np.empty(0, np.int32)
        low = int(np.searchsorted(first, a, side="right")) - 1
        high = int(np.searchsorted(first, b, side="left"))
        whose = np.arange(low, high, dtype=np.int32)
        ends = np.clip(first[low : high + 1], a, b)
        return anybody(a, b)[0], np.repeat(whose, ends[1:] - ends[:-1])

    return edges


def _closed(
    first: I64, contact: I32, vacant: int, people: int, ids: NDArray[np.integer] | None
) -> tuple[I64, I32]:
    return place(first, close_rows(first, contact, vacant), people, ids)
