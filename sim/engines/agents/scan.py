"""The pass over all people, in clear numpy: who leaves the present state, and where to.

Two stages decide about a person in a tick, both keyed by (seed, purpose, tick, owner, slot):

1. One random byte w. With P(leave) = p, who draws w > floor(256 p) stays: most people are done
   with a byte, and one block of the generator serves sixteen.
2. A block of their own for the rest. Together with the byte its first 53 bits make the uniform
   (w + u) / 256, below p for those who leave; its last 53 bits choose the way out, in proportion
   to the hazards.

So P(leave) is exact to 2**-61 and the law is that of the rate table. The compiled twin in
`sim.engines.agents.compiled` gives the same people bit for bit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import unit
from sim.draws.philox import philox4x32
from sim.engines.agents.tables import Ways

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
Bytes = NDArray[np.unsignedinteger]

#: People who share a run of blocks: byte k of block b of a chunk belongs to its person 256 k + b,
#: so that compiled code makes and reads bytes in the order of memory.
CHUNK = 4096
BLOCKS = 256
#: Chunks that the clear version takes together.
BATCH = 64


class Chunks(NamedTuple):
    """People in memory order, cut into chunks of one owner each; arrays (chunks,)."""

    start: I64
    """First person."""
    size: I64
    """People, at most `CHUNK`."""
    slot: I64
    """Slot of the first person, a multiple of `CHUNK`."""
    owner: I64
    """Owner's 32-bit word."""

    def part(self, a: int, b: int) -> "Chunks":
        return Chunks(*(field[a:b] for field in self))


class Key(NamedTuple):
    """What keys the draws of one tick: seed words, purposes of both stages, and the tick."""

    low: int
    high: int
    first: int
    second: int
    tick: int


def leave_mixed(state: U8, klass: Bytes, chunks: Chunks, ways: Ways, key: Key, flows: I64) -> None:
    """Move the people of `chunks` for one tick and add what happened to flows (C, T)."""
    states = ways.first.size - 1
    for a in range(0, chunks.start.size, BATCH):
        batch = chunks.part(a, a + BATCH)
        begin, end = int(batch.start[0]), int(batch.start[-1] + batch.size[-1])
        drawn = first_bytes(batch, key)
        at = klass[begin:end].astype(np.int64) * states + state[begin:end]
        near = np.flatnonzero(drawn <= ways.whole[at])
        slot, owner = persons(batch, near)
        refine, choice = own_uniforms(slot, owner, key)
        at, drawn = at[near], drawn[near]
        leaves = (drawn < ways.whole[at]) | (refine < ways.rest[at])
        who, at, choice = begin + near[leaves], at[leaves], choice[leaves]
        c, s = np.divmod(at, states)
        way = choose(ways, c, s, choice)
        state[who] = ways.target[way]
        np.add.at(flows, (c, way), 1)


def first_bytes(chunks: Chunks, key: Key) -> U8:
    """The first-stage byte of everybody in consecutive chunks, in memory order."""
    block = (chunks.slot // CHUNK * BLOCKS)[:, None] + np.arange(BLOCKS)
    words = philox4x32(
        (
            block.astype(np.uint64),
            chunks.owner[:, None].astype(np.uint64),
            np.uint64(key.tick),
            np.uint64(key.first),
        ),
        (key.low, key.high),
    )
    shifts = np.arange(0, 32, 8, dtype=np.uint64)[None, :, None]
    parts = [(word[:, None, :] >> shifts).astype(np.uint8) for word in words]
    of_chunk = np.concatenate(parts, axis=1).reshape(chunks.start.size, CHUNK)
    return of_chunk[np.arange(CHUNK) < chunks.size[:, None]]


def persons(chunks: Chunks, near: I64) -> tuple[U64, U64]:
    """Slot and owner of people at positions within consecutive chunks."""
    begins = chunks.start - chunks.start[0]
    chunk = np.searchsorted(begins, near, side="right") - 1
    slot = chunks.slot[chunk] + near - begins[chunk]
    return slot.astype(np.uint64), chunks.owner[chunk].astype(np.uint64)


def own_uniforms(slot: U64, owner: U64, key: Key) -> tuple[F64, F64]:
    """The two uniforms of a person's own block."""
    w0, w1, w2, w3 = philox4x32(
        (slot, owner, np.uint64(key.tick), np.uint64(key.second)),
        (key.low, key.high),
    )
    return unit(w0, w1), unit(w2, w3)


def choose(ways: Ways, c: I64, s: I64, choice: F64) -> I64:
    """The transition that each of the leavers takes: the first whose cumulative hazard exceeds the
    chosen level."""
    way, last = ways.first[s].copy(), ways.first[s + 1] - 1
    level = choice * ways.cumulative[c, last]
    while True:
        further = (way < last) & (level >= ways.cumulative[c, way])
        if not further.any():
            return way
        way[further] += 1
