"""Movers of a whole population within a tick, for numba: equal bit for bit to the clear multinomial
draws (`sim.draws.multinomial`).

A cell (state, class) draws its ways out one after another; cells of some states draw theirs side by
side. Each way is three loops without branches, which work on several cells at once: the chance and
what kind of quantile it asks for; the quantiles of each kind, gathered; and the moves. Arithmetic
and its order are those of `sim.draws.binomial`.
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.binomial import INVERSION_LIMIT, LONGEST_SUM, NEGLIGIBLE, RECIPROCAL
from sim.draws.compiled import MASK, WORD, horner, natural_log, philox_block, unit
from sim.draws.normal import (
    CENTRE_DENOMINATOR,
    CENTRE_NUMERATOR,
    FAR_DENOMINATOR,
    FAR_NUMERATOR,
    TAIL_DENOMINATOR,
    TAIL_NUMERATOR,
)
from sim.kernels import compile_kernel

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

#: Cells that draw side by side, about: what they need fits the fastest memory.
STRETCH = 400
#: Sums from zero that run side by side, until the longest is done.
LANES = 16
#: Below it the quantile of the normal law takes its far branch (r > 5, u < 1.4e-11).
FAR = 1.5e-11
#: How a quantile is found: by the sum from zero, or by expansion.
SUMMED, EXPANDED = 1, 2


@compile_kernel
def draw_rows(
    occupied: I64,
    count: F64,
    total: F64,
    stays: F64,
    distinct: F64,
    rows: I64,
    first: I64,
    left: I64,
    target: I64,
    entities: U64,
    block: np.uint64,
    purpose: np.uint64,
    key0: np.uint64,
    key1: np.uint64,
    even: F64,
    odd: F64,
    made: I64,
    lane: int,
    people: I64,
    flows: I64,
) -> None:
    """Draw the movers of every cell into `flows` (transitions, classes), and move them.

    `occupied` are the states with anybody in them, as positions in `left`, ascending; of their
    cells, (occupied, classes), come the `count` of people, the `total` hazard and `stays`, which is
    exp(-dt total) - 1. `distinct` hazards stand by `rows` of transitions. The uniforms of a
    transition are made when it is first needed in a block: `made` tells for which block `even` and
    `odd` hold them.
    """
    classes, here = people.shape[1], np.int64(block)
    uniforms = odd if lane else even
    abreast = max(1, STRETCH // classes)
    room = abreast * classes
    staying, left_over, per_hazard = np.empty(room), np.empty(room), np.empty(room)
    level, chance, drawn = np.empty(room), np.empty(room), np.empty(room)
    kind = np.empty(room, np.int64)
    who = np.empty((2, room), np.int64)
    u, n, p, z = (
        np.empty(room + LANES),
        np.empty(room + LANES),
        np.empty(room),
        np.empty(room + LANES),
    )
    square, odds = np.empty(room + LANES), np.empty(room + LANES)
    bits = np.empty(room + LANES, np.int64)
    _clear(occupied, first, flows)
    for begin in range(0, occupied.size, abreast):
        side = min(abreast, occupied.size - begin)
        ways = 0
        for k in range(side):
            s = occupied[begin + k]
            ways = max(ways, first[s + 1] - first[s])
            _open(
                count[begin + k], total[begin + k], stays[begin + k],
                staying[k * classes :], left_over[k * classes :], per_hazard[k * classes :],
            )  # fmt: skip
        for rank in range(ways):
            summed = expanded = 0
            for k in range(side):
                s, at = occupied[begin + k], k * classes
                t = first[s] + rank
                if t >= first[s + 1]:
                    continue
                if made[t] != here:
                    _make_row(entities[t], block, purpose, key0, key1, even[t], odd[t])
                    made[t] = here
                _weigh(
                    distinct[rows[t]], uniforms[t], per_hazard[at:], staying[at:], left_over[at:],
                    level[at:], chance[at:], drawn[at:], kind[at:],
                )  # fmt: skip
                for i in range(at, at + classes):
                    who[0, summed] = who[1, expanded] = i
                    summed += kind[i] == SUMMED
                    expanded += kind[i] == EXPANDED
            for k in range(summed):
                i = who[0, k]
                u[k], n[k], p[k] = level[i], staying[i], chance[i]
            # `int`, since for a number known as it is written here kernels are compiled once more.
            _by_inversion(int(summed), u, n, p, z, square, odds, bits)
            for k in range(summed):
                i = who[0, k]
                drawn[i] = abs(drawn[i] - z[k])
            for k in range(expanded):
                i = who[1, k]
                u[k], n[k], p[k] = level[i], staying[i], chance[i]
            _by_expansion(int(expanded), u, n, p, z)
            for k in range(expanded):
                i = who[1, k]
                drawn[i] = abs(drawn[i] - z[k])
            for k in range(side):
                s, at = occupied[begin + k], k * classes
                t = first[s] + rank
                if t < first[s + 1]:
                    _go(drawn[at:], staying[at:], flows[t], people[left[s]], people[target[t]])


@compile_kernel
def _clear(occupied: I64, first: I64, flows: I64) -> None:
    """Nobody leaves a state that is empty; the flows out of the others are written one and all."""
    k = 0
    for s in range(first.size - 1):
        if k < occupied.size and occupied[k] == s:
            k += 1
        else:
            flows[first[s] : first[s + 1]] = 0


@compile_kernel
def _open(
    count: F64, total: F64, stays: F64, staying: F64, left_over: F64, per_hazard: F64
) -> None:
    """A state before its first way out."""
    for c in range(count.size):
        staying[c], left_over[c] = count[c], 1.0
        per_hazard[c] = -stays[c] / total[c] if total[c] > 0.0 else 0.0


@compile_kernel
def _make_row(
    entities: U64,
    block: np.uint64,
    purpose: np.uint64,
    key0: np.uint64,
    key1: np.uint64,
    even: F64,
    odd: F64,
) -> None:
    """The two uniforms of each class's block, see `sim.draws.keyed`."""
    for c in range(entities.size):
        low, high = entities[c] & MASK, entities[c] >> WORD
        w0, w1, w2, w3 = philox_block(low, high, block, purpose, key0, key1)
        even[c] = unit(w0, w1)
        odd[c] = unit(w2, w3)


