"""Rows of some people out of compressed sparse rows, by several threads where it is worth it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.threads import parallel, slabs
from sim.ties.layer import I32, I64, Rows

#: People whose rows one thread copies at least.
GRAIN = 1 << 13

Copy = Callable[[I64, I32, NDArray[np.integer], I64, I32], None]


def take_rows(first: I64, contact: I32, ids: NDArray[np.integer]) -> Rows:
    """The rows of `ids`, in their order."""
    length = first[ids + 1] - first[ids]
    offsets = np.zeros(len(ids) + 1, np.int64)
    np.cumsum(length, out=offsets[1:])
    taken = np.empty(int(offsets[-1]), np.int32)
    copy = _fastest()

    def work(slab: tuple[int, int]) -> None:
        a, b = slab
        copy(first, contact, ids[a:b], offsets[a : b + 1], taken)

    parallel(work, slabs(len(ids), grain=GRAIN))
    return Rows(offsets, taken)


def copy_rows(first: I64, contact: I32, ids: NDArray[np.integer], offsets: I64, taken: I32) -> None:
    """The clear version: write the rows of `ids` to where `offsets` say."""
    length = np.diff(offsets)
    shift = np.repeat(first[ids] - offsets[:-1], length)
    where = np.arange(offsets[0], offsets[-1])
    taken[offsets[0] : offsets[-1]] = contact[where + shift]


def _fastest() -> Copy:
    try:
        from sim.ties.rows_compiled import copy_rows as compiled
    except ImportError:
        return copy_rows
    return compiled
