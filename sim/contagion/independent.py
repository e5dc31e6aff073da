"""Independent cascades on a layer of ties: who reaches whom, generation by generation.

Each newly active person has one chance at each inactive member of its audience, and all people of a
generation act at the same time (Goldenberg, Libai & Muller 2001, Marketing Letters 12; Kempe,
Kleinberg & Tardos 2003, KDD). There is no calendar time; `sim.spread` has it.

Each direction of a tie owns one uniform, keyed by the seed, the person who acts and the place of
the tie in that person's audience. So the people reached are those who can be reached over the ties
that are open under one seed: more seeds or a higher transmission reach the same people and more,
and neither threads nor the order of work change anything.
"""

import numpy as np
from numpy.typing import ArrayLike

from sim.contagion.cascade import Cascade, sizes_of
from sim.contagion.generations import (
    audience_arrays,
    many_cascades,
    one_a_tie,
    person_ids,
    whole_cascade,
)
from sim.contagion.kernels import fastest_kernels
from sim.contagion.progress import WORDS, Floats, Keys, nobody_yet
from sim.draws.keyed import entity_id, seed_words
from sim.threads import parallel, slabs
from sim.ties.layer import Layer, StoredLayer
from sim.ties.rows import I64


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
    state = nobody_yet(layer.people, parents)
    kernels = fastest_kernels()
    if isinstance(layer, StoredLayer):
        rows = audience_arrays(layer)
        ends = kernels.cascade(start, *rows, chance, each, keys, np.uint64(0), state)
    else:
        ends = whole_cascade(layer, kernels.spread, start, chance, each, keys, np.uint64(0), state)
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
        state = nobody_yet(layer.people)
        if isinstance(layer, StoredLayer):
            rows = audience_arrays(layer)
            kernels.cascades(start, *part, *rows, chance, each, keys, state, found)
        else:
            try_all = kernels.spread
            many_cascades(layer, try_all, start, *part, chance, each, keys, state, found)

    parallel(work, slabs(runs, grain=1))
    return found


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


def _keys(seed: int) -> Keys:
    whole, lower = (
        np.uint64(entity_id("purpose", purpose) & 0xFFFFFFFF)
        for purpose in ("cascade", "cascade, lower half")
    )
    low, high = seed_words(seed)
    return whole, lower, np.uint64(low), np.uint64(high)
