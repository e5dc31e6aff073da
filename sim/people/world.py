"""Who the people are: classes of persons alike in segment, platforms held and type.

A person holds a set of platforms. The joint distribution over the 2^P sets is the one of maximum
entropy among those that give every platform its users, every pair its overlap and every segment its
people, so a person on three platforms is one person. Units: people; shares in [0, 1].
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sim.people.raking import InfeasibleTotals, Total, rake, round_to_total
from sim.people.ranks import RankCell, rank_cells
from sim.scenario.features import Feature
from sim.scenario.people import Overlap, PersonType, Platform, Segment
from sim.scenario.problems import Misfit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """Fixed attributes of people. C classes, P platforms, G segments, K types.

    people (C,) whole persons; segment_of, type_of (C,) indices; member (P, C); visits (P, G) share
    of days a member visits; visibility (P,) hazard per day of seeing a friend's use when all
    friends use; appeal, stickiness, receptivity (C,).
    """

    segments: tuple[str, ...]
    platforms: tuple[str, ...]
    types: tuple[str, ...]
    class_names: tuple[str, ...]
    owners: tuple[str, ...]
    """(C,) segment, platforms and type of each class, without the ranks that split it."""
    people: I64
    segment_of: I64
    type_of: I64
    member: Bool
    visits: F64
    visibility: F64
    degree: F64
    appeal: F64
    stickiness: F64
    receptivity: F64
    rank_from: F64
    """(J, C) with `rank_to`: the ranks of the class in the feature's ramp; [0, 1] without one."""
    rank_to: F64
    held_out: Bool
    """(J, C) never offered the feature."""

    @property
    def in_segment(self) -> Bool:
        """(G, C)"""
        mask: Bool = self.segment_of == np.arange(len(self.segments))[:, None]
        return mask

    @property
    def reached(self) -> int:
        """People on at least one platform, each counted once."""
        return int(self.people[self.member.any(axis=0)].sum())


def build_world(
    given_segments: Mapping[str, Segment],
    given_types: Mapping[str, PersonType],
    given_platforms: Mapping[str, Platform],
    overlaps: Sequence[Overlap],
    features: Mapping[str, Feature],
    parameters: Mapping[str, float],
) -> World:
    """The classes of people. Raises Misfit when sizes cannot hold together."""
    segments, platforms = tuple(given_segments), tuple(given_platforms)
    types = tuple(given_types)
    masks = np.array(list(product((False, True), repeat=len(platforms))), bool)
    joint = _membership(given_segments, given_platforms, overlaps, masks)

    names, owners, people, segment_of, type_of, member = [], [], [], [], [], []
    ranks: list[RankCell] = []
    shares = np.array([float(given_types[t].share) for t in types])
    for g, segment in enumerate(segments):
        total = round(float(given_segments[segment].people))
        for mask, count in zip(masks, round_to_total(joint[g], total), strict=True):
            label = "+".join(p for p, on in zip(platforms, mask, strict=True) if on) or "none"
            held = [p for p, on in zip(platforms, mask, strict=True) if on]
            cells = rank_cells(features, segment, held)
            widths = np.array([cell.width for cell in cells])
            for k, size in enumerate(round_to_total(shares, int(count))):
                for cell, part in zip(cells, round_to_total(widths, int(size)), strict=True):
                    names.append("|".join((segment, label, types[k], *cell.labels)))
                    owners.append("|".join((segment, label, types[k])))
                    people.append(int(part))
                    segment_of.append(g)
                    type_of.append(k)
                    member.append(mask)
                    ranks.append(cell)
    kept = [i for i, size in enumerate(people) if size > 0]
    of_rank = [ranks[i] for i in kept]
    of_segment = np.array(segment_of, np.int64)[kept]
    of_type = np.array(type_of, np.int64)[kept]
    return World(
        segments=segments,
        platforms=platforms,
        types=types,
        class_names=tuple(names[i] for i in kept),
        owners=tuple(owners[i] for i in kept),
        people=np.array(people, np.int64)[kept],
        segment_of=of_segment,
        type_of=of_type,
        member=np.array(member, bool).reshape(len(names), len(platforms))[kept].T.copy(),
        visits=np.array(
            [_visits(p, segments, parameters) for p in given_platforms.values()]
        ).reshape(len(platforms), len(segments)),
        visibility=np.array(
            [
                float(
                    p.visibility if p.visibility is not None else parameters[f"visibility.{p.kind}"]
                )
                for p in given_platforms.values()
            ]
        ),
        degree=np.array([_degree(p, parameters) for p in given_platforms.values()]),
        appeal=np.array([float(given_types[t].appeal) for t in types])[of_type],
        stickiness=np.array([float(given_types[t].stickiness) for t in types])[of_type],
        receptivity=np.array([float(given_segments[s].receptivity) for s in segments])[of_segment],
        rank_from=_by_feature([cell.low for cell in of_rank], len(features)),
        rank_to=_by_feature([cell.high for cell in of_rank], len(features)),
        held_out=_by_feature([cell.held for cell in of_rank], len(features)).astype(bool),
    )


