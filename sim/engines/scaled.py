"""A population in which each simulated person stands for many: counts and flows times a weight."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines.population import Counts, Moving, Population
from sim.rates.table import RateTable


class ScaledPopulation(Population):
    """`inner` as everybody else sees it: people and flows float64, multiplied by `weight` (C,)."""

    def __init__(self, inner: Population, weight: NDArray[np.float64]) -> None:
        super().__init__(inner.transitions, inner.people * weight)
        self.inner, self._weight = inner, weight

    def advance(self, table: RateTable, dt: float, tick: int) -> Counts:
        flows: NDArray[Any] = self.inner.advance(table, dt, tick) * self._weight
        np.multiply(self.inner.people, self._weight, out=self.people)
        return flows

    def moving(self) -> dict[str, Counts]:
        return self.inner.moving()

    def resume(self, moving: Moving) -> None:
        self.inner.resume(moving)
        np.multiply(self.inner.people, self._weight, out=self.people)
