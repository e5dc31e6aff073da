"""Compiled twin of following lines of derivatives, for numba. Equal bit for bit.

The clear version lets a whole batch look in rounds. Here one derivative goes after the other, and
the round in which each found its line tells when those who look at it could see that line.
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import philox_block, unit
from sim.draws.keyed import key_words
from sim.kernels import compile_kernel, inline_kernel

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

STEP, FIRST, SECOND = (
    np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
AT_30, AT_27, AT_31, WORD = (np.uint64(bits) for bits in (30, 27, 31, 32))
MASK = np.uint64(0xFFFFFFFF)


def begin(before: int, count: int, new_line: float, seed: int, family: U64) -> NDArray[np.bool_]:
    """See `sim.market.developers.derivatives`."""
    begins = np.empty(count, np.bool_)
    begin_lines(before, new_line, family[0], *key_words(seed, "derivative base"), begins)
    return begins


def follow(
    line_of: NDArray[np.int32], looking: I64, before: int, fitness: F64, seed: int, family: U64
) -> None:
    """See `sim.market.developers.derivatives`."""
    if looking.size:
        seen_from = np.zeros(line_of.size - before, np.int64)
        words = key_words(seed, "derivative parent")
        follow_in_turn(line_of, looking, before, fitness, family[0], *words, seen_from)


@inline_kernel
def mixed_id(family: np.uint64, number: int) -> np.uint64:
    """See `sim.draws.keyed.combine_ids`."""
    mixed = family + np.uint64(number) * STEP
    mixed = (mixed ^ (mixed >> AT_30)) * FIRST
    mixed = (mixed ^ (mixed >> AT_27)) * SECOND
    return mixed ^ (mixed >> AT_31)


@compile_kernel
def begin_lines(
    before: int,
    new_line: float,
    family: np.uint64,
    purpose: np.uint64,
    key0: np.uint64,
    key1: np.uint64,
    begins: NDArray[np.bool_],
) -> None:
    """Who starts a line."""
    for i in range(begins.size):
        mixed = mixed_id(family, before + i)
        w0, w1, _, _ = philox_block(mixed & MASK, mixed >> WORD, np.uint64(0), purpose, key0, key1)
        begins[i] = unit(w0, w1) < new_line


@compile_kernel
def follow_in_turn(
    line_of: NDArray[np.int32],
    looking: I64,
    before: int,
    fitness: F64,
    family: np.uint64,
    purpose: np.uint64,
    key0: np.uint64,
    key1: np.uint64,
    seen_from: I64,
) -> None:
    """`seen_from` (batch,) is the first round in which the line of each can be seen."""
    # The first look of each depends on its number alone: in a loop of its own, which works on
    # several at once.
    first, keep = np.empty(looking.size, np.int64), np.empty(looking.size)
    for i in range(looking.size):
        mixed = mixed_id(family, looking[i])
        w0, w1, w2, w3 = philox_block(
            mixed & MASK, mixed >> WORD, np.uint64(0), purpose, key0, key1
        )
        first[i] = np.int64(unit(w0, w1) * float(looking[i]))
        keep[i] = unit(w2, w3)
    for i in range(looking.size):
        number, parent, kept, attempt = looking[i], first[i], keep[i], 0
        while True:
            seen = max(attempt, seen_from[parent - before] if parent >= before else 0)
            line = line_of[parent]
            if kept < fitness[line]:
                line_of[number] = line
                seen_from[number - before] = seen + 1
                break
            attempt = seen + 1
            mixed = mixed_id(family, number)
            w0, w1, w2, w3 = philox_block(
                mixed & MASK, mixed >> WORD, np.uint64(attempt), purpose, key0, key1
            )
            parent = np.int64(unit(w0, w1) * float(number))
            kept = unit(w2, w3)
