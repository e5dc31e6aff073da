"""`expected`: expected counts by the master equation, the mean-field limit of the other engines."""

import numpy as np
from numpy.typing import NDArray

from sim.engines.buffers import Buffers
from sim.engines.moving import fastest_kernels
from sim.engines.population import Population
from sim.rates.table import RateTable, Transitions


class ExpectedPopulation(Population):
    """Counts are float64; people are conserved to rounding."""

    def __init__(self, transitions: Transitions, people: NDArray[np.float64]) -> None:
        super().__init__(transitions, people)
        self._moving, self._buffers = fastest_kernels(), Buffers(transitions, people)

    def advance(self, table: RateTable, dt: float, tick: int) -> NDArray[np.float64]:
        return self._moving.expect(table, self.people, dt, self._buffers)
