"""Compiled twins of `sim.contagion.clear`.

An independent cascade goes through the ties of a generation in pieces of some hundred blocks of
four ties, which fit the fastest cache: list the blocks, draw them all (the only loop that is worth
vector instructions), keep the ties that succeed without a branch, then read who is behind them, so
that the reads from memory are few and do not wait for each other, and at last look whether these
were reached before: a bit each, since bits fit a cache where a number each would not.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from sim.contagion.progress import NOBODY, UNIT_WEIGHT, WORDS, Floats, Keys, Progress
from sim.draws.compiled import M0, M1, MASK, W0, W1, WORD, philox_block
from sim.draws.philox import ROUNDS
from sim.kernels import compile_kernel
from sim.ties.rows import I32, I64

#: Blocks in a piece, the bits that count them, and those bits set.
PIECE, BITS = 512, 9
LAST = np.uint64(PIECE - 1)
#: Bits that count those of a word, and those bits set.
WORD_BITS, LAST_BIT = np.uint64(6), np.uint64(63)
#: A generation of more than one in this many of all people is put in order of id, by going through
#: the bits of all: people side by side have their rows side by side.
DENSE = 32
#: Generations that are expected; there is made room for more.
FEW = 64
U32 = NDArray[np.uint32]
#: person, block and first tie of each block; ties left in its row; words; what succeeded; who.
Piece = tuple[U32, U32, I64, I64, U32, I32, I32, I64, I64]


@intrinsic
def trailing_zeros(typing_context: Any, word: Any) -> Any:
    """The lowest bit that is set, of a word in which some is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@compile_kernel
def new_piece() -> Piece:
    """Room for one piece of work."""
    return (
        np.empty(PIECE, np.uint32),
        np.empty(PIECE, np.uint32),
        np.empty(PIECE, np.int64),
        np.empty(PIECE, np.int64),
        np.empty(4 * PIECE, np.uint32),
        np.empty(4 * PIECE + 1, np.int32),
        np.empty(4 * PIECE, np.int32),
        np.empty(PIECE, np.int64),
        np.empty(PIECE, np.int64),
    )


@compile_kernel
def _draw(
    person: U32, block: U32, count: int, run: np.uint64, purpose: np.uint64, keys: Keys, words: U32
) -> None:
    for i in range(count):
        c0, c1, c2, c3 = np.uint64(person[i]), np.uint64(block[i]), run, purpose
        k0, k1 = keys[2], keys[3]
        for _ in range(ROUNDS):
            p0 = M0 * c0
            p1 = M1 * c2
            c0, c1, c2, c3 = (p1 >> WORD) ^ c1 ^ k0, p1 & MASK, (p0 >> WORD) ^ c3 ^ k1, p0 & MASK
            k0 = (k0 + W0) & MASK
            k1 = (k1 + W1) & MASK
        words[i] = c0
        words[PIECE + i] = c1
        words[2 * PIECE + i] = c2
        words[3 * PIECE + i] = c3


@compile_kernel
def _bound(chance: float) -> np.uint64:
    """The upper word of a probability."""
    return np.uint64(min(math.floor(chance * WORDS), WORDS - 1.0))


@compile_kernel
def _lower_half_succeeds(
    chance: float, person: np.uint32, rank: int, run: np.uint64, keys: Keys
) -> bool:
    words = philox_block(np.uint64(person), np.uint64(rank >> 2), run, keys[1], keys[2], keys[3])
    lane = rank & 3
    lower = words[0]
    if lane == 1:
        lower = words[1]
    elif lane == 2:
        lower = words[2]
    elif lane == 3:
        lower = words[3]
    rest = chance * WORDS - min(math.floor(chance * WORDS), WORDS - 1.0)
    return (float(lower) + 0.5) / WORDS < rest


