"""Overlaps of platforms that no population can have.

For two platforms with a and b users among n people, the people on both number at least a + b - n
and at most min(a, b) (the Frechet bounds). For three, ab + ac - bc <= a (those on both a and b, and
those on both a and c, are all on a, and share at most bc) and
a + b + c - ab - ac - bc <= n (people on at least one). Larger sets are left to the fit of the joint
distribution.
"""

import math
from itertools import combinations

from sim import units
from sim.scenario.checker import Checker
from sim.scenario.frozen import FrozenDict
from sim.scenario.nodes import Path
from sim.scenario.people import Overlap

__all__ = ["overlaps"]

_SLACK = 1e-6


def overlaps(c: Checker) -> None:
    """Report overlaps that are incomplete, given twice, or out of bounds."""
    pairs: dict[frozenset[str], tuple[Path, float]] = {}
    for index, overlap in enumerate(c.scenario.overlaps):
        at: Path = ("overlaps", index)
        read = _pair(c, at, overlap)
        if read is None:
            continue
        a, b, people = read
        pair = frozenset((a, b))
        if pair in pairs:
            c.report(at, f"the overlap of `{a}` and `{b}` stands twice", "each pair once")
            continue
        pairs[pair] = (at, people)
        _two(c, at, a, b, people)
    _three(c, pairs)


def _pair(c: Checker, at: Path, overlap: Overlap) -> tuple[str, str, float] | None:
    """The two platforms and the people on both; None, reported, where that cannot be read."""
    one = {"platforms": overlap.platforms, "people": overlap.people}
    other = {"of": overlap.of, "also": overlap.also, "share": overlap.share}
    given = [key for key, value in {**one, **other}.items() if value is not None]
    if set(given) not in ({*one}, {*other}):
        said = f"an overlap of {', '.join(given)}" if given else "an empty overlap"
        c.report(at, said, "`platforms` and `people`, or `of`, `also` and `share`")
        return None
    if overlap.platforms is not None:
        names, where = overlap.platforms, [(*at, "platforms", 0), (*at, "platforms", 1)]
        if len(names) != 2:
            c.report((*at, "platforms"), f"{len(names)} platforms", "two platforms")
            return None
    else:
        assert overlap.of is not None
        assert overlap.also is not None
        names, where = (overlap.of, overlap.also), [(*at, "of"), (*at, "also")]
    found = [c.refer(path, name, "platforms") for path, name in zip(where, names, strict=True)]
    if not all(found):
        return None
    a, b = names
    if a == b:
        c.report(where[1], f"an overlap of `{a}` with itself", "two platforms")
        return None
    if overlap.people is not None:
        return a, b, float(overlap.people)
    assert overlap.share is not None
    return a, b, float(overlap.share) * _users(c, a)


def _users(c: Checker, name: str) -> float:
    """All users of a platform; not a number when the platform was left out as wrong."""
    platform = c.scenario.platforms.get(name)
    if platform is None:
        return float("nan")
    users = platform.users
    return float(sum(users.values())) if isinstance(users, dict) else float(users)


def _two(c: Checker, at: Path, a: str, b: str, both: float) -> None:
    size_a, size_b, everyone = _users(c, a), _users(c, b), c.everyone
    if math.isnan(size_a + size_b + both):
        return
    most, least = _most(c, a, b), max(0.0, size_a + size_b - everyone)
    numbers = f"{_text(both)} people on both `{a}` ({_text(size_a)}) and `{b}` ({_text(size_b)})"
    if both > most * (1 + _SLACK):
        c.report(_amount(c, at), numbers, f"at most {_text(most)}")
    elif both < least * (1 - _SLACK):
        said = f"{numbers} among {_text(everyone)}"
        c.report(_amount(c, at), said, f"at least {_text(least)}")


def _most(c: Checker, a: str, b: str) -> float:
    """The most people who can be on both: segment by segment where both are given so."""
    platforms = c.scenario.platforms
    if a in platforms and b in platforms:
        in_a, in_b = platforms[a].users, platforms[b].users
        if isinstance(in_a, FrozenDict) and isinstance(in_b, FrozenDict):
            return sum(min(float(in_a[s]), float(in_b[s])) for s in in_a if s in in_b)
    return min(_users(c, a), _users(c, b))


def _three(c: Checker, pairs: dict[frozenset[str], tuple[Path, float]]) -> None:
    names = sorted({name for pair in pairs for name in pair})
    everyone = c.everyone
    for trio in combinations(names, 3):
        keys = [frozenset(pair) for pair in combinations(trio, 2)]
        if not all(key in pairs for key in keys):
            continue
        sizes = sum(_users(c, name) for name in trio)
        if math.isnan(sizes + sum(pairs[key][1] for key in keys)):
            continue
        at = max(pairs[key][0] for key in keys)
        for hub in trio:
            x, y = (name for name in trio if name != hub)
            with_x, with_y = pairs[frozenset((hub, x))][1], pairs[frozenset((hub, y))][1]
            apart, size = pairs[frozenset((x, y))][1], _users(c, hub)
            if with_x + with_y - apart > size * (1 + _SLACK):
                said = (
                    f"three overlaps that cannot hold together: of the {_text(size)} on `{hub}`, "
                    f"{_text(with_x)} are on `{x}` and {_text(with_y)} on `{y}`, so at least "
                    f"{_text(with_x + with_y - size)} are on both `{x}` and `{y}`, "
                    f"not {_text(apart)}"
                )
                c.report(_amount(c, at), said)
        least = sizes - sum(pairs[key][1] for key in keys)
        if least > everyone * (1 + _SLACK):
            listed = ", ".join(f"`{name}`" for name in trio)
            said = (
                f"three overlaps that cannot hold together: at least {_text(least)} people would "
                f"be on {listed}, but there are {_text(everyone)}"
            )
            c.report(_amount(c, at), said)


def _amount(c: Checker, at: Path) -> Path:
    """The path of the number in an overlap."""
    overlap = c.scenario.overlaps[int(at[1])]
    return (*at, "people" if overlap.people is not None else "share")


def _text(number: float) -> str:
    return units.human(number, "people", 4)
