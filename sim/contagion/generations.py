"""Cascades over any layer of ties, generation by generation, and what is given for its people and
ties."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sim.contagion.progress import NOBODY, Floats, Keys, Progress, set_bits
from sim.ties.layer import Layer, StoredLayer
from sim.ties.rows import I32, I64, Rows

#: Work on the rows of some people: (people, row, first, contact, queue, reached) -> reached.
Push = Callable[[I32, I32, I64, I32, I32, int], int]

#: People whose ties are asked for at a time where a layer does not hold them.
CHUNK = 1 << 15


def whole_cascade(
    layer: Layer,
    kernel: Callable[..., Any],
    start: I32,
    chance: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    state: Progress,
) -> I64:
    """A whole independent cascade, a generation at a time by `kernel` (see
    `sim.contagion.clear.spread`); returns where the generations end in the queue."""
    start = np.unique(start)
    queue = state.queue
    queue[: start.size] = start
    if state.best.size:
        state.best[start] = NOBODY
    set_bits(state.seen, start)
    begin, reached = 0, start.size
    ends = [reached]

    def trying(people: I32, row: I32, first: I64, contact: I32, queue: I32, at: int) -> int:
        rows = people, row, first, contact
        return int(kernel(*rows, chance, each, keys, run, state, at))

    while begin < reached:
        set_bits(state.before, queue[begin:reached])
        end = by_rows(layer, queue[begin:reached], trying, queue, reached)
        queue[reached:end].sort()
        begin, reached = reached, end
        ends.append(end)
    return np.array(ends)


def many_cascades(
    layer: Layer,
    kernel: Callable[..., Any],
    seeds: I32,
    begin: int,
    end: int,
    chance: Floats,
    each: bool,
    keys: Keys,
    state: Progress,
    found: I64,
) -> None:
    """Runs `begin` to `end`, with a row of seeds each or one for all: their sizes into `found`. Who
    was reached is cleared after each run."""
    for r in range(begin, end):
        start = seeds[min(r, len(seeds) - 1)]
        ends = whole_cascade(layer, kernel, start, chance, each, keys, np.uint64(r), state)
        found[r] = ends[-1]
        used = state.queue[: ends[-1]] >> 6
        state.seen[used] = state.before[used] = 0


def by_rows(layer: Layer, people: I32, work: Push, queue: I32, reached: int) -> int:
    """`work` on the audiences of `people`: on a layer's own rows, or on some people's at a time."""
    if isinstance(layer, StoredLayer):
        return work(people, people, *audience_arrays(layer), queue, reached)
    for a in range(0, people.size, CHUNK):
        ids = people[a : a + CHUNK]
        rows = layer.audience(ids)
        row = np.arange(ids.size, dtype=np.int32)
        reached = work(ids, row, rows.offsets, rows.contacts, queue, reached)
    return reached


def audience_arrays(layer: StoredLayer) -> Rows:
    """A layer's own rows of who sees whose use."""
    held = layer if layer.reverse is None else layer.reverse
    return Rows(held.first, held.contact)


def person_ids(layer: Layer, seeds: ArrayLike) -> I32:
    """`seeds` as ids of a layer's people, after checks."""
    ids = np.atleast_1d(np.asarray(seeds))
    if ids.size == 0:
        return ids.astype(np.int32)
    if not layer.people:
        raise ValueError("seeds in a layer of nobody")
    if ids.dtype.kind not in "iu" or ids.min() < 0 or ids.max() >= layer.people:
        raise ValueError(f"seeds must be whole numbers from 0 to {layer.people - 1}")
    return ids.astype(np.int32)


def one_a_tie(layer: Layer, values: ArrayLike, name: str) -> Floats:
    """`values` as an array, after checks: one for each tie of a stored layer."""
    if not isinstance(layer, StoredLayer):
        raise ValueError(f"{name} for each tie need a layer that is stored")
    given = np.asarray(values)
    given = given if given.dtype in (np.float32, np.float64) else given.astype(np.float64)
    if given.shape != audience_arrays(layer).contacts.shape:
        raise ValueError(f"{name} have shape {given.shape}, but the layer has {layer.ties} ties")
    if given.size and not (given.min() >= 0.0 and np.isfinite(given.max())):
        raise ValueError(f"{name} must be finite and at least 0")
    return np.ascontiguousarray(given)
