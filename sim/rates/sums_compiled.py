"""Compiled twins of sums over transitions, for numba: see `sim.rates.sums`. Equal bit for bit.

Sums are taken in the order of numpy's `reduceat`: the first term, and to it the sum of the rest,
which is one after another below 8 terms, in 8 running sums below 129, and else of two halves.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compile_kernel

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

#: Terms that numpy adds up in one go, in eight running sums; more are halved.
LONGEST = 128


@compile_kernel
def add_rows(
    values: NDArray[Any], rows: I64, first: int, past: int, sums: NDArray[Any], into: NDArray[Any]
) -> None:
    """values[rows[first:past]] summed over rows, in numpy's order: `into` (classes,), with `sums`
    (8, classes) as room to work in.

    For kernels of other modules too: whoever edits it has to clear their caches.
    """
    classes, many = values.shape[1], past - first
    if many > LONGEST:
        half = many // 2 - many // 2 % 8
        rest = np.empty_like(into)
        add_rows(values, rows, first, first + half, sums, into)
        add_rows(values, rows, first + half, past, sums, rest)
        for c in range(classes):
            into[c] += rest[c]
        return
    even = first
    if many < 8:
        for c in range(classes):
            into[c] = 0
    else:
        even = first + many - many % 8
        for start in range(first, even, 8):
            for k in range(8):
                row = rows[start + k]
                if start == first:
                    for c in range(classes):
                        sums[k, c] = values[row, c]
                else:
                    for c in range(classes):
                        sums[k, c] += values[row, c]
        for c in range(classes):
            into[c] = ((sums[0, c] + sums[1, c]) + (sums[2, c] + sums[3, c])) + (
                (sums[4, c] + sums[5, c]) + (sums[6, c] + sums[7, c])
            )
    for t in range(even, past):
        row = rows[t]
        for c in range(classes):
            into[c] += values[row, c]


@compile_kernel
def add_chosen(values: NDArray[Any], chosen: I64, starts: I64, filled: I64, total: F64) -> None:
    """See `sim.rates.sums`."""
    classes = values.shape[1]
    sums, rest = np.empty((8, classes), values.dtype), np.empty(classes, values.dtype)
    for i in range(filled.size):
        head, row = chosen[starts[i]], filled[i]
        add_rows(values, chosen, starts[i] + 1, starts[i + 1], sums, rest)
        for c in range(classes):
            total[row, c] = values[head, c] + rest[c]
