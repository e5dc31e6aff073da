"""A sample of people: who is simulated, and for how many each stands.

The one rule for scaling down, whatever the engine: every class gets its share of the simulated
people, rounded by largest remainders and at least one, and each of them stands for as many people
as make up the class. So classes, platforms and segments keep their sizes exactly; what shrinks is
the number of draws, and with it the precision: shares that a class of a million gives to .0005 are
given to .016 by a thousand. Counts and flows are multiplied by the weight before anybody reads
them. The clock and the market are not scaled; developers are where they have a follower graph.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.people.raking import round_to_total

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """size (C,) people simulated in each class; weight (C,) people each stands for, at least 1."""

    size: I64
    weight: F64

    @property
    def people(self) -> int:
        """People simulated."""
        return int(self.size.sum())

    @property
    def whole(self) -> bool:
        """Is everybody simulated?"""
        return bool((self.weight == 1.0).all())

    def states(self, people: F64) -> I64:
        """People by state and class (S, C) as counts of simulated ones, whole numbers that add up
        to the sizes of the classes."""
        if self.whole:
            return np.rint(people).astype(np.int64)
        columns = [round_to_total(people[:, c], int(self.size[c])) for c in range(self.size.size)]
        return np.array(columns, np.int64).T.copy()


def draw_sample(people: I64, wanted: float) -> Sample:
    """A sample of about `wanted` of the people by class (C,), none of them empty.

    It has at least one person of each class, hence no fewer than classes.
    """
    total = int(people.sum())
    number = max(min(round(wanted), total), people.size)
    if number >= total:
        return Sample(people.astype(np.int64), np.ones(people.size))
    # Small classes first get their one person; the rest is shared out among the others.
    size = np.zeros(people.size, np.int64)
    small, share = np.zeros(people.size, bool), np.zeros(people.size)
    while not small.all():
        rest = np.where(small, 0.0, people)
        share = rest * ((number - small.sum()) / rest.sum())
        new = ~small & (share < 1.0)
        if not new.any():
            break
        small |= new
    size[small] = 1
    size[~small] = round_to_total(share[~small], number - int(small.sum()))
    return Sample(size, people / size)
