"""Compiled twins of `sim.ties.building`, for numba, and how they share the work.

Threads share one layer without a lock: each has blocks of people, or rows, of its own.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compile_kernel
from sim.threads import parallel, slabs
from sim.ties.edges import VACANT, EdgeFunction
from sim.ties.rows import I32, I64

#: Edges in work at a time: 32 bytes each.
PIECE = 1 << 22
#: Edges, and people, that one thread works on at least. Even: edges come two to a block of draws.
GRAIN = 1 << 15
#: Bits of the number of blocks of people that ties are sorted into before they are written: the
#: offsets of one block stay in a processor's own cache.
BLOCK_BITS = 9

#: Rows up to this length are sorted by insertion, which beats the general sort on short ones.
SHORT_ROW = 48


def lay_rows(
    edge: EdgeFunction,
    edges: int,
    people: int,
    both: bool,
    degrees: NDArray[np.integer] | None,
) -> tuple[I64, I32, int]:
    """See `sim.ties.building`."""
    # The start of row p stands at p + 1, which the filling moves on to the start of row p + 1.
    cursor = np.zeros(people + 2, np.int64)
    if degrees is None:
        for part in _blocks_of_ties(edge, edges, people, both):
            part(lambda person, other: count_ties(person, cursor))
    else:
        cursor[2:] = degrees
    np.cumsum(cursor, out=cursor)
    contact = np.empty(int(cursor[-1]), np.int32)
    for part in _blocks_of_ties(edge, edges, people, both):
        part(lambda person, other: fill_ties(person, other, cursor, contact))
    first = cursor[:-1]

    def sort(slab: tuple[int, int]) -> int:
        return int(sort_ties(first, contact, *slab))

    return first, contact, sum(parallel(sort, slabs(people, grain=GRAIN)))


def close_rows(first: I64, contact: I32) -> I32:
    """See `sim.ties.building`. In place."""
    ties = int(move_together(first, contact))
    # Gives the end back to the system, in place.
    contact.resize(ties, refcheck=False)
    return contact


def _blocks_of_ties(
    edge: EdgeFunction, edges: int, people: int, both: bool
) -> Iterator[Callable[[Callable[[I32, I32], None]], None]]:
    """Pieces of all ties, each as a function that does some work on (person, contact) by several
    threads, none of which meets a person of another."""
    shift = max(0, (people - 1).bit_length() - BLOCK_BITS)
    blocks = (max(people - 1, 0) >> shift) + 1
    threads = slabs(blocks, grain=1) if edges >= 2 * GRAIN else [(0, blocks)]

    def sort(slab: tuple[int, int]) -> tuple[I64, I32, I32]:
        source, target = edge(*slab)
        start = np.zeros(blocks + 2, np.int64)
        person, other = np.empty((2, source.size * (1 + both)), np.int32)
        sort_into_blocks(source, target, both, shift, start, person, other)
        return start, person, other

    for a in range(0, edges, PIECE):
        parts = [(a + x, a + y) for x, y in slabs(min(PIECE, edges - a), grain=GRAIN)]
        yield partial(_on_blocks, parallel(sort, parts), threads)


def _on_blocks(
    parts: list[tuple[I64, I32, I32]],
    threads: list[tuple[int, int]],
    work: Callable[[I32, I32], None],
) -> None:
    def on_slab(slab: tuple[int, int]) -> None:
        for start, person, other in parts:
            low, high = start[slab[0]], start[slab[1]]
            work(person[low:high], other[low:high])

    parallel(on_slab, threads)


@compile_kernel
def sort_into_blocks(
    source: I32, target: I32, both: bool, shift: int, start: I64, person: I32, other: I32
) -> None:
    """Order ties by the block of their person, person >> shift; those of block b stand between
    start[b] and start[b + 1] (blocks + 2, zeros at first)."""
    for e in range(source.size):
        start[(source[e] >> shift) + 2] += 1
    if both:
        for e in range(target.size):
            start[(target[e] >> shift) + 2] += 1
    for b in range(2, start.size):
        start[b] += start[b - 1]
    for e in range(source.size):
        a, b = source[e], target[e]
        block = (a >> shift) + 1
        to = start[block]
        start[block] = to + 1
        person[to] = a
        other[to] = b
        if both:
            block = (b >> shift) + 1
            to = start[block]
            start[block] = to + 1
            person[to] = b
            other[to] = a


@compile_kernel
def count_ties(person: I32, cursor: I64) -> None:
    """Count the ties of each person two places behind it, where the sums make a cursor of it."""
    for e in range(person.size):
        cursor[person[e] + 2] += 1


@compile_kernel
def fill_ties(person: I32, other: I32, cursor: I64, contact: I32) -> None:
    """Write each tie to the next free place in its person's row."""
    for e in range(person.size):
        at = person[e] + 1
        to = cursor[at]
        contact[to] = other[e]
        cursor[at] = to + 1


@compile_kernel
def sort_ties(first: I64, contact: I32, low: int, high: int) -> int:
    """Sort each row; self-ties and repeats become vacant places at its end. Counts those."""
    vacant = 0
    for person in range(low, high):
        start, end = first[person], first[person + 1]
        if end - start <= SHORT_ROW:
            for i in range(start + 1, end):
                value = contact[i]
                j = i - 1
                while j >= start and contact[j] > value:
                    contact[j + 1] = contact[j]
                    j -= 1
                contact[j + 1] = value
        else:
            contact[start:end].sort()
        kept = start
        for i in range(start, end):
            value = contact[i]
            if value != person and (kept == start or value != contact[kept - 1]):
                contact[kept] = value
                kept += 1
        for i in range(kept, end):
            contact[i] = VACANT
        vacant += end - kept
    return vacant


@compile_kernel
def move_together(first: I64, contact: I32) -> int:
    """Move the ties together over the vacant places; `first` follows. Counts the ties."""
    to = 0
    at = 0
    for person in range(first.size - 1):
        end = first[person + 1]
        while at < end and contact[at] != VACANT:
            contact[to] = contact[at]
            to += 1
            at += 1
        at = end
        first[person + 1] = to
    return to
