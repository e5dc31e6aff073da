"""Compressed sparse rows, and those of some people, by several threads where it is worth it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.kernels import compiler
from sim.threads import parallel, slabs

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

#: People whose rows one thread copies at least.
GRAIN = 1 << 14


class Rows(NamedTuple):
    """Ties of some people: compressed sparse rows."""

    offsets: I64
    contacts: I32


class Spans(NamedTuple):
    """Ties of some people where they lie: those of the k-th are contacts[start[k]:stop[k]]."""

    start: I64
    stop: I64
    contacts: I32


class Kernels(NamedTuple):
    """What one thread does to its part."""

    copy_rows: Callable[[I64, I32, NDArray[np.integer], I64, I32], None]
    find_rows: Callable[[I64, NDArray[np.integer], I64, I64], None]


def checked_ids(ids: ArrayLike, people: int, name: str = "ids") -> NDArray[np.integer]:
    """`ids` as an array (m,) of int32 or int64; one id stands for a list of it.

    Raises ValueError for anybody outside 0 to people - 1, so for -1, which is nobody, and for what
    are no whole numbers, such as a mask.
    """
    given = np.atleast_1d(np.asarray(ids))
    if given.ndim != 1:
        raise ValueError(f"{name} must be one list, not an array of shape {given.shape}")
    if not given.size:
        return np.empty(0, np.int32)
    if given.dtype.kind == "b":
        raise ValueError(f"{name} are whole numbers, not a mask: use np.flatnonzero")
    if given.dtype.kind not in "iu":
        raise ValueError(f"{name} are whole numbers, not {given.dtype}")
    if given.min() < 0 or given.max() >= people:
        first = given[(given < 0) | (given >= people)][0]
        among = f"people are 0 to {people - 1:,}" if people else "there are no people"
        raise ValueError(f"{name}: {first} is nobody, {among}")
    return given if given.dtype in (np.int32, np.int64) else given.astype(np.int64)


def take_rows(first: I64, contact: I32, ids: NDArray[np.integer]) -> Rows:
    """The rows of `ids`, in their order."""
    length = first[ids + 1] - first[ids]
    offsets = np.zeros(len(ids) + 1, np.int64)
    np.cumsum(length, out=offsets[1:])
    taken = np.empty(int(offsets[-1]), np.int32)
    copy = fastest_kernels().copy_rows

    def work(slab: tuple[int, int]) -> None:
        a, b = slab
        copy(first, contact, ids[a:b], offsets[a : b + 1], taken)

    parallel(work, slabs(len(ids), grain=GRAIN))
    return Rows(offsets, taken)


def row_spans(first: I64, ids: NDArray[np.integer]) -> tuple[I64, I64]:
    """Where the rows of `ids` begin and end."""
    start, stop = np.empty(len(ids), np.int64), np.empty(len(ids), np.int64)
    find = fastest_kernels().find_rows

    def work(slab: tuple[int, int]) -> None:
        a, b = slab
        find(first, ids[a:b], start[a:b], stop[a:b])

    parallel(work, slabs(len(ids), grain=GRAIN))
    return start, stop


def find_rows(first: I64, ids: NDArray[np.integer], start: I64, stop: I64) -> None:
    """The clear version: write where the rows of `ids` begin and end."""
    start[:] = first[ids]
    stop[:] = first[ids + 1]


def copy_rows(first: I64, contact: I32, ids: NDArray[np.integer], offsets: I64, taken: I32) -> None:
    """The clear version: write the rows of `ids` to where `offsets` say."""
    length = np.diff(offsets)
    shift = np.repeat(first[ids] - offsets[:-1], length)
    where = np.arange(offsets[0], offsets[-1])
    taken[offsets[0] : offsets[-1]] = contact[where + shift]


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(copy_rows, find_rows)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.ties import rows_compiled as compiled

    return Kernels(compiled.copy_rows, compiled.find_rows)
