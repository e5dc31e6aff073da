"""Classes of people by their number of contacts, and counts of people in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engines.agents.population import AgentPopulation
from sim.kernels import compiler

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

#: Most classes with contacts; those without any are one more.
MOST = 11
#: Shares of the people with contacts below the first step of classes and above the last.
TAILS = (0.005, 0.999)
#: People counted in one go: bounds the working memory.
STRETCH = 1 << 18


@dataclass(frozen=True)
class ContactClasses:
    """Ranges of numbers of contacts, both ends included: (D,) each; `mean` contacts within each.

    `of` (largest degree + 1,) is the class of each number.
    """

    low: I64
    high: I64
    mean: F64
    of: NDArray[np.uint8]


def contact_classes(histogram: I64) -> ContactClasses:
    """Classes for people by number of contacts: histogram (largest degree + 1,).

    Every number is a class of its own where there are few. Otherwise the steps are even on a
    logarithmic scale between the `TAILS`, and the first and last class reach to the ends: so a
    narrow distribution is resolved and the tail of a wide one is not cut up into single people.
    Classes without people are left out.
    """
    degree = np.flatnonzero(histogram)
    tied = degree[degree > 0]
    begins = tied
    if tied.size > MOST:
        below = np.cumsum(histogram[1:]) / histogram[1:].sum()
        first, last = (1 + int(np.searchsorted(below, tail)) for tail in TAILS)
        steps = np.rint(np.geomspace(first, max(last, first + 1), MOST)).astype(np.int64)
        begins = np.unique(np.concatenate([[tied[0]], steps[1:]]))
    if histogram[0]:
        begins = np.concatenate([[0], begins])
    of = np.searchsorted(begins, np.arange(histogram.size), side="right") - 1
    of = np.unique(of[degree], return_inverse=True)[1]
    low = degree[np.flatnonzero(np.diff(of, prepend=-1))]
    high = degree[np.flatnonzero(np.diff(of, append=of[-1] + 1))]
    people = np.bincount(of, histogram[degree])
    mean = np.bincount(of, degree * histogram[degree].astype(float)) / people
    whole = np.zeros(histogram.size, np.uint8)
    whole[degree] = of
    return ContactClasses(low, high, mean, whole)


def contacts_of_members(
    population: AgentPopulation, number: int, member: NDArray[np.bool_]
) -> ContactClasses:
    """The classes of a layer, by number, among the classes of people (C,) that are members."""
    assert population.exposure is not None, "nobody has ties"
    wide = population.exposure.layers[number].largest_degree + 1
    histogram = np.zeros(wide, np.int64)
    for a in range(0, population.state.size, STRETCH):
        degree = _contacts(population, number, slice(a, a + STRETCH))
        here = member[population.klass[a : a + STRETCH]]
        histogram += np.bincount(degree[here], minlength=wide)
    return contact_classes(histogram)


def count_by_contacts(
    population: AgentPopulation,
    number: int,
    classes: ContactClasses,
    generation: NDArray[np.uint16],
    nobody: int,
) -> I64:
    """People by class, class of contacts, whether they have used anything, and state: (C, D, 2, S).

    Who has `generation` (N,) `nobody` has never used anything.
    """
    assert population.exposure is not None, "nobody has ties"
    states, kinds = population.people.shape
    add = fastest_kernels().count_people
    found = np.zeros((kinds, classes.low.size, 2, states), np.int64)
    for a in range(0, population.state.size, STRETCH):
        here = slice(a, a + STRETCH)
        degree = _contacts(population, number, here)
        people = population.state[here], population.klass[here], degree
        add(*people, classes.of, generation[here], nobody, found)
    return found


def count(
    state: NDArray[np.uint8],
    klass: NDArray[np.unsignedinteger[Any]],
    degree: NDArray[np.integer[Any]],
    of: NDArray[np.uint8],
    generation: NDArray[np.uint16],
    nobody: int,
    found: I64,
) -> None:
    """Add people to `found` (C, D, 2, S): the clear version."""
    first, last = int(klass[0]), int(klass[-1])  # people of one class lie together
    shape = found.shape[1:]
    cell = (klass - klass[0]).astype(np.int64) * shape[0] + of[degree]
    cell = (cell * 2 + (generation != nobody)) * shape[2] + state
    many = (last + 1 - first) * int(np.prod(shape))
    found[first : last + 1] += np.bincount(cell, minlength=many).reshape(-1, *shape)


def _contacts(population: AgentPopulation, number: int, here: slice) -> NDArray[np.integer[Any]]:
    """Number of contacts of a stretch of people on a layer."""
    assert population.exposure is not None, "nobody has ties"
    held = population.exposure.seen.degree
    if held.shape[1]:
        return held[number, here]
    layer = population.exposure.layers[number]
    return layer.degrees(np.arange(here.start, min(here.stop, layer.people)))


class Kernels(NamedTuple):
    """The pass over people."""

    count_people: Callable[..., None]  # the class of people comes in several types


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(count)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.observing import network_compiled as compiled

    return Kernels(compiled.count)
