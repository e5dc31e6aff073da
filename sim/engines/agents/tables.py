"""Lookup tables of one tick: from the rate table to what the pass over people reads.

S states, C classes, T transitions, K channels, L layers. Tables by class and state are flat, (C *
S,), the state running fastest.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.rates.contagion import Contagion
from sim.rates.table import RateTable, Transitions

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class Ways(NamedTuple):
    """What the pass over a well-mixed population reads."""

    whole: U8
    """(C * S,) floor(256 p), p the chance to leave; at most 255."""
    rest: F64
    """(C * S,) 256 p - whole."""
    cumulative: F64
    """(C, T) hazards summed up within each source state."""
    first: I64
    """(S + 1,) first transition of each state."""
    target: U8
    """(T,) state that each transition leads to."""


class Lines(NamedTuple):
    """Limits of the first byte as straight lines in the uses seen, for tables with few states that
    anybody leaves: arithmetic on bytes, which a processor does for many people at once. (J,)."""

    state: U8
    offset: U16
    slope: U16
    """At most 256."""


class TiedWays(NamedTuple):
    """What the passes over people with ties read."""

    whole: U8
    """(U, C * S) at least floor(256 p) for the largest chance p that exposure can give to somebody
    whose contacts make 0, 1, ... uses; the last row is for all larger numbers. One row where there
    are several layers."""
    lines: Lines
    """At least the same; empty where the table is to be read instead."""
    base: F64
    """(C * S,) total hazard without peers, per day."""
    reach: F64
    """(L, C * S) the most that one unit of N_l / d_l adds to the total hazard, N_l being the
    contacts' uses of all channels on layer l; where g is not below its argument, the most that any
    exposure on the layer adds."""
    hazard: F64
    """(C, T) per day."""
    slope: F64
    """(C, T)"""
    channel: I64
    """(T,)"""
    weight: F64
    """(L, C, K)"""
    first: I64
    target: U8


def first_transitions(transitions: Transitions) -> I64:
    """First transition of each state, and their number at the end: (S + 1,)."""
    states = np.arange(len(transitions.states) + 1)
    return np.searchsorted(transitions.source, states).astype(np.int64)


def mixed_ways(table: RateTable, dt: float) -> Ways:
    """Tables for a tick of `dt` days without ties."""
    moves = table.transitions
    first = first_transitions(moves)
    cumulative = table.hazard.copy()
    ways = np.diff(first)
    for k in range(1, int(ways.max(initial=0))):
        rows = first[:-1][ways > k] + k
        cumulative[rows] += cumulative[rows - 1]
    leave = np.zeros((len(moves.states), table.hazard.shape[1]))
    leave[moves.left] = -np.expm1(-dt * cumulative[moves.first[1:] - 1])
    whole = _bytes(256.0 * leave)
    return Ways(
        whole=_flat(whole).astype(np.uint8),
        rest=_flat(256.0 * leave - whole),
        cumulative=np.ascontiguousarray(cumulative.T),
        first=first,
        target=moves.target.astype(np.uint8),
    )


#: Numbers of uses that have a row of chances of their own.
LEVELS = 16


def tied_ways(table: RateTable, dt: float, most: F64, divisor: F64 | None = None) -> TiedWays:
    """Tables for a tick with ties; `most` (L,) is the largest N_l / d_l that anybody can have, and
    `divisor` (L,) what stands for d_l where it is the same for everybody."""
    contagion = table.contagion
    if contagion is None:
        raise ValueError("the rate table says nothing of contacts")
    moves = table.transitions
    base = np.zeros((len(moves.states), table.hazard.shape[1]))
    base[moves.left] = moves.out_of(table.hazard)
    reach = _reach(contagion, moves, base.shape)
    linear = contagion.response.at_most_linear
    shares = [most if linear else np.ones_like(most)]
    if most.size == 1:
        # Most people see little use, and of one layer a byte tells how much.
        levels = LEVELS if divisor is not None and linear else 2
        step = divisor if divisor is not None and linear else np.full(1, np.inf)
        shares = [np.minimum(u / step, shares[0]) for u in range(levels - 1)] + shares
        if step[0] == np.inf:
            shares[0] = np.zeros(1)
    highest = [base + np.einsum("lsc,l->sc", reach, share) for share in shares]
    lines = _lines(base[:0], base[:0])
    if most.size == 1 and divisor is not None and linear:
        lines = _lines(dt * base, dt * reach[0] / divisor[0])
    return TiedWays(
        whole=np.array([_flat(_bytes(_limit(dt * h))) for h in highest], np.uint8),
        lines=lines,
        base=_flat(base),
        reach=np.ascontiguousarray(reach.transpose(0, 2, 1)).reshape(reach.shape[0], -1),
        hazard=np.ascontiguousarray(table.hazard.T),
        slope=np.ascontiguousarray(contagion.slope.T),
        channel=contagion.channel,
        weight=np.ascontiguousarray(contagion.weight.transpose(1, 2, 0)),
        first=first_transitions(moves),
        target=moves.target.astype(np.uint8),
    )


#: Rounding that the limits of the first byte leave room for.
ROOM = 1e-6
#: States that anybody leaves for which lines are faster than looking into a table.
FEW = 3


def _limit(exponent: F64) -> F64:
    """256 p, a little above."""
    return -256.0 * np.expm1(-exponent) + ROOM


def _lines(base: F64, per_use: F64) -> Lines:
    """Lines above the limits of base + uses * per_use, both (S, C) times dt.

    The limit is concave in the uses, so its tangent at none lies above it, and so do whole numbers
    with floor(x + y) <= floor(x) + ceil(y).
    """
    state = np.flatnonzero(((base > 0.0) | (per_use > 0.0)).any(axis=1))
    if state.size > FEW:
        state = state[:0]
    offset = np.floor(_limit(base[state])).max(axis=1, initial=0.0)
    slope = np.ceil(256.0 * per_use[state] * np.exp(-base[state])).max(axis=1, initial=0.0)
    return Lines(
        state.astype(np.uint8),
        np.minimum(offset, 255.0).astype(np.uint16),
        np.minimum(slope, 256.0).astype(np.uint16),
    )


def _reach(contagion: Contagion, moves: Transitions, shape: tuple[int, int]) -> F64:
    """(L, S, C), see `TiedWays.reach`."""
    channels, layers, _ = contagion.weight.shape
    # Hazard per unit of each channel's peer term, summed over the ways out of a state.
    by_channel = np.zeros((channels, *shape))
    for k in range(channels):
        heard = contagion.channel == k
        np.add.at(by_channel[k], moves.source[heard], contagion.slope[heard])
    reach = np.zeros((layers, *shape))
    for layer in range(layers):
        felt = by_channel * contagion.weight[:, layer, None, :]
        total = felt.sum(axis=0)
        if contagion.response.at_most_linear:
            # One use of channel j adds felt_j, and chi times the others' felt.
            reach[layer] = (felt + contagion.chi * (total - felt)).max(axis=0)
        else:
            reach[layer] = total
    return reach


def _bytes(limit: F64) -> F64:
    return np.minimum(np.floor(limit), 255.0)


def _flat(by_state: F64) -> F64:
    """(S, C) -> (C * S,)"""
    return np.ascontiguousarray(by_state.T).ravel()
