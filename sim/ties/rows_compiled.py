"""Compiled twins of `sim.ties.rows`."""

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compile_kernel

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@compile_kernel
def copy_rows(first: I64, contact: I32, ids: NDArray[np.integer], offsets: I64, taken: I32) -> None:
    """See `sim.ties.rows`."""
    for k in range(ids.size):
        to = offsets[k]
        start = first[ids[k]]
        for step in range(offsets[k + 1] - to):
            taken[to + step] = contact[start + step]


@compile_kernel
def find_rows(first: I64, ids: NDArray[np.integer], start: I64, stop: I64) -> None:
    """See `sim.ties.rows`."""
    for k in range(ids.size):
        row = np.uint64(ids[k])
        start[k] = first[row]
        stop[k] = first[row + np.uint64(1)]
