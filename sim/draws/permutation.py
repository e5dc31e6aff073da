"""Keyed permutations: a bijection of [0, size) that is computed, never stored.

Shuffles of 10**8 people and matchings of 10**9 ends of ties need the place of a few elements at a
time, in any order and from any thread. A permutation stored by an argsort costs 8 bytes an element;
this one costs nothing and its inverse is as cheap as itself.

An element is a cell (row, column) of the smallest grid with at least `size` cells and an even
number of columns near its square root. Each round shifts, in turn, the row by a keyed function of
the column and the column by a keyed function of the row, both modulo the grid's sides: a Feistel
network over Z_rows x Z_columns. An image outside [0, size) is mapped on until it falls inside. With
an even number of columns both parities of permutation occur. The first and the last round shift the
row, because neighbours (x and x + 1, y and y ^ 1) differ in their column.

Sources: Black & Rogaway 2002, "Ciphers with arbitrary finite domains" (CT-RSA), methods of the
generalised Feistel network and of cycle walking; Luby & Rackoff 1988 for networks of few rounds.
The round function is the core of `lowbias32` (Wellons 2018, "Prospecting for hash functions"): xor
with the key stands for its first step, a multiplication that keeps the upper half for its last.
"""

import sys
from collections.abc import Callable
from math import isqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sim.draws.grid import FIRST_MULTIPLIER, I64, SECOND_MULTIPLIER, SHIFT, Grid
from sim.draws.keyed import WORTH_COMPILING, entity_id, seed_words
from sim.draws.philox import U64, philox4x32
from sim.kernels import compiler
from sim.numbers import whole_number
from sim.threads import parallel, slabs

LARGEST_SIZE: Final = 1 << 40
#: Odd, so that the row is shifted first and last. With 3 rounds the tests of pairs, of fixed points
#: and of matchings fail; with 5 they pass. Two more are a margin.
ROUNDS: Final = 7
#: A grid of few cells mixes slowly, since its shifts have few values to choose from.
SMALL_ROUNDS: Final = 25
SMALL_SIZE: Final = 1 << 12
#: Elements that one thread maps at least.
GRAIN: Final = 1 << 16

_MASK: Final = np.uint64(0xFFFFFFFF)
_WORD: Final = np.uint64(32)