@compile_kernel
def _weigh(
    hazard: F64,
    uniform: F64,
    per_hazard: F64,
    staying: F64,
    left_over: F64,
    level: F64,
    chance: F64,
    drawn: F64,
    kind: I64,
) -> None:
    """What each class's draw of one way out asks for.

    `drawn` is its result where nothing more is asked; else the quantile q follows at `level` for
    `chance`, and the result is |drawn - q|: the rarer outcome is counted.
    """
    for c in range(hazard.size):
        n, rest = staying[c], left_over[c]
        p = per_hazard[c] * hazard[c]
        left_over[c] = rest - p
        conditional = p / rest if rest > p else 1.0
        mirrored = conditional > 0.5
        rare = 1.0 - conditional if mirrored else conditional
        at = 1.0 - uniform[c] if mirrored else uniform[c]
        mean = n * rare
        some = (p > 0.0) & (n > 0.0)
        asked = SUMMED if at > 1.0 - mean else 0
        asked = asked if mean < INVERSION_LIMIT else EXPANDED
        kind[c] = asked if some else 0
        drawn[c] = n if some & mirrored else 0.0
        level[c], chance[c] = at, rare


@compile_kernel
def _go(drawn: F64, staying: F64, flow: I64, source: I64, target: I64) -> None:
    """Those drawn take a way."""
    for c in range(flow.size):
        staying[c] -= drawn[c]
        gone = np.int64(drawn[c])
        flow[c] = gone
        source[c] -= gone
        target[c] += gone


@compile_kernel
def _by_inversion(
    size: int, level: F64, trials: F64, chance: F64, found: F64, mass: F64, odds: F64, bits: I64
) -> None:
    """Quantiles by a sum from zero, `LANES` at a time: arrays have that much more room than
    `size`."""
    for k in range(size):
        bits[k] = np.int64(trials[k])
        odds[k] = chance[k] / (1.0 - chance[k])
        found[k] = 1.0 - chance[k]
        mass[k] = 1.0
    for k in range(size, size + LANES):
        level[k] = trials[k] = mass[k] = found[k] = odds[k] = 0.0
        bits[k] = 0
    for start in range(0, size, LANES):
        _power(bits[start:], found[start:], mass[start:])
        _add_up(level[start:], trials[start:], odds[start:], mass[start:], found[start:])


