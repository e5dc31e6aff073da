"""Derivatives of an open family: base models, and what others build on each of them.

A new derivative starts a line of its own with some probability; else it is built on a line with
probability in proportion to the line's size times its fitness (Simon 1955; with fitness Bianconi &
Barabasi 2001). With equal fitness and a share alpha of new lines the sizes k follow the Yule-Simon
law of rho = 1 / (1 - alpha),

    P(k) = rho B(k, rho + 1)        P(1) = rho / (1 + rho)        P(k) ~ k^-(1 + rho)

The law is drawn exactly and in batches: to build on a line in proportion to its size is to copy the
line of one earlier derivative chosen uniformly, and to keep that choice with the line's fitness (at
most 1) adds the fitness. Which derivative looks at which is keyed by their numbers, so all of a
batch are looked up at once, and who looks at one of the same batch waits for its line.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import KeyedUniforms, combine_ids, entity_id
from sim.draws.philox import U64
from sim.kernels import compiler

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

#: Lines are followed for so many derivatives of a family; what comes after is counted only.
MOST_FOLLOWED = 5_000_000
#: Derivatives that are drawn at once; more would only need more memory.
BATCH = 1 << 18

_OPEN = -1


@dataclass
class Grown:
    """The lines of a family so far."""

    line_of: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    """Of each derivative, in the order in which they were made."""
    fitness: F64 = field(default_factory=lambda: np.empty(0))
    """Of each line, in the order in which lines began."""
    sizes: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    """Derivatives in each line, its base included."""
    mean_fitness: float = 1.0
    """Fitness averaged over derivatives; 1 while there are none."""
    singletons: float = float("nan")
    """Share of lines that nobody has built on."""


class Lines:
    """The lines of one family. `inequality` s makes fitness uniform on [1 - s, 1]; 0 leaves size
    alone."""

    def __init__(self, *, seed: int, family: str, inequality: float) -> None:
        self._seed = seed
        self._id = np.array([entity_id(family)], np.uint64)
        self._inequality = inequality
        self.state = Grown()
        #: What `line_of` is the beginning of, with room for derivatives to come.
        self._room = self.state.line_of

    @classmethod
    def laid_out(
        cls, seed: int, family: str, inequality: float, count: int, new_line: float
    ) -> "Lines":
        """The lines of a family that has `count` derivatives, as if they had grown to that."""
        lines = cls(seed=seed, family=family, inequality=inequality)
        grown = _grown(seed, family, inequality, count, new_line)
        lines.state = replace(
            grown,
            line_of=grown.line_of.copy(),
            fitness=grown.fitness.copy(),
            sizes=grown.sizes.copy(),
        )
        return lines

    def __len__(self) -> int:
        """Derivatives followed."""
        return int(self.state.line_of.size)

    @property
    def bases(self) -> int:
        return int(self.state.sizes.size)

    @property
    def ranked(self) -> I64:
        """Sizes, the largest line first."""
        return np.sort(self.state.sizes)[::-1]

    def grow_to(self, count: int, new_line: float) -> None:
        """Add derivatives up to `count`; each starts a line with probability `new_line`."""
        count = min(count, MOST_FOLLOWED)
        if count <= len(self):
            return
        before = len(self)
        while len(self) < count:
            self._grow(min(count - len(self), BATCH), new_line)
        # Only what is new is counted: a family may have millions of derivatives by now.
        begun = np.zeros(self.state.fitness.size - self.state.sizes.size, np.int64)
        self.state.sizes = np.concatenate([self.state.sizes, begun])
        np.add.at(self.state.sizes, self.state.line_of[before:], 1)
        if self._inequality > 0.0:
            self.state.mean_fitness = float(self.state.sizes @ self.state.fitness) / len(self)
        self.state.singletons = float(
            np.count_nonzero(self.state.sizes == 1) / self.state.sizes.size
        )

    def _grow(self, count: int, new_line: float) -> None:
        before = len(self)
        kernels = fastest_kernels()
        begins = kernels.begin(before, count, new_line, self._seed, self._id)
        if before == 0:
            begins[0] = True  # there is nothing to build on yet
        line_of = self._longer(before + count)
        line_of[before:] = _OPEN
        line_of[before:][begins] = self._begin_lines(int(begins.sum()))
        looking = before + np.flatnonzero(~begins)
        kernels.follow(line_of, looking, before, self.state.fitness, self._seed, self._id)
        self.state.line_of = line_of

    def _longer(self, size: int) -> NDArray[np.int32]:
        """`line_of`, and behind it anything, up to `size`."""
        held = self.state.line_of
        if held.base is not self._room or self._room.size < size:
            # By more than is asked for: each period adds few to many.
            self._room = np.empty(size + size // 2, np.int32)
            self._room[: held.size] = held
        return self._room[:size]

    def _begin_lines(self, count: int) -> NDArray[np.int32]:
        first = self.state.fitness.size
        lines = np.arange(first, first + count)
        fitness = np.ones(count)
        if self._inequality > 0.0 and count > 0:
            draws = _uniforms(self._seed, "derivative fitness", self._id, lines)
            fitness -= self._inequality * draws.at(0)
        self.state.fitness = np.concatenate([self.state.fitness, fitness])
        return lines.astype(np.int32)


class Kernels(NamedTuple):
    """See below."""

    begin: Callable[..., NDArray[np.bool_]]
    follow: Callable[..., None]


def clear_kernels() -> Kernels:
    """In numpy: the oracle."""
    return Kernels(begin, follow)


def fastest_kernels() -> Kernels:
    """Compiled, or clear where there is no compiler. Same numbers."""
    if not compiler():
        return clear_kernels()
    from sim.market.developers import derivatives_compiled as compiled

    return Kernels(compiled.begin, compiled.follow)


def begin(before: int, count: int, new_line: float, seed: int, family: U64) -> NDArray[np.bool_]:
    """Which of a batch of `count` derivatives start a line of their own, (count,)."""
    number = np.arange(before, before + count)
    begins: NDArray[np.bool_] = _uniforms(seed, "derivative base", family, number).at(0) < new_line
    return begins


def follow(
    line_of: NDArray[np.int32], looking: I64, before: int, fitness: F64, seed: int, family: U64
) -> None:
    """Put each derivative of a batch that is `looking`, by number, on a line, all at once.

    `before` is the first number of the batch. Who looks at one that has no line yet waits for it.
    """
    parent, keep = np.empty(looking.size, np.int64), np.empty(looking.size)
    ask = np.ones(looking.size, bool)  # who needs someone to look at
    attempt = 0
    while looking.size:
        draws = _uniforms(seed, "derivative parent", family, looking[ask])
        parent[ask] = (draws.at(2 * attempt) * looking[ask]).astype(np.int64)
        keep[ask] = draws.at(2 * attempt + 1)
        line = line_of[parent]
        known = line != _OPEN
        built = known & (keep < fitness[line])
        line_of[looking[built]] = line[built]
        left = ~built
        looking, parent, keep, ask = looking[left], parent[left], keep[left], known[left]
        attempt += 1


def _uniforms(seed: int, purpose: str, family: U64, numbers: I64) -> KeyedUniforms:
    return KeyedUniforms(seed, purpose, combine_ids(family, numbers.astype(np.uint64))[0])


@lru_cache(maxsize=16)
def _grown(seed: int, family: str, inequality: float, count: int, new_line: float) -> Grown:
    """Kept for the next run with the same start: paired runs of a study share it."""
    lines = Lines(seed=seed, family=family, inequality=inequality)
    lines.grow_to(count, new_line)
    return lines.state
