"""`cohorts`: whole people, exact stochastic law, at a cost that does not depend on how many they
are.

The movers of a cell (state, class) are multinomial over the ways out; each transition of each class
owns one keyed uniform a tick.
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import KeyedUniforms, combine_ids, entity_id
from sim.engines.buffers import Buffers
from sim.engines.moving import fastest_kernels
from sim.engines.population import Population
from sim.rates.table import RateTable, Transitions

I64 = NDArray[np.int64]


class CohortPopulation(Population):
    """Counts are int64; people are conserved exactly.

    `purpose` and the names of classes and transitions key the draws.
    """

    def __init__(
        self,
        transitions: Transitions,
        people: I64,
        *,
        seed: int,
        purpose: str,
        class_names: tuple[str, ...],
    ) -> None:
        super().__init__(transitions, people)
        if people.dtype != np.int64:
            raise TypeError("cohorts hold whole people: int64 counts")
        self._moving, self._buffers = fastest_kernels(), Buffers(transitions, people)
        self._uniforms = KeyedUniforms(
            seed,
            purpose,
            combine_ids(
                np.array([entity_id("transition", name) for name in transitions.names], np.uint64),
                np.array([entity_id("class", name) for name in class_names], np.uint64),
            ),
        )

    def advance(self, table: RateTable, dt: float, tick: int) -> I64:
        return self._moving.draw(table, self.people, dt, self._uniforms, tick, self._buffers)