def _by_feature(cells: list[tuple[float, ...]], features: int) -> F64:
    """Cells' values per feature, as (J, C)."""
    return np.array(cells, float).reshape(len(cells), features).T.copy()


def _membership(
    given_segments: Mapping[str, Segment],
    given_platforms: Mapping[str, Platform],
    overlaps: Sequence[Overlap],
    masks: Bool,
) -> F64:
    """People by segment and platform set, shape (G, 2^P)."""
    segments, platforms = list(given_segments), list(given_platforms)
    sizes = np.array([float(s.people) for s in given_segments.values()])
    shape = (len(segments), len(masks))
    segment_of = np.repeat(np.arange(len(segments)), len(masks))
    on = np.tile(masks, (len(segments), 1))

    totals = []
    for p, platform in enumerate(given_platforms.values()):
        if isinstance(platform.users, dict):
            totals += [
                Total(
                    f"users of {platforms[p]} in {s}",
                    on[:, p] & (segment_of == segments.index(s)),
                    float(n),
                )
                for s, n in platform.users.items()
            ]
            absent = [g for g, s in enumerate(segments) if s not in platform.users]
            totals += [
                Total(
                    f"users of {platforms[p]} in {segments[g]}", on[:, p] & (segment_of == g), 0.0
                )
                for g in absent
            ]
        else:
            totals.append(Total(f"users of {platforms[p]}", on[:, p], float(platform.users)))
    for overlap in overlaps:
        a, b, count = overlap_people(overlap, given_platforms)
        both = on[:, platforms.index(a)] & on[:, platforms.index(b)]
        totals.append(Total(f"people on both {a} and {b}", both, count))
    totals += [
        Total(f"people in {segment}", segment_of == g, sizes[g])
        for g, segment in enumerate(segments)
    ]
    totals.append(Total("people", np.ones(len(segment_of), bool), float(sizes.sum())))
    start = np.repeat(sizes / len(masks), len(masks))
    for total in totals:
        if total.value == 0.0:
            start[total.cells] = 0.0
    try:
        return rake(start, totals).reshape(shape)
    except InfeasibleTotals as error:
        raise Misfit(
            ("overlaps",),
            "no population can have these platform sizes and overlaps at once; nearest: "
            + str(error),
        ) from error


def overlap_people(overlap: Overlap, platforms: Mapping[str, Platform]) -> tuple[str, str, float]:
    """The pair of platforms and the number of people on both, whichever way the overlap was
    given."""
    if overlap.platforms is not None and overlap.people is not None:
        a, b = overlap.platforms
        return a, b, float(overlap.people)
    assert overlap.of is not None
    assert overlap.also is not None
    assert overlap.share is not None
    return (
        overlap.of,
        overlap.also,
        float(overlap.share) * platform_users(platforms[overlap.of]),
    )


def platform_users(platform: Platform) -> float:
    """Users of a platform over all segments."""
    if isinstance(platform.users, dict):
        return float(sum(platform.users.values()))
    return float(platform.users)


def _visits(
    platform: Platform, segments: tuple[str, ...], parameters: Mapping[str, float]
) -> list[float]:
    """Share of the platform's users who visit it on a day, by segment."""
    visits = platform.visits
    known = parameters.get(f"visits.{platform.kind}")
    default = 0.0 if known is None else float(known)
    if isinstance(visits, dict):
        return [float(visits.get(s, default)) for s in segments]
    return [float(visits if visits is not None else default)] * len(segments)


def _degree(platform: Platform, parameters: Mapping[str, float]) -> float:
    given = platform.ties.mean_degree
    return float(given if given is not None else parameters[f"ties.{platform.kind}.mean_degree"])
