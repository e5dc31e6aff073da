"""Sums over chosen transitions, by class of people.

A transition counts in few of the sums, so the chosen ones are gathered and added up; a dense
product would do 20 times the work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compiler

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Sums:
    """`rows` sums: the i-th of those `filled` adds up `chosen` from starts[i] to starts[i + 1]."""

    chosen: I64
    starts: I64
    filled: I64
    rows: int

    @classmethod
    def of(cls, masks: list[NDArray[np.bool_]]) -> "Sums":
        """A sum over the transitions of each mask (transitions,)."""
        found = [np.flatnonzero(mask) for mask in masks]
        filled = np.array([i for i, members in enumerate(found) if members.size], np.int64)
        ends = np.cumsum([0, *(found[i].size for i in filled)]).astype(np.int64)
        chosen = np.concatenate([found[i] for i in filled]) if filled.size else filled
        return cls(chosen, ends, filled, len(masks))

    def __call__(self, values: NDArray[Any]) -> F64:
        """(transitions, classes) -> (rows, classes)."""
        total = np.zeros((self.rows, values.shape[1]))
        if self.filled.size:
            self._kernels.add_chosen(values, self.chosen, self.starts, self.filled, total)
        return total

    @cached_property
    def _kernels(self) -> "Kernels":
        return fastest_kernels()


class Kernels(NamedTuple):
    """See below."""

    add_chosen: Callable[..., None]


def clear_kernels() -> Kernels:
    """In numpy: the oracle."""
    return Kernels(add_chosen)


def fastest_kernels() -> Kernels:
    """Compiled, or clear where there is no compiler. Same numbers."""
    if not compiler():
        return clear_kernels()
    from sim.rates import sums_compiled as compiled

    return Kernels(compiled.add_chosen)


def add_chosen(values: NDArray[Any], chosen: I64, starts: I64, filled: I64, total: F64) -> None:
    """Write the sums over the chosen rows of `values` into the filled rows of `total`."""
    gathered = np.take(values, chosen, axis=0)
    total[filled] = np.add.reduceat(gathered, starts[:-1], axis=0)
