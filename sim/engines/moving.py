"""One tick of a population held as counts: from the rate table to flows and new counts.

Compiled, the way goes over the occupied states alone: their total hazards, the chance to leave,
whose exponential is numpy's, since that of compiled code may differ in the last digit, and the
movers of each way out.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import KeyedUniforms
from sim.draws.multinomial import multinomial_moves
from sim.engines.buffers import Buffers
from sim.kernels import compiler
from sim.rates.table import RateTable, Transitions

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class Kernels(NamedTuple):
    """The steps of a tick, see the clear versions below."""

    draw: Callable[..., I64]
    expect: Callable[..., F64]
    settle: Callable[..., None]


def clear_kernels() -> Kernels:
    """In numpy: the oracle."""
    return Kernels(draw, expect, settle)


def fastest_kernels() -> Kernels:
    """Compiled, or clear where there is no compiler. Same numbers."""
    if not compiler():
        return clear_kernels()
    from sim.engines import moving_compiled as compiled

    return Kernels(compiled.draw, compiled.expect, compiled.settle)


def draw(
    table: RateTable,
    people: I64,
    dt: float,
    uniforms: KeyedUniforms,
    tick: int,
    buffers: Buffers,
) -> I64:
    """Whole people (states, classes) who take each transition within a tick: flows (transitions,
    classes) in the buffers; `people` is brought up to date."""
    moves, flows = table.transitions, buffers.flows
    flows[:] = 0
    multinomial_moves(
        people[moves.left], table.move_probability(dt), uniforms.at(tick), moves.first, flows
    )
    settle(moves, flows, people)
    return flows


def expect(table: RateTable, people: F64, dt: float, buffers: Buffers) -> F64:
    """The expected flows of a tick, as `draw`."""
    moves, flows = table.transitions, buffers.flows
    np.take(people, moves.source, axis=0, out=flows)
    flows *= table.move_probability(dt)
    settle(moves, flows, people)
    return flows


def settle(moves: Transitions, flows: NDArray[Any], people: NDArray[Any]) -> None:
    """Bring counts (states, classes) up to date with flows (transitions, classes)."""
    people[moves.left] -= moves.out_of(flows)
    people[moves.entered] += moves.into(flows)
