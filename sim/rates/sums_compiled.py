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


def add_chosen(values: NDArray[Any], chosen: I64, starts: I64, filled: I64, total: F64) -> None:
    """See `sim.rates.sums`."""
    # Whole numbers add up to the same in any order, and a plain loop is compiled in a tenth of the
    # time.
    add = add_whole if values.dtype.kind == "i" else add_groups
    add(values, chosen, starts[:-1], starts[1:], filled, total)


@compile_kernel
def add_whole(values: I64, chosen: I64, begins: I64, ends: I64, filled: I64, total: F64) -> None:
    """As `add_groups`, of whole numbers."""
    for i in range(filled.size):
        into = total[filled[i]]
        into[:] = 0.0
        for t in range(begins[i], ends[i]):
            row = chosen[t]
            for c in range(into.size):
                into[c] += values[row, c]


@compile_kernel
def add_groups(values: F64, chosen: I64, begins: I64, ends: I64, filled: I64, total: F64) -> None:
    """total[filled[i]] = the sum of values[chosen[begins[i]:ends[i]]] over rows, in numpy's
    order."""
    sums, rest = np.empty((8, values.shape[1])), np.empty(values.shape[1])
    for i in range(filled.size):
        head, row = chosen[begins[i]], filled[i]
        _add_rows(values, chosen, begins[i] + 1, ends[i], sums, rest)
        for c in range(rest.size):
            total[row, c] = values[head, c] + rest[c]


@compile_kernel
def _add_rows(values: F64, rows: I64, first: int, past: int, sums: F64, into: F64) -> None:
    """values[rows[first:past]] summed over rows, in numpy's order: `into` (classes,), with `sums`
    (8, classes) as room to work in."""
    many = past - first
    if many > LONGEST:
        middle = first + many // 2 - many // 2 % 8
        rest = np.empty_like(into)
        _add_rows(values, rows, first, middle, sums, into)
        _add_rows(values, rows, middle, past, sums, rest)
        for c in range(into.size):
            into[c] += rest[c]
        return
    into[:] = 0.0
    past_sums = first + many - many % 8
    if many >= 8:
        sums[:] = -0.0  # and not 0, so that to add the first term gives that term, -0 too
        for t in range(first, past_sums):
            k, row = (t - first) % 8, rows[t]
            for c in range(into.size):
                sums[k, c] += values[row, c]
        for c in range(into.size):
            into[c] = ((sums[0, c] + sums[1, c]) + (sums[2, c] + sums[3, c])) + (
                (sums[4, c] + sums[5, c]) + (sums[6, c] + sums[7, c])
            )
    for t in range(past_sums, past):
        row = rows[t]
        for c in range(into.size):
            into[c] += values[row, c]
