"""`expected`: expected counts by the master equation, the mean-field limit of the other engines."""

import numpy as np
from numpy.typing import NDArray

from sim.engines.population import Population


class ExpectedPopulation(Population):
    """Counts are float64; people are conserved to rounding."""

    def _draw(self, probability: NDArray[np.float64], tick: int) -> NDArray[np.float64]:
        flows: NDArray[np.float64] = np.take(self.people, self.transitions.source, axis=0)
        flows *= probability
        return flows