class KeyedPermutation:
    """A bijection of [0, size), a pure function of (size, seed, purpose, names).

    `of` and `inverse` map integer arrays of any shape to int64 arrays, and single integers to
    integers. Kernels use `permute` and `unpermute` of `sim.draws.permutation_compiled` with `grid`.
    Raises ValueError for a size outside [1, 2**40] and for elements outside [0, size).
    """

    def __init__(self, size: int, seed: int, purpose: str, *names: str) -> None:
        size = whole_number(size, "elements of a permutation", 1, LARGEST_SIZE)
        columns = 2 * -(-_root_above(size) // 2)
        rows = -(-size // columns)
        keys = round_keys(seed, purpose, names, SMALL_ROUNDS if size <= SMALL_SIZE else ROUNDS)
        self.size = size
        self.grid = Grid(self.size, rows, columns, keys)

    def of(self, x: ArrayLike) -> I64:
        """Where each element goes."""
        return self._map(x, forward=True)

    def inverse(self, y: ArrayLike) -> I64:
        """Where each element comes from: inverse(of(x)) is x."""
        return self._map(y, forward=False)

    def _map(self, elements: ArrayLike, forward: bool) -> I64:
        given = np.asarray(elements)
        if given.size and given.dtype.kind not in "iu":
            raise ValueError(f"elements must be whole numbers, not {given.dtype}")
        if given.size and (int(given.min()) < 0 or int(given.max()) >= self.size):
            raise ValueError(f"elements must lie in [0, {self.size})")
        flat = np.ascontiguousarray(given, np.int64).ravel()
        worth = flat.size >= WORTH_COMPILING or "sim.draws.permutation_compiled" in sys.modules
        kernels = fastest_kernels() if worth else clear_kernels()
        work = kernels.permute_all if forward else kernels.unpermute_all
        out = np.empty(flat.size, np.int64)

        def slab(part: tuple[int, int]) -> None:
            a, b = part
            work(flat[a:b], self.grid, out[a:b])

        parallel(slab, slabs(flat.size, grain=GRAIN))
        mapped: I64 = out.reshape(given.shape)[()]
        return mapped


def round_keys(seed: int, purpose: str, names: tuple[str, ...], rounds: int) -> U64:
    """A 32-bit key for each round, by the generator with the seed as its key."""
    entity = entity_id("permutation", *names)
    blocks = np.arange(-(-rounds // 4), dtype=np.uint64)
    low, high, fourth = (
        np.full_like(blocks, word & 0xFFFFFFFF)
        for word in (entity, entity >> 32, entity_id("purpose", purpose))
    )
    words = philox4x32((low, high, blocks, fourth), seed_words(seed))
    return np.ascontiguousarray(np.stack(words, axis=1).ravel()[:rounds])


def permute_all(x: I64, grid: Grid, out: I64) -> None:
    """Map every element of `x` into `out`: the clear version, oracle of the compiled one."""
    _walk(x, grid, out, _forward)


def unpermute_all(y: I64, grid: Grid, out: I64) -> None:
    """The inverse of `permute_all`."""
    _walk(y, grid, out, _backward)


def _walk(x: I64, grid: Grid, out: I64, once: Callable[[U64, Grid], U64]) -> None:
    image = once(x.astype(np.uint64), grid)
    outside = np.flatnonzero(image >= grid.size)
    while outside.size:
        image[outside] = once(image[outside], grid)
        outside = outside[image[outside] >= grid.size]
    out[:] = image


def _forward(x: U64, grid: Grid) -> U64:
    """One pass over the whole grid."""
    rows, columns = np.uint64(grid.rows), np.uint64(grid.columns)
    row, column = np.divmod(x, columns)
    for k, key in enumerate(grid.keys):
        if k % 2 == 0:
            row = _wrap(row + _shift(column, key, rows), rows)
        else:
            column = _wrap(column + _shift(row, key, columns), columns)
    return row * columns + column


def _backward(y: U64, grid: Grid) -> U64:
    rows, columns = np.uint64(grid.rows), np.uint64(grid.columns)
    row, column = np.divmod(y, columns)
    for k in range(grid.keys.size - 1, -1, -1):
        key = grid.keys[k]
        if k % 2 == 0:
            row = _wrap(row + (rows - _shift(column, key, rows)), rows)
        else:
            column = _wrap(column + (columns - _shift(row, key, columns)), columns)
    return row * columns + column


def _shift(word: U64, key: np.uint64, modulus: np.uint64) -> U64:
    """The round function: `word` < 2**32 to [0, modulus)."""
    mixed = ((word ^ key) * np.uint64(FIRST_MULTIPLIER)) & _MASK
    mixed = mixed ^ (mixed >> np.uint64(SHIFT))
    mixed = (mixed * np.uint64(SECOND_MULTIPLIER)) & _MASK
    return (mixed * modulus) >> _WORD


def _wrap(value: U64, modulus: np.uint64) -> U64:
    """A value below twice the modulus, modulo it."""
    return np.where(value >= modulus, value - modulus, value)


def _root_above(size: int) -> int:
    """The smallest integer with a square of at least `size`."""
    return isqrt(size - 1) + 1


class Kernels(NamedTuple):
    """Both directions for arrays: (elements, grid, out)."""

    permute_all: Callable[[I64, Grid, I64], None]
    unpermute_all: Callable[[I64, Grid, I64], None]


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(permute_all, unpermute_all)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.draws import permutation_compiled as compiled

    return Kernels(compiled.permute_all, compiled.unpermute_all)
