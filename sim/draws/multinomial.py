"""Multinomial movers by successive binomial draws.

In each cell (state, class) the movers are multinomial over the ways out. They are drawn one
destination after another: given those who have gone, the next count is binomial with the
conditional probability. Each transition owns one keyed uniform, so a destination that nobody can
take changes no other draw.
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.binomial import binomial_quantile

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def multinomial_moves(people: I64, probability: F64, uniforms: F64, first: I64, flows: I64) -> None:
    """Draw the movers of every cell into `flows`: the clear version, oracle of the compiled one.

    people (states, classes); probability, uniforms and flows (transitions, classes); the
    transitions of state s are first[s]:first[s + 1]. All first destinations are drawn together,
    then all second ones, ...
    """
    counts = np.diff(first)
    staying = people.copy()
    left_over = np.ones(people.shape)
    for rank in range(int(counts.max(initial=0))):
        states = np.flatnonzero(counts > rank)
        rows = first[states] + rank
        p, rest = probability[rows], left_over[states]
        conditional = np.divide(p, rest, out=np.ones_like(p), where=rest > p)
        conditional[p <= 0.0] = 0.0
        drawn = binomial_quantile(uniforms[rows], staying[states], conditional)
        flows[rows] = drawn
        staying[states] -= drawn
        left_over[states] -= p
