"""Ties of overlapping groups, in which everybody knows everybody: families, teams, messaging
groups."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.draws.keyed import uniform
from sim.draws.permutation import KeyedPermutation
from sim.numbers import whole_number
from sim.ties.blocks import checked_blocks
from sim.ties.building import (
    checked_mean,
    checked_people,
    checked_share,
    tie_up,
)
from sim.ties.edges import EdgeFunction
from sim.ties.layer import StoredLayer
from sim.ties.rows import I32, I64


class GroupLayer(StoredLayer):
    """Ties of groups. `groups` holds an array (people,) int32 for each round of grouping: the
    number of the person's group in that round, from 0, or -1 for none. Uptake by group is then
    `np.bincount(layer.groups[r][ids])` over the groups' sizes."""

    def __init__(self, first: I64, contact: I32, groups: list[I32]) -> None:
        super().__init__(first, contact)
        self.groups = groups

    @property
    def bytes(self) -> int:
        return super().bytes + sum(group.nbytes for group in self.groups)


class Round(NamedTuple):
    """Everybody who is in a group in one round, group after group, all of `size` but perhaps the
    last."""

    ordered: I32
    size: int

    @property
    def left_over(self) -> int:
        """People of the last group, where it is smaller."""
        return self.ordered.size % self.size

    @property
    def edges(self) -> int:
        """Pairs of people within groups."""
        whole, rest = divmod(self.ordered.size, self.size)
        return whole * _pairs(self.size) + _pairs(rest)


def group_ties(
    people: int,
    mean_degree: float,
    group_size: int,
    *,
    seed: int,
    members: ArrayLike | None = None,
    segment: ArrayLike | None = None,
    homophily: float | None = None,
    layer: str = "ties",
) -> GroupLayer:
    """Overlapping groups of `group_size` people with ties among all of a group, so many of them
    that people have `mean_degree` contacts on average.

    Members are shuffled and cut into groups once for each whole round of mean_degree /
    (group_size - 1); a last fractional round keeps that share of its groups. People left over form
    one smaller group in each round. With `segment` (people,) integers of 0 and above and
    `homophily`, that share of the groups has members of one segment only, and the rest are
    shuffled from everybody else. Pairs that meet in two of R rounds are tied once: about
    R (R - 1) / 4 * (group_size - 1)**2 ties fewer, whatever the number of people. Other arguments
    as in `random_ties`.

    The share of closed among all triples (transitivity) is (group_size - 2) / (mean_degree - 1)
    for whole rounds, see `expected_clustering`; a random graph has mean_degree / people.

    Raises ValueError for impossible means and sizes, homophily outside 0 to 1, and one of segment
    and homophily without the other.

    Source: Newman 2003, "Properties of highly clustered networks" (Physical Review E 68, 026121).
    """
    people, ids = checked_people(people, members)
    count = people if ids is None else ids.size
    mean_degree = checked_mean(mean_degree, count)
    if count < 2:
        raise ValueError("a single person is no group")
    group_size = whole_number(group_size, "group_size", 2, count)
    if (segment is None) != (homophily is None):
        raise ValueError("segment and homophily are given together")
    own = None
    if segment is not None:
        own = checked_blocks(segment, people, "segment")
        own = own if ids is None else own[ids]
    share = 0.0 if homophily is None else checked_share(homophily, "homophily")

    purpose = f"group ties: {layer}"
    whole, rest = divmod(mean_degree / (group_size - 1), 1.0)
    rounds = []
    for r in range(int(whole) + (rest > 0.0)):
        ordered = _shuffled(count, own, share, group_size, seed, purpose, r)
        kept = rest if r == int(whole) else 1.0
        rounds.append(_keep(Round(ordered, group_size), kept, seed, purpose))
    numbers = [_numbers(one, count) for one in rounds]
    degrees = np.zeros(count, np.int32)
    for one, number in zip(rounds, numbers, strict=True):
        degrees += _contacts(one, number)
    rows = tie_up(
        edges_of_rounds(rounds), sum(r.edges for r in rounds), people, ids, degrees=degrees
    )
    if ids is not None:
        numbers = [_among_people(number, people, ids) for number in numbers]
    return GroupLayer(*rows, numbers)


