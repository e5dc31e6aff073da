"""A scenario as a tree of values, each knowing the file, line and column it stands at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.scenario.quantity import UNKNOWN, Quantity

__all__ = [
    "MAX_DEPTH",
    "Node",
    "Path",
    "Place",
    "dotted",
    "from_plain",
    "locate",
    "lookup",
    "to_plain",
]

MAX_DEPTH = 32  # the schema itself needs 9

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A file and, where it has lines, a line and a column (from 1)."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One value: a scalar, a dict or a list of nodes, or UNKNOWN for one already reported.

    `place` is where the value stands and `key` where its key stands (in a list, None). `index` is
    the position of a list item as the file has it, for paths that survive the removal of others.
    """

    value: Any
    place: Place
    key: Place | None = None
    index: int | None = None

    @property
    def mapping(self) -> dict[str, "Node"]:
        """The children of a mapping; empty for everything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def children(self) -> "dict[str, Node] | list[Node]":
        """The nodes of a mapping by key, or of a list; none for everything else."""
        return self.value if isinstance(self.value, list) else self.mapping

    def child(self, part: str | int) -> "Node | None":
        """The node behind a key or an index, if there is one."""
        if isinstance(part, str):
            return self.mapping.get(part)
        if isinstance(self.value, list) and 0 <= part < len(self.value):
            item: Node = self.value[part]
            return item
        return None

    def with_child(self, part: str | int, child: "Node | None") -> "Node":
        """The same mapping or list with a child at a key or an index, or without it for None.

        An index must be there, or be the next one.
        """
        if isinstance(self.value, list):
            at = int(part)
            items = list(self.value)
            items[at : at + 1] = [] if child is None else [child]
            return self.with_value(items)
        children = dict(self.mapping)
        if child is None:
            children.pop(str(part), None)
        else:
            children[str(part)] = child
        return self.with_value(children)

    def with_value(self, value: Any) -> "Node":
        """The same place with another value."""
        return Node(value, self.place, self.key, self.index)


def to_plain(node: Node) -> Any:
    """The plain dicts, lists and scalars of a tree."""
    if isinstance(node.value, dict):
        return {key: to_plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [to_plain(child) for child in node.value]
    return node.value


def from_plain(value: Any, place: Place, depth: int = 0) -> Node:
    """A tree of plain Python values, all standing at one place.

    Raises ValueError for a structure too deep (one that holds itself, say) and TypeError for
    values that no scenario has.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    if value is UNKNOWN or value is None or isinstance(value, str | bool):
        return Node(value, place, place)
    if isinstance(value, Quantity):
        return from_plain(value.plain, place, depth)
    if isinstance(value, Mapping):
        if any("\0" in str(key) for key in value):  # YAML has none, and they mark tags of unions
            raise ValueError("a NUL character in a key")
        items = {str(k): from_plain(v, place, depth + 1) for k, v in value.items()}
        return Node(items, place, place)
    if isinstance(value, list | tuple):
        children = [from_plain(v, place, depth + 1) for v in value]
        return Node([Node(c.value, c.place, None, i) for i, c in enumerate(children)], place, place)
    if isinstance(value, int | float):
        return Node(value, place, place)
    if type(value) is date:
        return Node(value.isoformat(), place, place)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():  # a numpy scalar
        return from_plain(value.item(), place, depth + 1)
    raise TypeError(f"a {type(value).__name__} has no place in a scenario")


def dotted(path: Path) -> str:
    """`("labs", "meta", "releases", 0)` as `labs.meta.releases.0`."""
    return ".".join(str(part) for part in path)


def lookup(root: Node, path: Path) -> tuple[Node, Path]:
    """The deepest node along `path`, and the part of the path that leads to it."""
    node = root
    for at, part in enumerate(path):
        child = node.child(part)
        if child is None:
            return node, path[:at]
        node = child
    return node, path


def locate(tree: Node, path: Path, *, key: bool = False) -> tuple[Place, str]:
    """Where a path stands in the tree (its key, if asked for), and the path as the file has it."""
    node, found = lookup(tree, path)
    shown: list[str | int] = []
    at = tree
    for part in found:
        at = at.child(part) or at
        shown.append(at.index if isinstance(part, int) and at.index is not None else part)
    shown.extend(path[len(found) :])
    # Something that is not there is reported at the mapping that lacks it.
    wants_key = key or len(found) < len(path)
    return (node.key or node.place) if wants_key else node.place, dotted(tuple(shown))
