"""The groups of people that measures are reported for: everybody, segments, platforms, and both.

A platform's group holds its members, so a person on three platforms stands in three groups; the
groups with platform `all` count each person once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.people.world import World

ALL = "all"


@dataclass(frozen=True)
class Groups:
    """`names` (platform, segment) of each group, and `members` (groups, classes) as 0/1 floats."""

    names: tuple[tuple[str, str], ...]
    members: NDArray[np.float64]

    @classmethod
    def of(cls, world: World) -> "Groups":
        names: list[tuple[str, str]] = [(ALL, ALL)]
        rows = [np.ones(world.people.size, bool)]
        for segment, mask in zip(world.segments, world.in_segment, strict=True):
            names.append((ALL, segment))
            rows.append(mask)
        for platform, member in zip(world.platforms, world.member, strict=True):
            names.append((platform, ALL))
            rows.append(member)
            for segment, mask in zip(world.segments, world.in_segment, strict=True):
                names.append((platform, segment))
                rows.append(member & mask)
        return cls(tuple(names), np.array(rows, float))
