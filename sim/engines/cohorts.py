"""`cohorts`: whole people, exact stochastic law, at a cost that does not depend on how many they
are.

The movers of a cell (state, class) are multinomial over the ways out; each transition of each class
owns one keyed uniform a tick.
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import KeyedUniforms, combine_ids, entity_id
from sim.draws.multinomial import fastest_multinomial
from sim.engines.population import Population
from sim.rates.table import Transitions

F64 = NDArray[np.float64]
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
        self._multinomial = fastest_multinomial()
        self._uniforms = KeyedUniforms(
            seed,
            purpose,
            combine_ids(
                np.array([entity_id("transition", name) for name in transitions.names], np.uint64),
                np.array([entity_id("class", name) for name in class_names], np.uint64),
            ),
        )

    def _draw(self, probability: F64, tick: int) -> I64:
        leavers_from = self.people[self.transitions.left]
        flows = np.zeros(probability.shape, np.int64)
        self._multinomial(
            leavers_from, probability, self._uniforms.at(tick), self.transitions.first, flows
        )
        return flows
