"""Compiled twins of a tick, for numba: see `sim.engines.moving`. Equal bit for bit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import KeyedUniforms
from sim.draws.moves_compiled import draw_rows
from sim.engines.buffers import Buffers
from sim.kernels import compile_kernel
from sim.rates.sums_compiled import add_chosen, add_groups
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
    if flows.dtype.kind == "i":
        move_whole(moves.source, moves.target, flows, people)
        return
    left, came = np.zeros(people.shape), np.zeros(people.shape)
    add_chosen(flows, moves.all, moves.first, moves.left, left)
    add_chosen(flows, moves.by_target, moves.first_by_target, moves.entered, came)
    people -= left
    people += came


def _occupied(
    table: RateTable, people: NDArray[Any], dt: float, buffers: Buffers
) -> tuple[I64, F64, F64, F64]:
    """States with anybody in them, as positions among those with a way out, and of their cells
    people, total hazard, and exp(-dt total) - 1."""
    moves = table.transitions
    many = occupied_rows(people, moves.left, buffers.occupied, buffers.count)
    occupied, total = buffers.occupied[:many], buffers.total[:many]
    begins, ends = moves.first[occupied], moves.first[occupied + 1]
    add_groups(table.distinct, table.rows, begins, ends, moves.all[:many], total)
    return occupied, buffers.count[:many], total, np.expm1(-dt * total)


@compile_kernel
def occupied_rows(people: NDArray[Any], left: I64, occupied: I64, count: F64) -> int:
    """Fill in the states with anybody in them and their people; returns how many."""
    many = 0
    for s in range(left.size):
        inside = False
        for c in range(people.shape[1]):
            count[many, c] = people[left[s], c]
            inside |= people[left[s], c] > 0
        if inside:
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
def move_whole(source: I64, target: I64, flows: I64, people: I64) -> None:
    """Whole people go from state to state, one transition after another: exact in any order."""
    for t in range(source.size):
        for c in range(flows.shape[1]):
            people[source[t], c] -= flows[t, c]
            people[target[t], c] += flows[t, c]
