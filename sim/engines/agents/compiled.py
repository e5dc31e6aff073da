"""Compiled twins of the agent kernels, equal to the clear versions bit for bit."""

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import philox_block, unit
from sim.engines.agents.scan import BLOCKS, CHUNK, F64, I64, U8, Bytes, Chunks, Key
from sim.engines.agents.tables import Ways
from sim.kernels import compile_kernel

_U64 = np.uint64
U32 = NDArray[np.uint32]
I32 = NDArray[np.int32]


def leave_mixed(state: U8, klass: Bytes, chunks: Chunks, ways: Ways, key: Key, flows: I64) -> None:
    """See `sim.engines.agents.scan`."""
    _leave_mixed(state, klass, *chunks, *ways, *(_U64(word) for word in key), flows)


@compile_kernel
def first_bytes(
    slot: int, owner: int, count: int, tick: np.uint64, purpose: np.uint64,
    low: np.uint64, high: np.uint64, words: U32, drawn: U8,
) -> None:  # fmt: skip
    """The first-stage bytes of one chunk; `words` (4, BLOCKS) is working space."""
    block = np.uint64(slot // CHUNK * BLOCKS)
    owner_word = np.uint64(owner)
    blocks = min(count, BLOCKS)
    word0, word1, word2, word3 = words[0], words[1], words[2], words[3]
    for b in range(blocks):
        w0, w1, w2, w3 = philox_block(block + np.uint64(b), owner_word, tick, purpose, low, high)
        word0[b] = np.uint32(w0)
        word1[b] = np.uint32(w1)
        word2[b] = np.uint32(w2)
        word3[b] = np.uint32(w3)
    for k in range(16):
        if k * BLOCKS >= count:
            break
        word = words[k // 4]
        part = drawn[k * BLOCKS : (k + 1) * BLOCKS]
        shift = np.uint32(8 * (k % 4))
        for b in range(blocks):
            part[b] = np.uint8(word[b] >> shift)


@compile_kernel
def own_uniforms(
    slot: int, owner: int, near: I32, count: int, tick: np.uint64, purpose: np.uint64,
    low: np.uint64, high: np.uint64, refine: F64, choice: F64,
) -> None:  # fmt: skip
    """Both uniforms of the first `count` people of `near`, positions within a chunk at `slot`."""
    first, word = np.uint64(slot), np.uint64(owner)
    for m in range(count):
        w0, w1, w2, w3 = philox_block(first + np.uint64(near[m]), word, tick, purpose, low, high)
        refine[m] = unit(w0, w1)
        choice[m] = unit(w2, w3)


@compile_kernel
def near_enough(
    drawn: U8, of_state: U8, of_class: Bytes, whole: U8, states: int,
    limit: U8, flag: U8, group: I32, near: I32,
) -> np.int64:  # fmt: skip
    """Positions in a chunk whose byte may make them leave, into `near`; returns how many.

    `limit`, `flag` (CHUNK,) and `group` are working space. People of one class lie together, so
    most chunks need one row of the table only.
    """
    count = of_state.size
    if of_class[0] == of_class[count - 1]:
        row = whole[np.int64(of_class[0]) * states : (np.int64(of_class[0]) + 1) * states]
        for r in range(count):
            limit[r] = row[of_state[r]]
    else:
        for r in range(count):
            limit[r] = whole[np.int64(of_class[r]) * states + np.int64(of_state[r])]
    for r in range(count):
        flag[r] = drawn[r] <= limit[r]
    return flagged(flag, count, group, near)


@compile_kernel
def flagged(flag: U8, count: int, group: I32, near: I32) -> np.int64:
    """Positions below `count` whose flag is 1, not 0, into `near` (CHUNK + 1,); returns how many.

    Few are, and nobody knows which: first the groups of eight that have any, then the people in
    these, both without a branch that would be guessed wrong. `group` (CHUNK // 8 + 1,) is working
    space.
    """
    full = np.uint64(count // 8)
    eights = flag.view(np.uint64)
    groups, found = np.uint64(0), np.uint64(0)
    for e in range(full):
        group[groups] = np.int32(e)
        groups += np.uint64(eights[e] != 0)
    for g in range(groups):
        first = np.uint64(group[g]) * np.uint64(8)
        for r in range(first, first + np.uint64(8)):
            near[found] = np.int32(r)
            found += np.uint64(flag[r])
    for r in range(full * np.uint64(8), np.uint64(count)):
        near[found] = np.int32(r)
        found += np.uint64(flag[r])
    return np.int64(found)


@compile_kernel
def choose(cumulative: F64, first: I64, c: int, s: int, choice: float) -> int:
    """See `sim.engines.agents.scan`."""
    way, last = first[s], first[s + 1] - 1
    level = choice * cumulative[c, last]
    while way < last and level >= cumulative[c, way]:
        way += 1
    return way


@compile_kernel
def _leave_mixed(
    state: U8, klass: Bytes,
    start: I64, count: I64, slot: I64, owner: I64,
    whole: U8, rest: F64, cumulative: F64, first: I64, target: U8,
    low: np.uint64, high: np.uint64, byte_purpose: np.uint64, own_purpose: np.uint64,
    tick: np.uint64, flows: I64,
) -> None:  # fmt: skip
    states = first.size - 1
    words = np.empty((4, BLOCKS), np.uint32)
    drawn, limit = np.empty(CHUNK, np.uint8), np.empty(CHUNK, np.uint8)
    flag = np.empty(CHUNK, np.uint8)
    near, group = np.empty(CHUNK + 1, np.int32), np.empty(CHUNK // 8 + 1, np.int32)
    refine, choice = np.empty(CHUNK), np.empty(CHUNK)
    for k in range(start.size):
        here, there = start[k], start[k] + count[k]
        of_state, of_class = state[here:there], klass[here:there]
        first_bytes(slot[k], owner[k], count[k], tick, byte_purpose, low, high, words, drawn)
        found = near_enough(drawn, of_state, of_class, whole, states, limit, flag, group, near)
        own_uniforms(slot[k], owner[k], near, found, tick, own_purpose, low, high, refine, choice)
        for m in range(found):
            r = near[m]
            c, s = np.int64(of_class[r]), np.int64(of_state[r])
            at = c * states + s
            if drawn[r] < whole[at] or refine[m] < rest[at]:
                way = choose(cumulative, first, c, s, choice[m])
                of_state[r] = target[way]
                flows[c, way] += 1
