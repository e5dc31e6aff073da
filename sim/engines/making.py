"""One population held by the engine that a scenario names."""

import numpy as np
from numpy.typing import NDArray

from sim.engines.cohorts import CohortPopulation
from sim.engines.expected import ExpectedPopulation
from sim.engines.population import Population
from sim.rates.table import Transitions


def make_population(
    engine: str,
    transitions: Transitions,
    people: NDArray[np.float64],
    *,
    seed: int,
    purpose: str,
    class_names: tuple[str, ...],
) -> Population:
    """People (states, classes) held as counts; `purpose` and names key the draws.

    What `agents` holds as counts too, it draws as `cohorts` does: the law is the same, and the cost
    does not grow with people.
    """
    # The last digit of its sums by state follows the order in memory, which is that of the start.
    if engine == "expected":
        return ExpectedPopulation(transitions, people.astype(float))
    return CohortPopulation(
        transitions,
        # One state a row, whatever the start was made of: kernels are compiled for that alone.
        np.rint(people).astype(np.int64, order="C"),
        seed=seed,
        purpose=purpose,
        class_names=class_names,
    )
