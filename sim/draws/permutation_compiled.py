"""Compiled twins of `sim.draws.permutation`, and the scalar forms for kernels of other modules.

Whoever calls `permute` or `unpermute` from a cached kernel has to clear its cache when this file
changes: numba's cache notices changes of the file a function stands in only.

The array forms work round by round on blocks of elements that stay in the first cache, in loops
that the compiler turns into vector instructions: seven times as fast as the scalar forms (3 ns
and 22 ns an element).
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.grid import FIRST_MULTIPLIER, I64, SECOND_MULTIPLIER, SHIFT, Grid
from sim.kernels import compile_kernel

BLOCK = 512
M1, M2 = np.uint64(FIRST_MULTIPLIER), np.uint64(SECOND_MULTIPLIER)
S, WORD, MASK = np.uint64(SHIFT), np.uint64(32), np.uint64(0xFFFFFFFF)

U64 = NDArray[np.uint64]


@compile_kernel
def permute(x: int, grid: Grid) -> np.int64:
    """Where element x of [0, size) goes."""
    image = _forward(x, grid)
    while image >= grid.size:
        image = _forward(image, grid)
    return image


@compile_kernel
def unpermute(y: int, grid: Grid) -> np.int64:
    """Where element y of [0, size) comes from."""
    image = _backward(y, grid)
    while image >= grid.size:
        image = _backward(image, grid)
    return image


@compile_kernel
def permute_all(x: I64, grid: Grid, out: I64) -> None:
    """See `sim.draws.permutation`. `out` may be `x`."""
    rows, columns = np.uint64(grid.rows), np.uint64(grid.columns)
    row, column = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.uint64)
    for start in range(0, x.size, BLOCK):
        count = min(BLOCK, x.size - start)
        _split(x[start : start + count], grid.columns, row, column)
        for k in range(grid.keys.size):
            if k % 2 == 0:
                _add(row, column, count, grid.keys[k], rows)
            else:
                _add(column, row, count, grid.keys[k], columns)
        _join(row, column, columns, out[start : start + count])
        for i in range(start, start + count):
            while out[i] >= grid.size:
                out[i] = _forward(out[i], grid)


@compile_kernel
def unpermute_all(y: I64, grid: Grid, out: I64) -> None:
    """See `sim.draws.permutation`. `out` may be `y`."""
    rows, columns = np.uint64(grid.rows), np.uint64(grid.columns)
    row, column = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.uint64)
    for start in range(0, y.size, BLOCK):
        count = min(BLOCK, y.size - start)
        _split(y[start : start + count], grid.columns, row, column)
        for k in range(grid.keys.size - 1, -1, -1):
            if k % 2 == 0:
                _subtract(row, column, count, grid.keys[k], rows)
            else:
                _subtract(column, row, count, grid.keys[k], columns)
        _join(row, column, columns, out[start : start + count])
        for i in range(start, start + count):
            while out[i] >= grid.size:
                out[i] = _backward(out[i], grid)


@compile_kernel
def _shift(word: np.uint64, key: np.uint64, modulus: np.uint64) -> np.uint64:
    mixed = ((word ^ key) * M1) & MASK
    mixed = mixed ^ (mixed >> S)
    mixed = (mixed * M2) & MASK
    return (mixed * modulus) >> WORD


@compile_kernel
def _wrap(value: np.uint64, modulus: np.uint64) -> np.uint64:
    # An unsigned minimum: below the modulus the difference is a very large number.
    return min(value, value - modulus)


@compile_kernel
def _forward(x: int | np.int64, grid: Grid) -> np.int64:
    rows, columns = np.uint64(grid.rows), np.uint64(grid.columns)
    row = np.uint64(x) // columns
    column = np.uint64(x) - row * columns
    for k in range(grid.keys.size):
        if k % 2 == 0:
            row = _wrap(row + _shift(column, grid.keys[k], rows), rows)
        else:
            column = _wrap(column + _shift(row, grid.keys[k], columns), columns)
    return np.int64(row * columns + column)


@compile_kernel
def _backward(y: int | np.int64, grid: Grid) -> np.int64:
    rows, columns = np.uint64(grid.rows), np.uint64(grid.columns)
    row = np.uint64(y) // columns
    column = np.uint64(y) - row * columns
    for k in range(grid.keys.size - 1, -1, -1):
        if k % 2 == 0:
            row = _wrap(row + (rows - _shift(column, grid.keys[k], rows)), rows)
        else:
            column = _wrap(column + (columns - _shift(row, grid.keys[k], columns)), columns)
    return np.int64(row * columns + column)


@compile_kernel
def _split(x: I64, columns: int, row: U64, column: U64) -> None:
    """Row and column of every element. The product with the reciprocal is off by one at most, and
    is put right in integers."""
    per_column = 1.0 / float(columns)
    for i in range(x.size):
        quotient = np.int64(float(x[i]) * per_column)
        rest = x[i] - quotient * columns
        low = np.int64(rest < 0)
        high = np.int64(rest >= columns)
        row[i] = np.uint64(quotient - low + high)
        column[i] = np.uint64(rest + (low - high) * columns)


@compile_kernel
def _join(row: U64, column: U64, columns: np.uint64, out: I64) -> None:
    for i in range(out.size):
        out[i] = np.int64(row[i] * columns + column[i])


@compile_kernel
def _add(target: U64, source: U64, count: int, key: np.uint64, modulus: np.uint64) -> None:
    for i in range(count):
        target[i] = _wrap(target[i] + _shift(source[i], key, modulus), modulus)


@compile_kernel
def _subtract(target: U64, source: U64, count: int, key: np.uint64, modulus: np.uint64) -> None:
    for i in range(count):
        target[i] = _wrap(target[i] + (modulus - _shift(source[i], key, modulus)), modulus)