@compile_kernel
def _spread(
    people: I32,
    row: I32,
    first: I64,
    contact: I32,
    transmission: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    state: Progress,
    reached: int,
    piece: Piece,
) -> int:
    person, block, start, left, words, hit, target, tie_of, end_of = piece
    seen, before, queue, best = state.seen, state.before, state.queue, state.best
    base = 0
    common = _bound(np.float64(transmission[0])) if not each else np.uint64(0)
    k, b, known = 0, 0, 0
    while k < people.size:
        if k == known:
            # Reads that do not wait for each other, which those of the next loop would.
            known = min(k + PIECE, people.size)
            for i in range(known - k):
                tie_of[i], end_of[i] = first[row[k + i]], first[row[k + i] + 1]
            base = k
        count = 0
        while k < known and count < PIECE:
            tie, end = tie_of[k - base] + 4 * b, end_of[k - base]
            while tie < end and count < PIECE:
                person[count] = people[k]
                block[count] = b
                start[count] = tie
                left[count] = end - tie
                count += 1
                b += 1
                tie += 4
            if tie >= end:
                k += 1
                b = 0
        _draw(person, block, count, run, keys[0], keys, words)

        # Unsigned numbers, which cannot be places from the end of an array, index faster.
        found = np.uint64(0)
        for lane in range(np.uint64(4)):
            at = lane * np.uint64(PIECE)
            for i in range(np.uint64(count)):
                hit[found] = np.int32(at + i)
                success = words[at + i] <= np.uint32(common)
                if each:
                    last = min(np.int64(lane), left[i] - 1)
                    chance = np.float64(transmission[start[i] + last])
                    success = float(words[at + i]) <= chance * WORDS
                found += np.uint64(success & (np.int64(lane) < left[i]))

        for h in range(found):
            spot = start[np.uint64(hit[h]) & LAST] + (np.int64(hit[h]) >> BITS)
            target[h] = contact[np.uint64(spot)]

        for h in range(found):
            own, nth = np.uint64(hit[h]) & LAST, np.int64(hit[h]) >> BITS
            word = np.uint64(words[np.uint64(hit[h])])
            chance = np.float64(transmission[np.uint64(start[own] + nth if each else 0)])
            bound = _bound(chance) if each else common
            if word == bound:
                rank = int(4 * np.int64(block[own]) + nth)
                if not _lower_half_succeeds(chance, person[own], rank, run, keys):
                    continue
            reader = np.uint64(target[h])
            slot, bit = reader >> WORD_BITS, np.uint64(1) << (reader & LAST_BIT)
            held = seen[slot]
            fresh = (held & bit) == 0
            seen[slot] = held | bit
            queue[np.uint64(reached)] = target[h]
            reached += fresh
            if best.size > 0 and (fresh or (before[slot] & bit) == 0):
                draw = word
                if each:
                    draw = (draw << WORD) // (bound + np.uint64(1))
                draw = (draw << WORD) | np.uint64(person[own])
                best[reader] = draw if fresh else min(best[reader], draw)
    return reached


@compile_kernel
def spread(
    people: I32,
    row: I32,
    first: I64,
    contact: I32,
    transmission: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    state: Progress,
    reached: int,
) -> int:
    """See `sim.contagion.clear`."""
    return _spread(
        people, row, first, contact, transmission, each, keys, run, state, reached, new_piece()
    )


@compile_kernel
def _start(seeds: I32, state: Progress) -> int:
    reached = 0
    for k in range(seeds.size):
        slot, bit = seeds[k] >> 6, np.uint64(1) << np.uint64(seeds[k] & 63)
        if state.seen[slot] & bit == 0:
            state.seen[slot] |= bit
            state.queue[reached] = seeds[k]
            if state.best.size > 0:
                state.best[seeds[k]] = NOBODY
            reached += 1
    return reached


