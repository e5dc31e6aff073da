"""Putting a scenario together: what it extends, named overrides, single settings."""

from sim import units
from sim.scenario.nodes import Node, Path, Place, dotted
from sim.scenario.problems import Problem
from sim.scenario.quantity import EVIDENCE_KEYS
from sim.scenario.shape import keys_of, shape_at

__all__ = ["Unsettable", "assign", "merge", "parse_path"]


class Unsettable(Exception):
    """A path that leads nowhere. `problem` says where it stops."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def merge(base: Node, over: Node) -> Node:
    """`over` on top of `base`: mappings key by key, all else replaced, null takes a key away.

    Every node keeps its own place. A quantity with its evidence is one value and is replaced whole,
    so that no source is inherited by a number it does not speak of.
    """
    below, above = base.value, over.value
    if not isinstance(below, dict) or not isinstance(above, dict):
        return over
    if "value" in above or ("value" in below and not above.keys() <= EVIDENCE_KEYS):
        return over
    merged = dict(below)
    for key, node in above.items():
        inherited = merged.get(key)
        if inherited is None:
            merged[key] = node
        elif node.value is None:
            del merged[key]
        else:
            merged[key] = merge(inherited, node)
    return over.with_value(merged)


def parse_path(text: str) -> tuple[str, ...]:
    """The parts of a dotted path. Names of parameters hold dots themselves and stay whole."""
    parts = text.split(".")
    for at in range(1, len(parts)):
        head = tuple(int(part) if part.isdecimal() else part for part in parts[:at])
        shape = shape_at(head)
        if shape is None:
            break
        if shape.named is not None:
            name, _, inner = (rest := ".".join(parts[at:])).rpartition(".")
            if inner in EVIDENCE_KEYS and name in shape.named.keys:
                return *parts[:at], name, inner
            return *parts[:at], rest
    return tuple(parts)


def assign(root: Node, parts: tuple[str, ...], value: Node, where: Place) -> Node:
    """The tree with `value` at a path; a null value takes the key away.

    Mappings that the schema knows and that are not there yet are made on the way. Raises
    Unsettable, placed at `where`, for a path that leads nowhere.
    """
    return _assign(root, (), parts, value, where)


def _assign(node: Node, at: Path, parts: tuple[str, ...], value: Node, where: Place) -> Node:
    part, rest = parts[0], parts[1:]
    if isinstance(node.value, dict):
        children = dict(node.value)
        child = children.get(part)
        if child is None:
            if value.value is None and not rest:
                if part in keys_of(at):  # known and not given: nothing to take away
                    return node
                raise _unknown(at, part, children, where)
            child = None if not rest else _made(at, part, children, where)
        if rest:
            assert child is not None
            children[part] = _assign(child, (*at, part), rest, value, where)
        elif value.value is None:
            del children[part]
        else:
            children[part] = Node(value.value, value.place, where)
        return node.with_value(children)
    if isinstance(node.value, list):
        items = list(node.value)
        index = _index(at, part, len(items), where)
        if rest:
            child = items[index] if index < len(items) else Node({}, where, None, index)
            child = _assign(child, (*at, index), rest, value, where)
        else:
            child = value
        placed = Node(child.value, child.place, None, index)
        if value.value is None and not rest:
            if index == len(items):
                raise _unsettable(at, f"there is no item {index} to take away", where)
            del items[index]
        else:
            items[index : index + 1] = [placed]
        return node.with_value(items)
    raise _unsettable(at, f"holds a single value, so there is no `{part}` in it", where)


def _made(at: Path, part: str, siblings: dict[str, Node], where: Place) -> Node:
    """An empty mapping or list for a key that the schema knows and the scenario lacks."""
    parent, shape = shape_at(at), shape_at((*at, part))
    if parent is None or parent.model is None or shape is None:
        raise _unknown(at, part, siblings, where)
    return Node([] if shape.item is not None and shape.model is None else {}, where, where)


def _index(at: Path, part: str, length: int, where: Place) -> int:
    if not (part.isascii() and part.isdigit() and len(part) < 9):
        raise _unsettable((*at, part), "is no place in a list", where, "a number, the first is 0")
    if int(part) > length:
        there = f"there are {length} items" if length != 1 else "there is 1 item"
        expected = f"0 to {length}, where {length} adds one"
        raise _unsettable((*at, part), f"{there} in `{dotted(at)}`", where, expected)
    return int(part)


def _unknown(at: Path, part: str, siblings: dict[str, Node], where: Place) -> Unsettable:
    known = keys_of(at) or tuple(siblings)
    expected = f"one of {', '.join(known)}" if 0 < len(known) <= 30 else ""
    near = units.nearest(part, known)
    return _unsettable((*at, part), "unknown key", where, expected, near)


def _unsettable(
    path: Path, message: str, where: Place, expected: str = "", near: str = ""
) -> Unsettable:
    problem = Problem(where.file, where.line, where.column, dotted(path), message, expected, near)
    return Unsettable(problem)
