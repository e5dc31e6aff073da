"""Compiled twins of `sim.ties.cascades` and `sim.ties.thresholds`.

An independent cascade goes through the ties of a generation in pieces of some hundred blocks of
four ties, which fit the fastest cache: list the blocks, draw them all (the only loop that is worth
vector instructions), keep the ties that succeed without a branch, and only then look at the people
behind them, so that the reads from memory are few and do not wait for each other.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import M0, M1, MASK, W0, W1, WORD, compile_kernel, philox_block
from sim.draws.philox import ROUNDS, U64
from sim.ties.cascades import WORDS, Floats, Keys
from sim.ties.layer import I32, I64
from sim.ties.thresholds import UNIT_WEIGHT

#: Blocks in a piece, and the bits that count them.
PIECE, BITS = 512, 9
#: A generation of more than this share of all people is put in order of id by going through all:
#: people side by side have their rows side by side.
DENSE = 32
U32 = NDArray[np.uint32]
#: person, block and first tie of each block; ties left in its row; words; what succeeded; who.
Piece = tuple[U32, U32, I64, I64, U32, I32, I32, I64, I64]


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
    now: np.int32,
    generation: I32,
    best: U64,
    queue: I32,
    reached: int,
    piece: Piece,
) -> int:
    person, block, start, left, words, hit, target, tie_of, end_of = piece
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

        kept = 0
        for h in range(np.int64(found)):
            i, lane = hit[h] & (PIECE - 1), hit[h] >> BITS
            tie = start[i] + lane
            chance = np.float64(transmission[tie if each else 0])
            bound = _bound(chance) if each else common
            if np.uint64(words[hit[h]]) == bound:
                rank = 4 * np.int64(block[i]) + lane
                if not _lower_half_succeeds(chance, person[i], rank, run, keys):
                    continue
            hit[kept] = hit[h]
            target[kept] = contact[tie]
            kept += 1

        if best.size == 0:
            for h in range(kept):
                reader = target[h]
                fresh = generation[reader] < 0
                queue[reached] = reader
                reached += fresh
                generation[reader] = now if fresh else generation[reader]
            continue
        for h in range(kept):
            reader = target[h]
            fresh = generation[reader] < 0
            if fresh:
                generation[reader] = now
                queue[reached] = reader
                reached += 1
            if fresh or generation[reader] == now:
                i = hit[h] & (PIECE - 1)
                draw = np.uint64(words[hit[h]])
                if each:
                    tie = start[i] + (hit[h] >> BITS)
                    draw = (draw << WORD) // (_bound(np.float64(transmission[tie])) + np.uint64(1))
                best[reader] = min(best[reader], (draw << WORD) | np.uint64(person[i]))
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
    now: np.int32,
    generation: I32,
    best: U64,
    queue: I32,
    reached: int,
) -> int:
    """See `sim.ties.cascades`."""
    return _spread(
        people, row, first, contact, transmission, each, keys, run, now, generation, best, queue,
        reached, new_piece(),
    )  # fmt: skip


@compile_kernel
def _cascade(
    seeds: I32,
    first: I64,
    contact: I32,
    transmission: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    generation: I32,
    best: U64,
    queue: I32,
    piece: Piece,
) -> int:
    reached = 0
    for k in range(seeds.size):
        if generation[seeds[k]] < 0:
            generation[seeds[k]] = 0
            queue[reached] = seeds[k]
            reached += 1
    begin, now = 0, np.int32(0)
    while begin < reached:
        now = np.int32(now + 1)
        people = queue[begin:reached]
        end = _spread(
            people, people, first, contact, transmission, each, keys, run, now, generation, best,
            queue, reached, piece,
        )  # fmt: skip
        if (end - reached) * DENSE > generation.size:
            at = np.uint64(reached)
            for k in range(np.uint64(generation.size)):
                queue[at] = np.int32(k)
                at += np.uint64(generation[k] == now)
        begin, reached = reached, end
    return reached


@compile_kernel
def cascade(
    seeds: I32,
    first: I64,
    contact: I32,
    transmission: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    generation: I32,
    best: U64,
    queue: I32,
) -> int:
    """A whole independent cascade on stored rows; returns its size."""
    return _cascade(
        seeds, first, contact, transmission, each, keys, run, generation, best, queue, new_piece()
    )


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
    generation: I32,
    best: U64,
    queue: I32,
    found: I64,
) -> None:
    """Sizes of runs `begin` to `end`, with a row of seeds each or one for all; who was reached is
    cleared after each run."""
    piece = new_piece()
    for r in range(begin, end):
        size = _cascade(
            seeds[min(r, seeds.shape[0] - 1)], first, contact, transmission, each, keys,
            np.uint64(r), generation, best, queue, piece,
        )  # fmt: skip
        found[r] = size
        if size * DENSE > generation.size:
            generation[:] = -1
        else:
            for k in range(size):
                generation[queue[k]] = -1


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
    """See `sim.ties.thresholds`."""
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
