"""Computed ties: a random network of given degrees of which nothing is stored.

Every person has as many *stubs* as its degree; a uniformly random matching of all stubs makes the
ties: the configuration model (Bollobas 1980; Newman 2010, section 13.2). A stored network of 10**9
ties takes 8 GB. Here the matching is an involution that is worked out for the stubs asked for: with
pi a keyed permutation of the stubs, the partner of stub x is pi^-1(pi(x) xor 1), so stubs whose
images are 2k and 2k + 1 hold one tie, and both see it.

Degrees come from a histogram. A second keyed permutation gives each rank in the order of degrees
to a member; ranks of one degree lie side by side, and so do their stubs, so that the owner of a
stub is a search in the short table of distinct degrees and a division. Members are given as ranges
of ids; what is held grows with the distinct degrees and the ranges, not with people.

As in every configuration model, a matching makes some ties of a person to itself and some double
ties: with degree d for all, (d - 1)/2 and ((d - 1)/2)**2 on average in the whole network, however
large. They are kept, since erasing them would need the whole network. Who is tied to itself is
twice among its own contacts. Rows are not sorted.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.draws.permutation import KeyedPermutation, permute_all, unpermute_all
from sim.kernels import compiler
from sim.numbers import whole_number
from sim.threads import parallel, slabs
from sim.ties.building import checked_people
from sim.ties.degrees import DegreeHistogram, degree_histogram
from sim.ties.edges import MOST_PEOPLE
from sim.ties.layer import Layer
from sim.ties.plan import Plan, Steps
from sim.ties.rows import I32, I64, Rows, checked_ids

#: People whose ties one thread works out at least.
GRAIN: Final = 1 << 10
#: Degrees of everybody are worked out for so many people at a time.
CHUNK: Final = 1 << 18
#: Entries of a guide table, as a power of two: 16 KB, half of a first cache.
GUIDE_BITS: Final = 12


def computed_ties(
    people: int,
    mean_degree: float | None = None,
    *,
    seed: int,
    distribution: str = "regular",
    histogram: DegreeHistogram | None = None,
    members: ArrayLike | None = None,
    runs: Sequence[tuple[int, int]] | I64 | None = None,
    layer: str = "ties",
    **parameters: float,
) -> "ComputedLayer":
    """A random graph of given degrees of which nothing is stored: see `sim.ties.computed`.

    Degrees follow a `histogram`, or `degree_histogram(distribution, mean_degree, **parameters)`:
    "regular", "poisson", "power_law" (exponent, largest) or "lognormal" (median, largest). They are
    those that `configuration_ties` gives for the same seed and `layer`, which names the platform;
    the ties obey the same law, but self-ties and repeats are kept. Members are sorted ids, or
    `runs`: disjoint ascending ranges (start, stop) of ids; everybody of 0 to people - 1, without.

    Raises ValueError for degrees that members cannot have and for members that are not sorted.
    """
    if (histogram is None) == (mean_degree is None):
        raise ValueError("computed ties need either a mean degree or a histogram")
    if members is not None and runs is not None:
        raise ValueError("members are given as ids or as runs, not as both")
    if histogram is None:
        assert mean_degree is not None
        histogram = degree_histogram(distribution, mean_degree, **parameters)
    people, ids = checked_people(people, members)
    if ids is not None:
        runs = runs_of(ids)
    count = people if runs is None else int(_checked_runs(runs, people)[1].sum())
    counts = histogram.counts(count)
    return ComputedLayer(people, histogram.degrees, counts, seed=seed, runs=runs, layer=layer)


class ComputedLayer(Layer):
    """Ties of the configuration model among the people in `runs`, worked out when asked for.

    degrees (k,) ascending and counts (k,): so many members have each degree. Where the degrees
    have an odd sum, one member of the largest degree has one tie fewer. runs: disjoint ascending
    ranges (start, stop) of ids; everybody without. Raises ValueError where these do not fit.
    """

    def __init__(
        self,
        people: int,
        degrees: NDArray[np.integer],
        counts: NDArray[np.integer],
        *,
        seed: int,
        layer: str = "ties",
        runs: Sequence[tuple[int, int]] | I64 | None = None,
    ) -> None:
        people = whole_number(people, "people", 1, MOST_PEOPLE)
        start, length = _checked_runs([(0, people)] if runs is None else runs, people)
        members = int(length.sum())
        degree, count = _paired_histogram(degrees, counts)
        if int(count.sum()) != members:
            raise ValueError(f"degrees for {int(count.sum())} people, but {members} members")
        if degree[-1] >= members:
            raise ValueError(
                f"{degree[-1]} contacts are more than there are others among {members} people"
            )
        self.people, self.members = people, members
        self._tied = int(count[degree > 0].sum())
        self._ties = int((degree * count).sum())
        self._largest = int(degree[-1])
        # Two stubs at least, so that a layer without ties needs no case of its own.
        matching = KeyedPermutation(max(self._ties, 2), seed, f"computed ties: {layer}")
        # The purpose of `degree_sequence`: a stored layer has the same degrees.
        ranks = KeyedPermutation(members, seed, f"degrees: {layer}")
        self.plan = Plan(
            matching=matching.grid,
            ranks=ranks.grid,
            ranked=degree.size > 1,
            degree=degree,
            rank_steps=_steps(_starts(count), members),
            stub_steps=_steps(_starts(degree * count), self._ties),
            id_steps=_steps(start, people),
            position_steps=_steps(_starts(length), members),
            length=length,
        )

    @property
    def tied_people(self) -> int:
        return self._tied

    @property
    def ties(self) -> int:
        return self._ties

    @property
    def largest_degree(self) -> int:
        return self._largest

    @property
    def largest_audience(self) -> int:
        return self._largest

    @property
    def bytes(self) -> int:
        """The tables of degrees and of runs, and the keys."""
        return _bytes_of(self.plan)

    def degrees(self, ids: NDArray[np.integer] | None = None) -> I32:
        if ids is not None:
            return self._stubs(self._checked(ids))[1].astype(np.int32)
        found = np.empty(self.people, np.int32)

        def work(slab: tuple[int, int]) -> None:
            stubs = fastest_kernels().find_stubs
            for at in range(slab[0], slab[1], CHUNK):
                chunk = np.arange(at, min(at + CHUNK, slab[1]))
                first, degree = np.empty_like(chunk), np.empty_like(chunk)
                stubs(chunk, self.plan, first, degree)
                found[at : at + chunk.size] = degree

        parallel(work, slabs(self.people, grain=GRAIN))
        return found

    def contacts(self, ids: NDArray[np.integer]) -> Rows:
        first, degree = self._stubs(self._checked(ids))
        offsets = np.zeros(first.size + 1, np.int64)
        np.cumsum(degree, out=offsets[1:])
        taken = np.empty(int(offsets[-1]), np.int32)
        partners = fastest_kernels().find_partners

        def work(slab: tuple[int, int]) -> None:
            a, b = slab
            partners(first[a:b], offsets[a : b + 1], self.plan, taken[offsets[a] : offsets[b]])

        parallel(work, slabs(first.size, grain=GRAIN))
        return Rows(offsets, taken)

    def _checked(self, ids: NDArray[np.integer]) -> I64:
        return np.ascontiguousarray(checked_ids(ids, self.people), np.int64)

    def _stubs(self, ids: I64) -> tuple[I64, I64]:
        first, degree = np.empty(ids.size, np.int64), np.empty(ids.size, np.int64)
        stubs = fastest_kernels().find_stubs

        def work(slab: tuple[int, int]) -> None:
            a, b = slab
            stubs(ids[a:b], self.plan, first[a:b], degree[a:b])

        parallel(work, slabs(ids.size, grain=GRAIN))
        return first, degree


def find_stubs(ids: I64, plan: Plan, first: I64, degree: I64) -> None:
    """First stub and number of stubs of everybody in `ids`: the clear version.

    Who is no member has none.
    """
    run = np.searchsorted(plan.id_steps.first, ids, side="right") - 1
    beyond = ids - plan.id_steps.first[run]
    member = (run >= 0) & (beyond < plan.length[run])
    first[:], degree[:] = 0, 0
    rank = plan.position_steps.first[run[member]] + beyond[member]
    if plan.ranked:
        unpermute_all(rank, plan.ranks, rank)
    step = np.searchsorted(plan.rank_steps.first, rank, side="right") - 1
    per_person = plan.degree[step]
    first[member] = plan.stub_steps.first[step] + (rank - plan.rank_steps.first[step]) * per_person
    degree[member] = per_person


def find_partners(first: I64, offsets: I64, plan: Plan, contacts: I32) -> None:
    """People at the other ends of the stubs that start at `first`: the clear version.

    `offsets` (len(first) + 1,) count the stubs; `contacts` takes one person for each of them.
    """
    shift = np.repeat(first - offsets[:-1], np.diff(offsets))
    stub = np.arange(offsets[0], offsets[-1]) + shift
    permute_all(stub, plan.matching, stub)
    unpermute_all(stub ^ 1, plan.matching, stub)
    step = np.searchsorted(plan.stub_steps.first, stub, side="right") - 1
    rank = plan.rank_steps.first[step] + (stub - plan.stub_steps.first[step]) // plan.degree[step]
    if plan.ranked:
        permute_all(rank, plan.ranks, rank)
    run = np.searchsorted(plan.position_steps.first, rank, side="right") - 1
    contacts[:] = plan.id_steps.first[run] + (rank - plan.position_steps.first[run])


def runs_of(members: NDArray[np.integer]) -> I64:
    """The ranges (start, stop) that sorted ids without repetition fill: (runs, 2).

    Raises ValueError for ids that do not ascend.
    """
    step = np.diff(members)
    if (step < 1).any():
        raise ValueError("members must be sorted ids without repetition")
    last = np.flatnonzero(step != 1)
    start, stop = members[:1], members[-1:]
    return np.stack(
        (
            np.concatenate((start, members[last + 1])).astype(np.int64),
            np.concatenate((members[last], stop)).astype(np.int64) + 1,
        ),
        axis=1,
    )


def _checked_runs(runs: Sequence[tuple[int, int]] | I64, people: int) -> tuple[I64, I64]:
    """Starts and lengths of the runs, without the empty ones."""
    given = np.asarray(runs)
    if given.size % 2 or (given.size and given.dtype.kind not in "iu"):
        raise ValueError("runs are pairs of ids (start, stop)")
    table = given.astype(np.int64).reshape(-1, 2)
    start, stop = table[:, 0], table[:, 1]
    if (stop < start).any() or (start[1:] < stop[:-1]).any():
        raise ValueError("runs must be disjoint ranges (start, stop) in ascending order")
    if not (stop > start).any() or start[0] < 0 or stop[-1] > people:
        raise ValueError(f"runs must hold somebody and lie in [0, {people})")
    kept = stop > start
    return np.ascontiguousarray(start[kept]), np.ascontiguousarray((stop - start)[kept])


def _paired_histogram(degrees: NDArray[np.integer], counts: NDArray[np.integer]) -> tuple[I64, I64]:
    """Distinct degrees that somebody has, and how many; their sum is made even."""
    degree, count = np.asarray(degrees, np.int64), np.asarray(counts, np.int64)
    if degree.ndim != 1 or degree.shape != count.shape:
        raise ValueError("a histogram has one count for each degree")
    if (np.diff(degree) <= 0).any() or (degree < 0).any() or (count < 0).any():
        raise ValueError("degrees must ascend, and neither they nor counts may be negative")
    if not count.any():
        raise ValueError("a histogram must count somebody")
    if int((degree * count).sum()) % 2:
        # The largest degree that somebody has is positive, or the sum would be even.
        top = int(degree[count > 0][-1])
        table = dict(zip(degree.tolist(), count.tolist(), strict=True))
        table[top] -= 1
        table[top - 1] = table.get(top - 1, 0) + 1
        degree = np.array(sorted(table), np.int64)
        count = np.array([table[d] for d in sorted(table)], np.int64)
    return degree[count > 0], count[count > 0]


def _starts(length: I64) -> I64:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(length)[:-1]))


def _steps(first: I64, end: int) -> Steps:
    shift = max(0, max(end - 1, 0).bit_length() - GUIDE_BITS)
    marks = np.arange((max(end - 1, 0) >> shift) + 2, dtype=np.int64) << shift
    guide = np.searchsorted(first, marks, side="right") - 1
    return Steps(first, guide.astype(np.int64), shift)


def _bytes_of(held: object) -> int:
    if isinstance(held, np.ndarray):
        return held.nbytes
    return sum(map(_bytes_of, held)) if isinstance(held, tuple) else 0


class Kernels(NamedTuple):
    """What one thread works out."""

    find_stubs: Callable[[I64, Plan, I64, I64], None]
    find_partners: Callable[[I64, I64, Plan, I32], None]


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(find_stubs, find_partners)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.ties import computed_compiled as compiled

    return Kernels(compiled.find_stubs, compiled.find_partners)
