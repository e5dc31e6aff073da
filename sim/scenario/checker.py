"""What a check works with: the scenario, where its parts stand, and the problems found so far."""

import math
from collections.abc import Iterable

from sim import units
from sim.scenario.core import Core
from sim.scenario.frozen import FrozenDict
from sim.scenario.nodes import Node, Path, locate, lookup
from sim.scenario.problems import Problem

__all__ = ["Checker"]


class Checker:
    """A scenario, its tree, and the problems found so far."""

    def __init__(self, scenario: Core, tree: Node, original: Node, unknown: frozenset[str]) -> None:
        self.scenario, self.tree, self.original = scenario, tree, original
        self.unknown = unknown
        self.problems: list[Problem] = []
        self.ids: dict[str, list[str]] = {
            group: list(dict.fromkeys([*getattr(scenario, group), *self.written((group,))]))
            for group in ("segments", "platforms", "labs", "features")
        }

    @property
    def everyone(self) -> float:
        """People in all segments; not a number where some were left out."""
        if "segments" in self.unknown:
            return math.nan
        return float(sum(segment.people for segment in self.scenario.segments.values()))

    def written(self, path: Path) -> list[str]:
        """The keys of the mapping that the file has at a path."""
        node, found = lookup(self.original, path)
        return list(node.mapping) if found == path else []

    def valued(self, path: Path) -> set[str]:
        """The keys of the mapping that the file has at a path, but those with a null."""
        node, found = lookup(self.original, path)
        there = node.mapping if found == path else {}
        return {key for key, child in there.items() if child.value is not None}

    def report(
        self, path: Path, message: str, expected: str = "", nearest: str = "", *, key: bool = False
    ) -> None:
        """Add a problem at a path: at its value, or at its key."""
        place, shown = locate(self.tree, path, key=key)
        self.problems.append(
            Problem(place.file, place.line, place.column, shown, message, expected, nearest)
        )

    def given(self, section: str) -> bool:
        """Whether the scenario has a section, right or wrong."""
        there = getattr(self.scenario, section, None) is not None
        return there or section in self.unknown or section in self.valued(())

    def edge_list(self, at: Path, network: str, file: str | None) -> None:
        """Check that `network: file` and a file come together."""
        if (network == "file") != (file is not None):
            self.report(
                (*at, "network" if file is None else "file"),
                "no `file` for network: file" if file is None else "an edge list nobody reads",
                "`network: file` and `file: PATH` together",
            )

    def refer(self, path: Path, name: str, group: str, *, key: bool = False) -> bool:
        """Whether `name` is defined in a group of the scenario; reports it when not."""
        return self.known(path, name, self.ids[group], group.removesuffix("s"), key=key)

    def known(
        self, path: Path, name: str, ids: Iterable[str], noun: str, *, key: bool = False
    ) -> bool:
        """Whether `name` is among `ids`; reports it when not."""
        known = list(ids)
        if name in known:
            return True
        expected = f"one of {', '.join(known)}" if known else f"a {noun} that is defined"
        near = units.nearest(name, known)
        self.report(path, f"unknown {noun} `{name}`", expected, near, key=key)
        return False

    def keys(self, path: Path, value: object, group: str) -> None:
        """Check the keys of a quantity given by segment (or by platform, lab)."""
        if isinstance(value, FrozenDict):
            for name in value:
                self.refer((*path, name), name, group, key=True)

    def listed(self, path: Path, value: object, group: str) -> None:
        """Check a list of ids, each once."""
        if not isinstance(value, tuple):
            return
        for index, name in enumerate(value):
            if self.refer((*path, index), name, group) and name in value[:index]:
                self.report((*path, index), f"`{name}` stands twice")
        if not value:
            self.report(path, "an empty list", f"`all` or some {group}")