@compile_kernel
def _close(state: Progress, reached: int, end: int) -> None:
    """A generation, `reached` to `end` of the queue, is complete."""
    seen, before, queue = state.seen, state.before, state.queue
    if (end - reached) * DENSE > seen.size * 64:
        at = np.uint64(reached)
        for slot in range(np.uint64(seen.size)):
            bits = seen[slot] & ~before[slot]
            before[slot] = seen[slot]
            while bits != 0:
                lowest: np.uint64 = trailing_zeros(bits)  # type: ignore[call-arg]
                queue[at] = np.int32((slot << WORD_BITS) | lowest)
                at += np.uint64(1)
                bits &= bits - np.uint64(1)
    else:
        for k in range(reached, end):
            reader = np.uint64(queue[k])
            before[reader >> WORD_BITS] |= np.uint64(1) << (reader & LAST_BIT)


@compile_kernel
def _cascade(
    seeds: I32,
    first: I64,
    contact: I32,
    transmission: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    state: Progress,
    piece: Piece,
    ends: I64,
) -> tuple[int, I64]:
    """The last generation, and where generations end: `ends`, or a longer array."""
    begin, reached, depth = 0, _start(seeds, state), 0
    ends[0] = reached
    while begin < reached:
        # `int`, since for a number known as it is written here a kernel is compiled once more.
        _close(state, int(begin), reached)
        people = state.queue[begin:reached]
        end = _spread(
            people, people, first, contact, transmission, each, keys, run, state, reached, piece
        )
        begin, reached = reached, end
        depth += 1
        if depth == ends.size:
            ends = np.append(ends, ends)
        ends[depth] = end
    return depth, ends


@compile_kernel
def cascade(
    seeds: I32,
    first: I64,
    contact: I32,
    transmission: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    state: Progress,
) -> I64:
    """A whole independent cascade on stored rows; returns where its generations end."""
    ends = np.empty(FEW, np.int64)
    depth, ends = _cascade(
        seeds, first, contact, transmission, each, keys, run, state, new_piece(), ends
    )
    return ends[: depth + 1]


@compile_kernel
def cascades(
    seeds: I32,
    begin: int,
    end: int,
    first: I64,
    contact: I32,
    transmission: Floats,
    each: bool,
    keys: Keys,
    state: Progress,
    found: I64,
) -> None:
    """Sizes of runs `begin` to `end`, with a row of seeds each or one for all; who was reached is
    cleared after each run."""
    piece, ends = new_piece(), np.empty(FEW, np.int64)
    seen, before, queue = state.seen, state.before, state.queue
    for r in range(begin, end):
        depth, ends = _cascade(
            seeds[min(r, seeds.shape[0] - 1)], first, contact, transmission, each, keys,
            np.uint64(r), state, piece, ends,
        )  # fmt: skip
        size = ends[depth]
        found[r] = size
        if size > seen.size:
            seen[:] = 0
            before[:] = 0
        else:
            for k in range(size):
                seen[queue[k] >> 6] = 0
                before[queue[k] >> 6] = 0


@compile_kernel
def push(
    people: I32,
    row: I32,
    first: I64,
    contact: I32,
    weight: Floats,
    each: bool,
    left: I32 | I64,
    queue: I32,
    reached: int,
) -> int:
    """See `sim.contagion.clear`."""
    tie_of, end_of = np.empty(PIECE, np.int64), np.empty(PIECE, np.int64)
    nearby = np.empty(PIECE, np.int32)
    for known in range(0, people.size, PIECE):
        size = min(PIECE, people.size - known)
        # Bring rows near with reads that do not wait for each other.
        for k in range(size):
            tie_of[k], end_of[k] = first[row[known + k]], first[row[known + k] + 1]
        for k in range(size):
            if end_of[k] > tie_of[k]:
                nearby[k] = contact[tie_of[k]] ^ contact[end_of[k] - 1]
        for k in range(size):
            for tie in range(tie_of[k], end_of[k]):
                reader = contact[tie]
                amount = np.int64(1)
                if each:
                    amount = np.int64(math.ceil(np.float64(weight[tie]) * UNIT_WEIGHT))
                before = np.int64(left[reader])
                left[reader] = before - amount
                queue[reached] = reader
                reached += int((before > 0) & (before <= amount))
    return reached