def expected_clustering(mean_degree: float, group_size: int) -> float:
    """Transitivity of `group_ties` in a large population: closed triples among all triples.

    A person in r groups of s is the middle of r (s - 1)(s - 2) ordered triples that close, of
    r (s - 1)(r (s - 1) - 1). r is R or R + 1, with variance f (1 - f) for the fractional part f.
    """
    mean = mean_degree / (group_size - 1)
    part = mean % 1.0
    square = mean * mean + part * (1.0 - part)
    triples = square * (group_size - 1) - mean
    return mean * (group_size - 2) / triples if triples > 0.0 else 0.0


def edges_of_rounds(rounds: list[Round]) -> EdgeFunction:
    """All pairs of all groups, round after round."""
    last = np.cumsum([0] + [one.edges for one in rounds])

    def edges(a: int, b: int) -> tuple[I32, I32]:
        parts = [
            _pairs_of(one, max(a, start) - start, min(b, end) - start)
            for one, start, end in zip(rounds, last[:-1].tolist(), last[1:].tolist(), strict=True)
            if max(a, start) < min(b, end)
        ]
        if len(parts) == 1:
            return parts[0]
        none = np.empty(0, np.int32)
        return (
            np.concatenate([none, *(source for source, _ in parts)]),
            np.concatenate([none, *(target for _, target in parts)]),
        )

    return edges


def _pairs_of(one: Round, a: int, b: int) -> tuple[I32, I32]:
    """Pairs a to b - 1 of a round. Pairs of a group are numbered by the later of the two, so that
    a smaller group has the first of them."""
    group, pair = np.divmod(np.arange(a, b), _pairs(one.size))
    earlier, later = np.triu_indices(one.size, 1)
    order = np.lexsort((earlier, later))
    base = group * one.size
    return one.ordered[base + earlier[order][pair]], one.ordered[base + later[order][pair]]


def _shuffled(
    people: int, own: I32 | None, share: float, size: int, seed: int, purpose: str, r: int
) -> I32:
    """Everybody in the order in which they are cut into groups: groups of one segment first.

    Each segment has a whole number of groups of its own, `share` of it on average.
    """
    order = KeyedPermutation(people, seed, purpose, f"round {r}").of(np.arange(people))
    ordered = order.astype(np.int32)
    if own is None or share == 0.0:
        return ordered
    by_segment = np.argsort(own[ordered], kind="stable")
    sizes = np.bincount(own)
    alone = np.zeros(people, bool)
    start = 0
    for s, members in enumerate(sizes.tolist()):
        drawn = uniform(seed, purpose, r, "segment", str(s))
        groups = min(int(share * members / size + drawn), members // size)
        alone[by_segment[start : start + groups * size]] = True
        start += members
    first = by_segment[alone[by_segment]]
    return np.concatenate((ordered[first], ordered[~alone]))


def _keep(one: Round, share: float, seed: int, purpose: str) -> Round:
    """A keyed choice of `share` of the groups, and nobody who is alone in a group."""
    ordered = one.ordered[:-1] if one.left_over == 1 else one.ordered
    if share == 1.0:
        return Round(ordered, one.size)
    groups = -(-ordered.size // one.size)
    rank = KeyedPermutation(groups, seed, purpose, "fractional round").of(np.arange(groups))
    kept = rank < round(share * groups)
    return Round(ordered[np.repeat(kept, one.size)[: ordered.size]], one.size)


def _numbers(one: Round, people: int) -> I32:
    number = np.full(people, -1, np.int32)
    number[one.ordered] = np.arange(one.ordered.size, dtype=np.int32) // one.size
    return number


def _contacts(one: Round, number: I32) -> I32:
    """Contacts of everybody in one round."""
    contacts = np.where(number >= 0, one.size - 1, 0).astype(np.int32)
    if one.left_over:
        contacts[number == one.ordered.size // one.size] = one.left_over - 1
    return contacts


def _among_people(number: I32, people: int, ids: NDArray[np.integer]) -> I32:
    whole = np.full(people, -1, np.int32)
    whole[ids] = number
    return whole


def _pairs(size: int) -> int:
    return size * (size - 1) // 2
