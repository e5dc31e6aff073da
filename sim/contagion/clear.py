"""The kernels of cascades in clear numpy, oracle of those in `sim.contagion.compiled`."""

import numpy as np

from sim.contagion.generations import many_cascades, whole_cascade
from sim.contagion.progress import (
    NOBODY,
    UNIT_WEIGHT,
    WORDS,
    Floats,
    Keys,
    Progress,
    holds,
    set_bits,
)
from sim.draws.philox import U64, philox4x32
from sim.ties.layer import StoredLayer
from sim.ties.rows import I32, I64

_WORD = np.uint64(32)


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
    """The clear version of one generation of an independent cascade: `people`, whose audiences are
    `row` of the rows, each try theirs.

    Who is new is put into the queue from `reached` on; the end of the queue is returned.
    """
    length = first[row + 1] - first[row]
    blocks = (length + 3) // 4
    who = np.repeat(people, blocks).astype(np.uint64)
    words = _blocks(who, _count_up(blocks).astype(np.uint64), run, keys[0], keys)
    rank = _count_up(length)
    place = np.repeat(4 * (np.cumsum(blocks) - blocks), length) + rank
    tie = np.repeat(first[row], length) + rank

    chance = transmission[tie] if each else np.full(tie.size, transmission[0])
    scaled = chance.astype(np.float64) * WORDS
    high = np.minimum(np.floor(scaled), WORDS - 1.0)
    word = words[place]
    bound = high.astype(np.uint64)
    success = word < bound
    # Equal words, one of 2**32, are decided by the lower half of the draw.
    equal = np.flatnonzero(word == bound)
    source = np.repeat(people, length).astype(np.uint64)
    lower = _blocks(
        source[equal], rank[equal].astype(np.uint64) >> np.uint64(2), run, keys[1], keys
    )
    lower = lower.reshape(-1, 4)[np.arange(equal.size), rank[equal] % 4]
    success[equal] = (lower.astype(np.float64) + 0.5) / WORDS < scaled[equal] - high[equal]

    # Who was reached before in this same generation can still get another parent.
    hit = np.flatnonzero(success)
    hit = hit[~holds(state.before, contact[tie[hit]])]
    target = contact[tie[hit]]
    new = np.unique(target[~holds(state.seen, target)])
    end = reached + int(new.size)
    set_bits(state.seen, new)
    state.queue[reached:end] = new
    if state.best.size:
        state.best[new] = NOBODY
        draw = word[hit]
        if each:
            draw = (draw << _WORD) // (bound[hit] + np.uint64(1))
        np.minimum.at(state.best, target, draw << _WORD | source[hit])
    return end


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
    """The clear version of a whole cascade on stored rows; returns where its generations end."""
    layer = StoredLayer(first, contact)
    return whole_cascade(layer, spread, seeds, transmission, each, keys, run, state)


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
    """The clear version of runs `begin` to `end`, with a row of seeds each or one for all: their
    sizes into `found`. Who was reached is cleared after each run."""
    layer = StoredLayer(first, contact)
    many_cascades(layer, spread, seeds, begin, end, transmission, each, keys, state, found)


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
    """The clear version of one generation of linear thresholds: take the weight of `people` off
    what is `left` for their audiences, and queue who comes to 0 or below."""
    length = first[row + 1] - first[row]
    tie = np.repeat(first[row], length) + _count_up(length)
    target, inverse = np.unique(contact[tie], return_inverse=True)
    amount = np.ones(tie.size, np.int64)
    if each:
        amount = np.ceil(weight[tie].astype(np.float64) * UNIT_WEIGHT).astype(np.int64)
    total = np.zeros(target.size, np.int64)
    np.add.at(total, inverse, amount)
    before = left[target]
    left[target] = before - total
    new = target[(before > 0) & (left[target] <= 0)]
    queue[reached : reached + new.size] = new
    return reached + int(new.size)


def _count_up(length: I64) -> I64:
    """0, 1, ... in each of the rows with these lengths."""
    return np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)


def _blocks(who: U64, block: U64, run: np.uint64, purpose: np.uint64, keys: Keys) -> U64:
    """The words of people's blocks, four by four: (4 * len(who),)."""
    counter = (who, block, run, purpose)
    words = philox4x32(counter, (int(keys[2]), int(keys[3])))
    return np.stack(words, axis=-1).reshape(-1)
