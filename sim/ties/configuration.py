"""Ties with given degrees: the configuration model, and random regular graphs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.draws.permutation import KeyedPermutation
from sim.numbers import whole_number
from sim.ties.building import (
    checked_people,
    lay_rows,
    place,
    tie_up,
)
from sim.ties.degrees import DegreeHistogram, degree_sequence
from sim.ties.edges import EdgeFunction
from sim.ties.endpoints import layer_key
from sim.ties.layer import StoredLayer
from sim.ties.regular import complement, fill_vacancies
from sim.ties.rows import I32, I64

#: People whose stubs are laid out at a time.
PIECE = 1 << 16
#: Matchings that are tried for one regular graph.
TRIES = 100


def configuration_ties(
    degrees: ArrayLike | DegreeHistogram,
    *,
    seed: int,
    people: int | None = None,
    members: ArrayLike | None = None,
    layer: str = "ties",
) -> StoredLayer:
    """A random graph of given degrees: every person has as many stubs as contacts, and all stubs
    are matched at random.

    `degrees` (members,) are the contacts of each of `members` (sorted ids among 0 to people - 1;
    everybody, without), or a histogram of them, which `people` or `members` then share by
    `degree_sequence`. If the stubs are odd in number, the first person with the most contacts has
    one less. Self-ties and repeats are erased: about nu / 2 and nu**2 / 4 of them, with nu =
    E[k (k - 1)] / E[k], which is O(1) where the variance of degrees is finite. `layer` names the
    platform: layers of other names are independent.

    Raises ValueError for negative degrees, for more contacts than there are other members, and for
    a number of degrees that is not that of the members.

    Sources: Molloy & Reed 1995, "A critical point for random graphs with a given degree sequence";
    Britton, Deijfen & Martin-Lof 2006 for the erased model; van der Hofstad 2017, "Random Graphs
    and Complex Networks 1", section 7.3, for the numbers erased.
    """
    if people is None:
        if isinstance(degrees, DegreeHistogram) or members is not None:
            raise ValueError("people is needed with a degree histogram and with members")
        people = np.size(degrees)
    people, ids = checked_people(people, members)
    count = people if ids is None else ids.size
    stubs: NDArray[np.integer]
    if isinstance(degrees, DegreeHistogram):
        stubs = degree_sequence(degrees, count, seed=seed, layer=layer)
    else:
        stubs = _checked_degrees(degrees, count)
    if int(stubs.max(initial=0)) >= count:
        raise ValueError(
            f"{int(stubs.max())} contacts are more than there are others among {count} people"
        )
    if int(stubs.sum()) % 2:
        stubs = stubs.copy()
        stubs[stubs.argmax()] -= 1
    edge, edges = match_stubs(stubs, seed, f"configuration ties: {layer}")
    return StoredLayer(*tie_up(edge, edges, people, ids, degrees=stubs))


def regular_ties(
    people: int,
    degree: int,
    *,
    seed: int,
    members: ArrayLike | None = None,
    layer: str = "ties",
) -> StoredLayer:
    """A random regular graph: everybody has exactly `degree` contacts, anybody with the same
    chance.

    A matching of stubs, whose self-ties and repeats (about (degree**2 - 1) / 4) are undone by
    switching: for the two stubs that are left over, some tie x - y is cut, and they are tied to x
    and y. Where everybody knows more than half of the others, who does not know whom is drawn. The
    law is uniform over regular graphs as people grow, not exactly so in small ones. Arguments as in
    `random_ties`.

    Raises ValueError unless 0 <= degree < members and degree * members is even.

    Sources: Bollobas 1980 for matchings of stubs; McKay & Wormald 1990, "Uniform generation of
    random regular graphs of moderate degree", for switchings.
    """
    people, ids = checked_people(people, members)
    count = people if ids is None else ids.size
    degree = whole_number(degree, "degree")
    if not 0 <= degree < count:
        raise ValueError(f"degree must be 0 to {count - 1} among {count} people, not {degree}")
    if degree * count % 2:
        raise ValueError(f"{count} people cannot have {degree} contacts each: the product is odd")
    dense = 2 * degree > count - 1
    drawn = count - 1 - degree if dense else degree
    first, contact = _regular_rows(count, drawn, seed, layer)
    if dense:
        first, contact = complement(contact.reshape(count, drawn))
    return StoredLayer(*place(first, contact, people, ids))


def match_stubs(stubs: NDArray[np.integer], seed: int, purpose: str) -> tuple[EdgeFunction, int]:
    """Edges that tie stub 2e of a keyed permutation of all stubs to stub 2e + 1; `stubs` (people,)
    sum to an even number."""
    first = np.zeros(stubs.size + 1, np.int64)
    np.cumsum(stubs, out=first[1:])
    total = int(first[-1])
    owner = np.empty(total, np.int32)
    if total:
        shuffled = KeyedPermutation(total, seed, purpose)
        for p in range(0, stubs.size, PIECE):
            end = min(p + PIECE, stubs.size)
            whose = np.repeat(np.arange(p, end, dtype=np.int32), stubs[p:end])
            owner[shuffled.of(np.arange(first[p], first[end]))] = whose

    def edges(a: int, b: int) -> tuple[I32, I32]:
        ends = owner[2 * a : 2 * b].reshape(-1, 2)
        return np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1])

    return edges, total // 2


def _regular_rows(people: int, degree: int, seed: int, layer: str) -> tuple[I64, I32]:
    stubs = np.full(people, degree, np.int64)
    for attempt in range(TRIES):
        purpose = f"regular ties: {layer}: {attempt}"
        first, contact, vacant = lay_rows(*match_stubs(stubs, seed, purpose), people, degrees=stubs)
        if not vacant or fill_vacancies(
            contact, people, degree, layer_key(seed, "switched", purpose)
        ):
            return first, contact
    raise RuntimeError(f"no regular graph found in {TRIES} matchings")


def _checked_degrees(degrees: ArrayLike, count: int) -> NDArray[np.integer]:
    given = np.asarray(degrees)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ValueError("degrees must be a list of integers")
    if given.size != count:
        raise ValueError(f"{given.size} degrees for {count} people")
    if given.min() < 0:
        p = int((given < 0).argmax())
        raise ValueError(f"degrees cannot be negative; the first is {given[p]} of person {p}")
    # Smaller types could not hold what is reckoned from them.
    return given if given.dtype in (np.int32, np.int64) else given.astype(np.int64)
