"""Linear thresholds on a layer of ties: a person acts once enough of its contacts do.

Granovetter 1978, American Journal of Sociology 83; Watts 2002, PNAS 99, with one threshold for all;
Kempe, Kleinberg & Tardos 2003, KDD, with uniform ones. All people of a generation act at the same
time, and nobody stops.
"""

import numpy as np
from numpy.typing import ArrayLike

from sim.contagion.cascade import Cascade, sizes_of
from sim.contagion.generations import by_rows, one_a_tie, person_ids
from sim.contagion.kernels import fastest_kernels
from sim.contagion.progress import UNIT_WEIGHT, Floats
from sim.draws.keyed import KeyedUniforms
from sim.rates.thresholds import contacts_needed
from sim.ties.layer import Layer
from sim.ties.rows import I32, I64


def linear_threshold(
    layer: Layer,
    seeds: ArrayLike,
    *,
    thresholds: float | Floats | None = None,
    weights: Floats | None = None,
    seed: int = 1,
) -> Cascade:
    """People become active once the share of their contacts who are active is at least theirs.

    `thresholds` (people,) or one for all (Watts 2002); without, keyed uniforms (Kempe et al. 2003).
    Who has a threshold of 0 or less acts in generation 1, without any contact. Who has no contacts
    has no share.

    With `weights`, at least 0 and one a tie of a stored layer in the order of the audience's rows,
    the sum of the weights from active contacts takes the place of the share. They are summed in
    steps of 2**-40, weights rounded up and thresholds down, so that the order of summing does not
    matter and thirds add up to 1.

    Raises ValueError for ids outside the layer, and thresholds or weights of a wrong size or kind.
    """
    start = person_ids(layer, seeds)
    if thresholds is None:
        everybody = np.arange(layer.people, dtype=np.uint64)
        level: Floats = KeyedUniforms(seed, "threshold", everybody).at(0)
    else:
        level = np.asarray(thresholds, np.float64)
    if level.shape not in ((), (layer.people,)) or np.isnan(level).any():
        raise ValueError("thresholds must be one number, or one for each person, and not NaN")
    weight: Floats = np.ones(1)
    left: I32 | I64
    if weights is not None:
        weight = one_a_tie(layer, weights, "weights")
        left = _weight_needed(level, layer.people)
    else:
        left = _needed(level, layer.degrees())

    queue = np.empty(layer.people + 1, np.int32)
    alone = np.setdiff1d(np.flatnonzero(left <= 0), start)
    start = np.unique(start)
    left[start] = 0
    reached = start.size
    queue[:reached] = start
    kernel = fastest_kernels().push

    def pushing(people: I32, row: I32, first: I64, contact: I32, queue: I32, reached: int) -> int:
        return int(
            kernel(people, row, first, contact, weight, weights is not None, left, queue, reached)
        )

    begin, ends = 0, [reached]
    while begin < reached or (len(ends) == 1 and alone.size):
        end = by_rows(layer, queue[begin:reached], pushing, queue, reached)
        if len(ends) == 1:
            queue[end : end + alone.size] = alone
            end += alone.size
        queue[reached:end].sort()
        begin, reached = reached, end
        ends.append(end)
    return Cascade(layer.people, queue[:reached], sizes_of(ends))


def _needed(level: Floats, degree: I32) -> I32:
    """How many contacts each person needs: one more than there are where none are enough."""
    contacts = np.maximum(degree, 1).astype(np.float64)
    needed = np.minimum(contacts_needed(level, contacts), contacts + 1.0)
    return np.where(level > 0.0, needed, 0.0).astype(np.int32)


def _weight_needed(level: Floats, people: int) -> I64:
    """Thresholds in steps of 2**-40, rounded down but not to 0; far above any sum at the most."""
    steps = np.floor(np.clip(np.broadcast_to(level, people), 0.0, 2.0**22) * UNIT_WEIGHT)
    needed: I64 = np.maximum(steps, level > 0.0).astype(np.int64)
    return needed
