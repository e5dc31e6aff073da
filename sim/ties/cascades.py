"""Independent cascades on a layer of ties: who reaches whom, generation by generation.

Each newly active person has one chance at each inactive member of its audience, and all people of a
generation act at the same time (Goldenberg, Libai & Muller 2001, Marketing Letters 12; Kempe,
Kleinberg & Tardos 2003, KDD). There is no calendar time; `sim.spread` has it.

Each direction of a tie owns one uniform, keyed by the seed, the person who acts and the place of
the tie in that person's audience. So the people reached are those who can be reached over the ties
that are open under one seed: more seeds or a higher transmission reach the same people and more,
and neither threads nor the order of work change anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.draws.keyed import entity_id
from sim.draws.philox import U64, philox4x32
from sim.kernels import compiler
from sim.threads import parallel, slabs
from sim.ties.layer import Layer, StoredLayer
from sim.ties.rows import I32, I64, Rows

Floats = NDArray[np.float64] | NDArray[np.float32]
#: Purpose of the draws, purpose of their lower halves, and the two words of the seed.
Keys = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
#: Work on the rows of some people: (people, row, first, contact, queue, reached) -> reached.
Push = Callable[[I32, I32, I64, I32, I32, int], int]

#: People whose ties are asked for at a time where a layer does not hold them.
CHUNK = 1 << 15
WORDS = float(1 << 32)
NOBODY = np.uint64(0xFFFFFFFFFFFFFFFF)
_WORD, _MASK = np.uint64(32), np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Cascade:
    """Who was reached, when and by whom.

    Only who was reached is kept, few of a large population near the critical point: `reached`
    (size,) int32 are their ids, generation by generation, in no order within one; `sizes`
    (depth + 1,) counts the people of each generation; `reached_by` (size,) int32 is who brought
    each of them, -1 for seeds; None in models where nobody in particular does.
    """

    people: int
    reached: I32
    sizes: I64
    reached_by: I32 | None = None

    @cached_property
    def generation(self) -> I32:
        """(people,) int32, from 0, the seeds; -1 is who was never reached."""
        when = np.arange(self.sizes.size, dtype=np.int32)
        return self._of_everybody(np.repeat(when, self.sizes))

    @cached_property
    def parent(self) -> I32 | None:
        """(people,) int32, who brought each person, -1 for seeds and who was never reached; None
        in models where nobody in particular does."""
        return None if self.reached_by is None else self._of_everybody(self.reached_by)

    @property
    def size(self) -> int:
        """People reached, seeds among them."""
        return self.reached.size

    @property
    def depth(self) -> int:
        """The last generation that reached anybody; -1 without seeds."""
        return len(self.sizes) - 1

    def transmissions(self) -> I64:
        """How many active people brought 0, 1, 2, ... others: (most + 1,).

        Raises ValueError where parents are not known.
        """
        brought = np.bincount(self._brought_by()[self._seeds() :], minlength=self.people)
        return np.bincount(brought[self.reached]).astype(np.int64)

    @cached_property
    def depths(self) -> I64:
        """The last generation in each seed's tree, seeds in order of id: (seeds,).

        Raises ValueError where parents are not known.
        """
        parent, seeds = self._brought_by(), self._seeds()
        root = np.empty(self.people, np.int64)
        root[self.reached[:seeds]] = np.argsort(np.argsort(self.reached[:seeds]))
        deepest = np.zeros(seeds, np.int64)
        for now, (a, b) in enumerate(pairwise(np.cumsum(self.sizes)), 1):
            root[self.reached[a:b]] = root[parent[a:b]]
            deepest[root[self.reached[a:b]]] = now
        return deepest

    def _of_everybody(self, value: I32) -> I32:
        whole = np.full(self.people, -1, np.int32)
        whole[self.reached] = value
        return whole

    def _seeds(self) -> int:
        return int(self.sizes[:1].sum())

    def _brought_by(self) -> I32:
        if self.reached_by is None:
            raise ValueError("this cascade does not say who brought whom")
        return self.reached_by


class Progress(NamedTuple):
    """Where a cascade stands, for kernels.

    `seen` and `before` have a bit a person, in words of 64: reached at all, and reached before
    this generation; they are small enough to stay in the caches. `queue` (people + 1,) is who was
    reached, with a spare place that compiled kernels write to. `best` (people,), if it is not
    empty, keeps draw and id of the best parent yet of who was reached. Neither is filled
    beforehand, so that the memory of who is never reached is not touched.
    """

    seen: U64
    before: U64
    queue: I32
    best: U64


def nobody_yet(layer: Layer, parents: bool = False) -> Progress:
    people = layer.people
    words = (people + 63) // 64
    return Progress(
        np.zeros(words, np.uint64),
        np.zeros(words, np.uint64),
        np.empty(people + 1, np.int32),
        np.empty(people if parents else 0, np.uint64),
    )


def independent_cascade(
    layer: Layer,
    seeds: ArrayLike,
    transmission: float | Floats,
    *,
    seed: int = 1,
    parents: bool = True,
) -> Cascade:
    """One independent cascade from `seeds` (ids).

    `transmission` is the probability that a newly active person brings one inactive member of its
    audience: one for all ties, or on a stored layer one value a tie, in the order of the audience's
    rows (`layer.reverse.contact` where ties have a direction, else `layer.contact`). It holds to
    2**-64.

    Where several people of one generation succeed with the same person, the parent is the one with
    the smallest draw relative to its transmission, a fair lot among those who succeeded; equal
    draws go to the smaller id. `parents=False` saves their 8 bytes a person.

    Raises ValueError for ids outside the layer and probabilities outside 0 to 1.
    """
    chance, each = _transmission(layer, transmission)
    start, keys = person_ids(layer, seeds), _keys(seed)
    state = nobody_yet(layer, parents)
    kernels = fastest_kernels()
    if isinstance(layer, StoredLayer):
        rows = audience_arrays(layer)
        ends = kernels.cascade(start, *rows, chance, each, keys, np.uint64(0), state)
    else:
        ends = _spread(layer, kernels.spread, start, chance, each, keys, np.uint64(0), state)
    reached = state.queue[: ends[-1]]
    # Nobody's low word is -1 as a signed number.
    by = state.best[reached].astype(np.uint32).view(np.int32) if parents else None
    return Cascade(layer.people, reached, sizes_of(ends), by)


def cascade_sizes(
    layer: Layer,
    seeds: ArrayLike,
    transmission: float | Floats,
    *,
    seed: int = 1,
    runs: int,
) -> I64:
    """People reached, seeds among them, in each of `runs` independent cascades: (runs,).

    `seeds` are ids for every run, or a (runs, any) array with a row for each run. Run r has its own
    draws; run 0 is the one of `independent_cascade`. Raises ValueError as that does.
    """
    if not 0 <= runs < WORDS:
        raise ValueError("runs must be from 0 to 2**32 - 1")
    chance, each = _transmission(layer, transmission)
    start, keys = np.atleast_2d(person_ids(layer, seeds)), _keys(seed)
    if start.shape[0] not in (1, runs):
        raise ValueError(f"seeds have {start.shape[0]} rows, but there are {runs} runs")
    found = np.zeros(runs, np.int64)
    kernels = fastest_kernels()

    def work(part: tuple[int, int]) -> None:
        state = nobody_yet(layer)
        if isinstance(layer, StoredLayer):
            rows = audience_arrays(layer)
            kernels.cascades(start, *part, *rows, chance, each, keys, state, found)
        else:
            try_all = kernels.spread
            _spread_often(layer, try_all, start, *part, chance, each, keys, state, found)

    parallel(work, slabs(runs, grain=1))
    return found


def sizes_of(ends: ArrayLike) -> I64:
    """People in each generation, from where generations end, to the last that reached anybody."""
    sizes: I64 = np.diff(np.asarray(ends, np.int64), prepend=np.int64(0)).astype(np.int64)
    return sizes[: np.flatnonzero(sizes).max(initial=-1) + 1]


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
    words = _blocks(who, count_up(blocks).astype(np.uint64), run, keys[0], keys)
    rank = count_up(length)
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
    hit = hit[~_holds(state.before, contact[tie[hit]])]
    target = contact[tie[hit]]
    new = np.unique(target[~_holds(state.seen, target)])
    end = reached + int(new.size)
    _add(state.seen, new)
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
    return _spread(layer, spread, seeds, transmission, each, keys, run, state)


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
    _spread_often(layer, spread, seeds, begin, end, transmission, each, keys, state, found)


def _spread_often(
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
    for r in range(begin, end):
        start = seeds[min(r, len(seeds) - 1)]
        ends = _spread(layer, kernel, start, chance, each, keys, np.uint64(r), state)
        found[r] = ends[-1]
        used = state.queue[: ends[-1]] >> 6
        state.seen[used] = state.before[used] = 0


def _spread(
    layer: Layer,
    kernel: Callable[..., Any],
    start: I32,
    chance: Floats,
    each: bool,
    keys: Keys,
    run: np.uint64,
    state: Progress,
) -> I64:
    """A whole cascade on any layer; returns where the generations end in the queue."""
    start = np.unique(start)
    queue = state.queue
    queue[: start.size] = start
    if state.best.size:
        state.best[start] = NOBODY
    _add(state.seen, start)
    begin, reached = 0, start.size
    ends = [reached]

    def trying(people: I32, row: I32, first: I64, contact: I32, queue: I32, at: int) -> int:
        rows = people, row, first, contact
        return int(kernel(*rows, chance, each, keys, run, state, at))

    while begin < reached:
        _add(state.before, queue[begin:reached])
        end = by_rows(layer, queue[begin:reached], trying, queue, reached)
        queue[reached:end].sort()
        begin, reached = reached, end
        ends.append(end)
    return np.array(ends)


def _holds(bits: U64, ids: I32) -> NDArray[np.bool_]:
    """Whose bits are set, of `ids`."""
    held: NDArray[np.bool_] = (bits[ids >> 6] >> (ids & 63).astype(np.uint64)) & np.uint64(1) > 0
    return held


def _add(bits: U64, ids: I32) -> None:
    np.bitwise_or.at(bits, ids >> 6, np.uint64(1) << (ids & 63).astype(np.uint64))


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


def _transmission(layer: Layer, transmission: float | Floats) -> tuple[Floats, bool]:
    """As an array, and whether it has a value for each tie."""
    value = np.asarray(transmission)
    each = value.ndim > 0
    chance = one_a_tie(layer, value, "transmission") if each else np.full(1, value, np.float64)
    if chance.size and not chance.max() <= 1.0:
        raise ValueError("transmission must be from 0 to 1")
    if not each and not chance[0] >= 0.0:
        raise ValueError("transmission must be from 0 to 1")
    return chance, each


def one_a_tie(layer: Layer, values: ArrayLike, name: str) -> Floats:
    if not isinstance(layer, StoredLayer):
        raise ValueError(f"{name} for each tie need a layer that is stored")
    given = np.asarray(values)
    given = given if given.dtype in (np.float32, np.float64) else given.astype(np.float64)
    if given.shape != audience_arrays(layer).contacts.shape:
        raise ValueError(f"{name} have shape {given.shape}, but the layer has {layer.ties} ties")
    if given.size and not (given.min() >= 0.0 and np.isfinite(given.max())):
        raise ValueError(f"{name} must be finite and at least 0")
    return np.ascontiguousarray(given)


def person_ids(layer: Layer, seeds: ArrayLike) -> I32:
    ids = np.atleast_1d(np.asarray(seeds))
    if ids.size == 0:
        return ids.astype(np.int32)
    if ids.dtype.kind not in "iu" or ids.min() < 0 or ids.max() >= layer.people:
        raise ValueError(f"seeds must be whole numbers from 0 to {layer.people - 1}")
    return ids.astype(np.int32)


def _keys(seed: int) -> Keys:
    whole, lower = (
        np.uint64(entity_id("purpose", purpose) & 0xFFFFFFFF)
        for purpose in ("cascade", "cascade, lower half")
    )
    return whole, lower, np.uint64(seed & 0xFFFFFFFF), np.uint64((seed >> 32) & 0xFFFFFFFF)


def audience_arrays(layer: StoredLayer) -> Rows:
    held = layer if layer.reverse is None else layer.reverse
    return Rows(held.first, held.contact)


def count_up(length: I64) -> I64:
    """0, 1, ... in each of the rows with these lengths."""
    return np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)


def _blocks(who: U64, block: U64, run: np.uint64, purpose: np.uint64, keys: Keys) -> U64:
    """The words of people's blocks, four by four: (4 * len(who),)."""
    counter = (who, block, run, purpose)
    words = philox4x32(counter, (int(keys[2]), int(keys[3])))
    return np.stack(words, axis=-1).reshape(-1)


class Kernels(NamedTuple):
    """One generation, a whole cascade and many of them; one generation of linear thresholds."""

    spread: Callable[..., Any]
    cascade: Callable[..., I64]
    cascades: Callable[..., None]
    push: Callable[..., Any]


def clear_kernels() -> Kernels:
    """In numpy."""
    from sim.ties.thresholds import push

    return Kernels(spread, cascade, cascades, push)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.ties import cascades_compiled as compiled

    return Kernels(compiled.spread, compiled.cascade, compiled.cascades, compiled.push)
