"""Working memory of a tick, for the clear kernels of `sim.engines.moving` and their twins."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.rates.table import Transitions


class Buffers:
    """Arrays that a population's kernels use again every tick; they hold nothing between ticks."""

    def __init__(self, transitions: Transitions, people: NDArray[Any]) -> None:
        cells = transitions.left.size, people.shape[1]
        self.flows = np.zeros((len(transitions), people.shape[1]), people.dtype)
        self.occupied = np.empty(cells[0], np.int64)
        self.count, self.total = np.empty(cells), np.empty(cells)