@compile_kernel
def _power(exponent: I64, square: F64, power: F64) -> None:
    """power *= square**exponent by repeated squaring."""
    most = 0
    for k in range(LANES):
        most |= exponent[k]
    while most:
        for k in range(LANES):
            power[k] *= square[k] if exponent[k] & 1 else 1.0
            square[k] *= square[k]
            exponent[k] >>= 1
        most >>= 1


@compile_kernel
def _add_up(level: F64, trials: F64, odds: F64, mass: F64, found: F64) -> None:
    """Terms that it takes for the sum to reach the level: once one is done it stays done."""
    total = mass[:LANES].copy()
    for k in range(LANES):
        found[k] = 0.0
    for count in range(LONGEST_SUM):
        of, reciprocal, going = float(count), RECIPROCAL[count + 1], False
        for k in range(LANES):
            more = (level[k] > total[k]) & (of < trials[k]) & (mass[k] > NEGLIGIBLE)
            found[k] += 1.0 if more else 0.0
            going |= more  # a sum of floats would have to keep its order, one after another
            mass[k] = mass[k] * (trials[k] - of) * reciprocal * odds[k]
            total[k] += mass[k]
        if not going:
            return


@compile_kernel
def _by_expansion(size: int, level: F64, trials: F64, chance: F64, found: F64) -> None:
    """Quantiles by the expansion of Cornish and Fisher."""
    for k in range(size):
        u = level[k]
        q = u - 0.5
        centre = 0.180625 - q * q
        central = q * (horner(CENTRE_NUMERATOR, centre) / horner(CENTRE_DENOMINATOR, centre))
        tail = u if q < 0.0 else 1.0 - u
        r = np.sqrt(-natural_log(tail)) - 1.6
        outer = horner(TAIL_NUMERATOR, r) / horner(TAIL_DENOMINATOR, r)
        outer = -outer if q < 0.0 else outer
        found[k] = central if abs(q) <= 0.425 else outer
    for k in range(size):
        tail = min(level[k], 1.0 - level[k])
        if tail < FAR:
            r = np.sqrt(-natural_log(tail)) - 5.0
            if r > 0.0:
                outer = horner(FAR_NUMERATOR, r) / horner(FAR_DENOMINATOR, r)
                found[k] = -outer if level[k] < 0.5 else outer
    for k in range(size):
        z, n, p = found[k], trials[k], chance[k]
        q = 1.0 - p
        variance = n * p * q
        sd = np.sqrt(variance)
        per_sd = 1.0 / sd
        per_variance = per_sd * per_sd
        skew = (q - p) * per_sd
        excess = (1.0 - 6.0 * p * q) * per_variance
        fifth = skew * (1.0 - 12.0 * p * q) * per_variance
        z2 = z * z
        first = skew * (z2 - 1.0) * (1.0 / 6.0)
        second = excess * z * (z2 - 3.0) * (1.0 / 24.0) - skew * skew * z * (2.0 * z2 - 5.0) * (
            1.0 / 36.0
        )
        third = (
            fifth * (z2 * z2 - 6.0 * z2 + 3.0) * (1.0 / 120.0)
            - skew * excess * (z2 * z2 - 5.0 * z2 + 2.0) * (1.0 / 24.0)
            + skew * skew * skew * (12.0 * z2 * z2 - 53.0 * z2 + 17.0) * (1.0 / 324.0)
        )
        lattice = (first * 2.0 - z) * (1.0 / 24.0) * per_variance
        value = np.floor(n * p + sd * (z + first + second + third + lattice) + 0.5)
        value = 0.0 if value < 0.0 else value
        found[k] = n if value > n else value


def binomial_count(u: float, n: int, p: float) -> int:
    """One quantile, see `sim.draws.binomial`."""
    if p <= 0.0 or n == 0:
        return 0
    if p >= 1.0:
        return n
    mirrored = p > 0.5
    rare = 1.0 - p if mirrored else p
    mean = float(n) * rare
    work = np.empty((6, 1 + LANES))
    level, trials, chance, found, mass, odds = work
    level[0], trials[0], chance[0], found[0] = 1.0 - u if mirrored else u, n, rare, 0.0
    if mean >= INVERSION_LIMIT:
        _by_expansion(1, level, trials, chance, found)
    elif level[0] > 1.0 - mean:
        bits = np.empty(1 + LANES, np.int64)
        _by_inversion(1, level, trials, chance, found, mass, odds, bits)
    count = int(found[0])
    return n - count if mirrored else count
