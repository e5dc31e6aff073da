"""What a cascade leaves: who was reached, when and by whom."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from sim.ties.rows import I32, I64


@dataclass(frozen=True)
class Cascade:
    """Who was reached, when and by whom.

    Only who was reached is kept, few of a large population near the critical point: `reached`
    (size,) int32 are their ids, generation by generation, in no order within one; `sizes`
    (depth + 1,) counts the people of each generation; `reached_by` (size,) int32 is who brought
    each of them, -1 for seeds; None in models where nobody in particular does.
    """

    people: int
    reached: I32
    sizes: I64
    reached_by: I32 | None = None

    @cached_property
    def generation(self) -> I32:
        """(people,) int32, from 0, the seeds; -1 is who was never reached."""
        when = np.arange(self.sizes.size, dtype=np.int32)
        return self._of_everybody(np.repeat(when, self.sizes))

    @cached_property
    def parent(self) -> I32 | None:
        """(people,) int32, who brought each person, -1 for seeds and who was never reached; None
        in models where nobody in particular does."""
        return None if self.reached_by is None else self._of_everybody(self.reached_by)

    @property
    def size(self) -> int:
        """People reached, seeds among them."""
        return self.reached.size

    @property
    def depth(self) -> int:
        """The last generation that reached anybody; -1 without seeds."""
        return len(self.sizes) - 1

    def transmissions(self) -> I64:
        """How many active people brought 0, 1, 2, ... others: (most + 1,).

        Raises ValueError where parents are not known.
        """
        brought = np.bincount(self._brought_by()[self._seeds() :], minlength=self.people)
        return np.bincount(brought[self.reached]).astype(np.int64)

    @cached_property
    def depths(self) -> I64:
        """The last generation in each seed's tree, seeds in order of id: (seeds,).

        Raises ValueError where parents are not known.
        """
        parent, seeds = self._brought_by(), self._seeds()
        root = np.empty(self.people, np.int64)
        root[self.reached[:seeds]] = np.argsort(np.argsort(self.reached[:seeds]))
        deepest = np.zeros(seeds, np.int64)
        for now, (a, b) in enumerate(pairwise(np.cumsum(self.sizes)), 1):
            root[self.reached[a:b]] = root[parent[a:b]]
            deepest[root[self.reached[a:b]]] = now
        return deepest

    def _of_everybody(self, value: I32) -> I32:
        whole = np.full(self.people, -1, np.int32)
        whole[self.reached] = value
        return whole

    def _seeds(self) -> int:
        return int(self.sizes[:1].sum())

    def _brought_by(self) -> I32:
        if self.reached_by is None:
            raise ValueError("this cascade does not say who brought whom")
        return self.reached_by


def sizes_of(ends: ArrayLike) -> I64:
    """People in each generation, from where generations end, to the last that reached anybody."""
    sizes: I64 = np.diff(np.asarray(ends, np.int64), prepend=np.int64(0)).astype(np.int64)
    return sizes[: np.flatnonzero(sizes).max(initial=-1) + 1]
