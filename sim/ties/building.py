"""Rows of ties out of edges: lists of edges, and functions that give the ends of the k-th edge.

Generators hand over an `EdgeFunction`, a pure function of the edges' numbers. Counting the ties of
each person and filling its row are two passes that both ask for the ends anew, so that the list of
edges, twice as large as the layer, never exists. Rows are sorted at last: the layer depends on the
set of edges alone, neither on their order nor on the number of threads.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.kernels import compiler
from sim.numbers import real_number, whole_number
from sim.ties.edges import MOST_PEOPLE, VACANT, EdgeFunction
from sim.ties.layer import StoredLayer
from sim.ties.rows import I32, I64

#: Ties that are renamed at a time.
PIECE = 1 << 22


def from_edges(
    source: ArrayLike,
    target: ArrayLike,
    people: int,
    *,
    directed: bool = False,
    drop: bool = False,
) -> StoredLayer:
    """The layer of the edges `source[e]` - `target[e]`, two integer arrays (edges,) of 0 to
    people - 1.

    An undirected edge is given once, in either order, and stands in the rows of both. A directed
    edge (a, b) lets b see a's use: a is a contact of b, and b is in the audience of a. Edges of a
    person with itself and repeated edges are errors, or left out with `drop`.

    Raises ValueError, with counts and the first example, for people outside 0 to people - 1,
    self-ties and repeated edges, and for arrays that are not two equally long lists of integers.
    """
    people = whole_number(people, "people", 0, MOST_PEOPLE)
    ends = _as_people(source, people, "source"), _as_people(target, people, "target")
    if ends[0].size != ends[1].size:
        raise ValueError(f"{ends[0].size} sources but {ends[1].size} targets")
    own = ends[0] == ends[1]
    if not drop and own.any():
        e = int(own.argmax())
        raise ValueError(
            f"{int(own.sum())} of {own.size} edges tie a person to itself; the first is edge {e}, "
            f"person {ends[0][e]}"
        )

    def rows(person: I32, other: I32) -> tuple[I64, I32]:
        def edges(a: int, b: int) -> tuple[I32, I32]:
            return person[a:b], other[a:b]

        first, contact, vacant = lay_rows(edges, person.size, people, both=not directed)
        if vacant and not drop:
            raise ValueError(_first_repeat(person, other, directed))
        return first, close_rows(first, contact, vacant)

    if not directed:
        return StoredLayer(*rows(*ends))
    audience = StoredLayer(*rows(*ends))
    return StoredLayer(*rows(ends[1], ends[0]), reverse=audience)


def tie_up(
    edge: EdgeFunction,
    edges: int,
    people: int,
    members: NDArray[np.integer] | None = None,
    degrees: NDArray[np.integer] | None = None,
) -> tuple[I64, I32]:
    """Rows of undirected edges among positions of `members`, without self-ties and repeats, as
    rows of `people`. `degrees` as in `lay_rows`."""
    count = people if members is None else members.size
    first, contact, vacant = lay_rows(edge, edges, count, degrees=degrees)
    return place(first, close_rows(first, contact, vacant), people, members)


def lay_rows(
    edge: EdgeFunction,
    edges: int,
    people: int,
    *,
    both: bool = True,
    degrees: NDArray[np.integer] | None = None,
) -> tuple[I64, I32, int]:
    """Sorted rows in which self-ties and repeats are `VACANT` places at the end, and the number of
    those.

    `both`: an edge stands in the rows of both its ends, else in that of its first. `degrees`
    (people,): how often each person is an end, where that is known; spares the counting.
    """
    return fastest_kernels().lay_rows(edge, edges, people, both, degrees)


def lay_rows_by_sorting(
    edge: EdgeFunction,
    edges: int,
    people: int,
    both: bool = True,
    degrees: NDArray[np.integer] | None = None,
) -> tuple[I64, I32, int]:
    """The clear version of `lay_rows`: all ties in one list of (person, contact), sorted."""
    source, target = edge(0, edges)
    person, other = (source, target)
    if both:
        person, other = np.concatenate((source, target)), np.concatenate((target, source))
    tie = (person.astype(np.int64) << 32) | other
    tie.sort()
    person, other = (tie >> 32).astype(np.int32), tie.astype(np.int32)
    gone = person == other
    gone[1:] |= tie[1:] == tie[:-1]
    tie[gone] |= np.int64(VACANT)
    tie.sort()
    first = np.zeros(people + 1, np.int64)
    np.cumsum(np.bincount(person, minlength=people), out=first[1:])
    return first, tie.astype(np.int32), int(gone.sum())


def close_rows(first: I64, contact: I32, vacant: int) -> I32:
    """Move the ties together over the `vacant` places; `first` follows in place."""
    return fastest_kernels().close_rows(first, contact) if vacant else contact


def close_rows_at_once(first: I64, contact: I32) -> I32:
    """The clear version of `close_rows`."""
    held = contact != VACANT
    before = np.zeros(contact.size + 1, np.int64)
    np.cumsum(held, out=before[1:])
    first[:] = before[first]
    closed: I32 = contact[held]
    return closed


class Kernels(NamedTuple):
    """Whole ways to lay rows, and to close them."""

    lay_rows: Callable[
        [EdgeFunction, int, int, bool, NDArray[np.integer] | None], tuple[I64, I32, int]
    ]
    close_rows: Callable[[I64, I32], I32]


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(lay_rows_by_sorting, close_rows_at_once)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.ties import building_compiled as compiled

    return Kernels(compiled.lay_rows, compiled.close_rows)


def place(
    first: I64, contact: I32, people: int, members: NDArray[np.integer] | None
) -> tuple[I64, I32]:
    """Rows of positions in the sorted `members` as rows of `people`."""
    if members is None:
        return first, contact
    whole = np.zeros(people + 1, np.int64)
    whole[members.astype(np.int64) + 1] = np.diff(first)
    np.cumsum(whole, out=whole)
    ids = members.astype(np.int32)
    for at in range(0, contact.size, PIECE):
        contact[at : at + PIECE] = ids[contact[at : at + PIECE]]
    return whole, contact


def checked_people(
    people: int, members: ArrayLike | None
) -> tuple[int, NDArray[np.integer] | None]:
    """`people` and `members`, after checks: ValueError unless the people are at least one and fit
    in a layer, and members are sorted, different ids of theirs."""
    people = whole_number(people, "people", 1, MOST_PEOPLE)
    if members is None:
        return people, None
    ids = np.asarray(members)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise ValueError("members must be a list of integers")
    if ids.size == 0:
        raise ValueError("members must name one person at least")
    if ids[0] < 0 or ids[-1] >= people or (ids[1:] <= ids[:-1]).any():
        raise ValueError(f"members must be sorted, different and within 0 to {people - 1}")
    # Smaller types could not hold one person more.
    return people, ids if ids.dtype in (np.int32, np.int64) else ids.astype(np.int64)


def checked_mean(mean_degree: float, people: int, below: int | None = None) -> float:
    """The mean, after checks: ValueError unless `people` persons can have `mean_degree` contacts,
    fewer than `below` (than they are themselves, without)."""
    mean, most = real_number(mean_degree, "mean_degree"), people if below is None else below
    if not 0.0 <= mean < most:
        raise ValueError(
            f"mean_degree must be at least 0 and below {most} among {people} people; it is {mean:g}"
        )
    return mean


def checked_share(value: float, name: str) -> float:
    """The share, after checks: ValueError unless it lies between 0 and 1."""
    share = real_number(value, name)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"{name} is a share between 0 and 1, not {share}")
    return share


def _as_people(ids: ArrayLike, people: int, name: str) -> I32:
    given = np.asarray(ids)
    if given.ndim != 1 or (given.dtype.kind not in "iu" and given.size):
        raise ValueError(f"{name} must be a list of integers")
    if given.size and (given.min() < 0 or given.max() >= people):
        outside = (given < 0) | (given >= people)
        e = int(outside.argmax())
        raise ValueError(
            f"{int(outside.sum())} of {given.size} ids in {name} lie outside 0 to {people - 1}; "
            f"the first is {given[e]} at edge {e}"
        )
    return np.ascontiguousarray(given, np.int32)


def _first_repeat(person: I32, other: I32, directed: bool) -> str:
    low, high = (
        (person, other) if directed else (np.minimum(person, other), np.maximum(person, other))
    )
    tie = (low.astype(np.int64) << 32) | high
    order = np.argsort(tie, kind="stable")
    repeats = order[1:][tie[order[1:]] == tie[order[:-1]]]
    e = int(repeats.min())
    return (
        f"{repeats.size} of {person.size} edges repeat another; the first is edge {e}, "
        f"{person[e]} - {other[e]}"
    )
