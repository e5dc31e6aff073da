"""Compiled twins of `sim.ties.endpoints`, for numba."""

import numpy as np

from sim.draws.compiled import MASK, SHIFT_DOWN, SHIFT_UP, WORD, philox_block
from sim.kernels import compile_kernel
from sim.ties.rows import I32, I64

ZERO = np.uint64(0)
#: Edges whose draws are kept in the first cache.
PIECE = 512


@compile_kernel
def random_edges(
    low: np.uint64,
    high: np.uint64,
    purpose: np.uint64,
    first: int,
    people: int,
    source: I32,
    target: I32,
) -> None:
    """Two edges from each block, from block `first` on."""
    n = np.uint64(people)
    for i in range(source.size // 2):
        at = np.uint64(first + i)
        w0, w1, w2, w3 = philox_block(at & MASK, at >> WORD, ZERO, purpose, low, high)
        lower = w1 * n
        upper = w0 * n + (lower >> WORD)
        source[2 * i] = np.int32(upper >> WORD)
        target[2 * i] = np.int32(((upper & MASK) * n + (((lower & MASK) * n) >> WORD)) >> WORD)
        lower = w3 * n
        upper = w2 * n + (lower >> WORD)
        source[2 * i + 1] = np.int32(upper >> WORD)
        target[2 * i + 1] = np.int32(((upper & MASK) * n + (((lower & MASK) * n) >> WORD)) >> WORD)


@compile_kernel
def ring_edges(
    low: np.uint64,
    high: np.uint64,
    purpose: np.uint64,
    first: int,
    people: int,
    half: int,
    rewiring: float,
    source: I32,
    target: I32,
) -> None:
    """One edge from each block, from edge `first` on; `rewiring` times 2**53."""
    others = np.uint64(people - 1)
    for i in range(source.size):
        at = np.uint64(first + i)
        w0, w1, w2, w3 = philox_block(at & MASK, at >> WORD, ZERO, purpose, low, high)
        person = (first + i) // half
        moved = float((w0 << SHIFT_UP) | (w1 >> SHIFT_DOWN)) < rewiring
        far = np.int64((w2 * others + ((w3 * others) >> WORD)) >> WORD)
        step = far if moved else np.int64((first + i) - person * half)
        source[i] = np.int32(person)
        target[i] = np.int32((person + 1 + step) % people)


@compile_kernel
def block_edges(
    low: np.uint64,
    high: np.uint64,
    purpose: np.uint64,
    first: int,
    block: I32,
    start: I64,
    ordered: I32,
    homophily: float,
    source: I32,
    target: I32,
) -> None:
    """One edge from each block of draws, from edge `first` on; `homophily` times 2**53.

    The draws come in a loop of their own, which the compiler turns into vector instructions.
    """
    n = np.uint64(block.size)
    rest, near = np.empty(PIECE, np.uint64), np.empty(PIECE, np.bool_)
    for piece in range(0, source.size, PIECE):
        count = min(PIECE, source.size - piece)
        for i in range(count):
            at = np.uint64(first + piece + i)
            w0, w1, w2, w3 = philox_block(at & MASK, at >> WORD, ZERO, purpose, low, high)
            lower = w1 * n
            upper = w0 * n + (lower >> WORD)
            source[piece + i] = np.int32(upper >> WORD)
            rest[i] = (upper << WORD) | (lower & MASK)
            near[i] = float((w2 << SHIFT_UP) | (w3 >> SHIFT_DOWN)) < homophily
        for i in range(count):
            own = block[source[piece + i]]
            among = np.uint64(start[own + 1] - start[own]) if near[i] else n
            drawn = ((rest[i] >> WORD) * among + (((rest[i] & MASK) * among) >> WORD)) >> WORD
            place = np.int64(drawn)
            target[piece + i] = ordered[start[own] + place] if near[i] else place
