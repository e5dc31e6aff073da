"""Compiled twins of a tick, for numba: see `sim.engines.moving`. Equal bit for bit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import KeyedUniforms
from sim.draws.moves_compiled import draw_rows
from sim.engines.buffers import Buffers
from sim.kernels import compile_kernel
from sim.rates.sums_compiled import add_rows
from sim.rates.table import RateTable, Transitions

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def draw(
    table: RateTable,
    people: I64,
    dt: float,
    uniforms: KeyedUniforms,
    tick: int,
    buffers: Buffers,
) -> I64:
    """See `sim.engines.moving`."""
    moves, flows, kept = table.transitions, buffers.flows, uniforms.kept
    block, lane = divmod(tick, 2)
    draw_rows(
        *_occupied(table, people, dt, buffers),
        table.distinct, table.rows, moves.first, moves.left, moves.target,
        kept.entities, np.uint64(block), *kept.words,
        kept.even, kept.odd, kept.made, lane, people, flows,
    )  # fmt: skip
    return flows


def expect(table: RateTable, people: F64, dt: float, buffers: Buffers) -> F64:
    """See `sim.engines.moving`."""
    moves, flows = table.transitions, buffers.flows
    expect_rows(
        *_occupied(table, people, dt, buffers), table.distinct, table.rows, moves.first, flows
    )
    settle(moves, flows, people)
    return flows


def settle(moves: Transitions, flows: NDArray[Any], people: NDArray[Any]) -> None:
    """See `sim.engines.moving`."""
    settle_counts(
        moves.first,
        moves.left,
        moves.by_target,
        moves.first_by_target,
        moves.entered,
        flows,
        people,
    )


def _occupied(
    table: RateTable, people: NDArray[Any], dt: float, buffers: Buffers
) -> tuple[I64, F64, F64, F64]:
    """States with anybody in them, as positions among those with a way out, and of their cells
    people, total hazard, and exp(-dt total) - 1."""
    moves = table.transitions
    occupied, count, total = buffers.occupied, buffers.count, buffers.total
    many = occupied_rows(
        people, table.distinct, table.rows, moves.first, moves.left, occupied, count, total
    )
    return occupied[:many], count[:many], total[:many], np.expm1(-dt * total[:many])


@compile_kernel
def occupied_rows(
    people: NDArray[Any],
    distinct: F64,
    rows: I64,
    first: I64,
    left: I64,
    occupied: I64,
    count: F64,
    total: F64,
) -> int:
    """Fill in the states with anybody in them, their people and total hazards; returns how many."""
    classes = people.shape[1]
    sums, rest = np.empty((8, classes)), np.empty(classes)
    many = 0
    for s in range(left.size):
        inside = False
        for c in range(classes):
            count[many, c] = people[left[s], c]
            inside |= people[left[s], c] > 0
        if not inside:
            continue
        head = rows[first[s]]
        add_rows(distinct, rows, first[s] + 1, first[s + 1], sums, rest)
        for c in range(classes):
            total[many, c] = distinct[head, c] + rest[c]
        occupied[many] = s
        many += 1
    return many


@compile_kernel
def expect_rows(
    occupied: I64,
    count: F64,
    total: F64,
    stays: F64,
    distinct: F64,
    rows: I64,
    first: I64,
    flows: F64,
) -> None:
    """Expected movers of each cell; `stays` is exp(-dt total) - 1."""
    classes = count.shape[1]
    per_hazard = np.empty(classes)
    flows[:] = 0.0
    for k in range(occupied.size):
        s = occupied[k]
        for c in range(classes):
            per_hazard[c] = -stays[k, c] / total[k, c] if total[k, c] > 0.0 else 0.0
        for t in range(first[s], first[s + 1]):
            row = rows[t]
            for c in range(classes):
                flows[t, c] = count[k, c] * (per_hazard[c] * distinct[row, c])


@compile_kernel
def settle_counts(
    first: I64,
    left: I64,
    by_target: I64,
    first_by_target: I64,
    entered: I64,
    flows: NDArray[Any],
    people: NDArray[Any],
) -> None:
    """Those who left a state go from its count, then those who came are added to theirs."""
    transitions, classes = flows.shape
    sums, rest = np.empty((8, classes), flows.dtype), np.empty(classes, flows.dtype)
    every = np.arange(transitions)
    for s in range(left.size):
        add_rows(flows, every, first[s] + 1, first[s + 1], sums, rest)
        for c in range(classes):
            people[left[s], c] -= flows[first[s], c] + rest[c]
    for s in range(entered.size):
        begin = first_by_target[s]
        end = first_by_target[s + 1] if s + 1 < entered.size else transitions
        add_rows(flows, by_target, begin + 1, end, sums, rest)
        for c in range(classes):
            people[entered[s], c] += flows[by_target[begin], c] + rest[c]
