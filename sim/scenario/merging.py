"""Putting a scenario together: what it extends, named overrides, single settings."""

from pydantic import BaseModel

from sim import units
from sim.scenario.nodes import Node, Path, Place, dotted
from sim.scenario.problems import Problem
from sim.scenario.quantity import EVIDENCE_KEYS
from sim.scenario.shape import keys_of, shape_at

__all__ = ["Unsettable", "assign", "merge"]


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


def _parse(text: str, model: type[BaseModel]) -> tuple[str, ...]:
    """The parts of a dotted path. Names of parameters hold dots themselves and stay whole."""
    parts = text.split(".")
    for at in range(1, len(parts)):
        head = tuple(
            int(part) if part.isdecimal() and len(part) < 9 else part for part in parts[:at]
        )
        shape = shape_at(model, head)
        if shape is None:
            break
        if shape.named is not None:
            name, _, inner = (rest := ".".join(parts[at:])).rpartition(".")
            if inner in EVIDENCE_KEYS and name in shape.named.keys:
                return *parts[:at], name, inner
            return *parts[:at], rest
    return tuple(parts)


def assign(root: Node, path: str, value: Node, where: Place, model: type[BaseModel]) -> Node:
    """The tree with `value` at a dotted path; a null value takes the key away.

    Mappings that the schema knows and that are not there yet are made on the way. Raises
    Unsettable, placed at `where`, for a path that leads nowhere.
    """
    return _Assignment(model, value, where).put(root, (), _parse(path, model))


class _Assignment:
    """One value on its way to its place in a tree; problems stand at `where`."""

    def __init__(self, model: type[BaseModel], value: Node, where: Place) -> None:
        self._model, self._value, self._where = model, value, where

    def put(self, node: Node, at: Path, parts: tuple[str, ...]) -> Node:
        """The node at a path with the value put where `parts` lead to from there."""
        part, rest = parts[0], parts[1:]
        if isinstance(node.value, dict):
            child = node.child(part)
            if child is None and self._value.value is None and not rest:
                if part in keys_of(self._model, at):
                    return node  # known and not given: nothing to take away
                raise self._unknown(at, part, node.mapping)
            if child is None and rest:
                child = self._made(at, part, node.mapping)
            if rest:
                assert child is not None
                return node.with_child(part, self.put(child, (*at, part), rest))
            return node.with_child(part, self._placed(self._value, key=self._where))
        if isinstance(node.value, list):
            index = self._index(at, part, len(node.value))
            there = node.child(index)
            if rest:
                item = there or Node({}, self._where, None, index)
                return node.with_child(
                    index, self._placed(self.put(item, (*at, index), rest), index=index)
                )
            if there is None and self._value.value is None:
                raise _unsettable(at, f"there is no item {index} to take away", self._where)
            return node.with_child(index, self._placed(self._value, index=index))
        said = f"holds a single value, so there is no `{part}` in it"
        raise _unsettable(at, said, self._where)

    @staticmethod
    def _placed(node: Node, *, key: Place | None = None, index: int | None = None) -> Node | None:
        """A node as the child it becomes; None, which takes it away, for a null."""
        return None if node.value is None else Node(node.value, node.place, key, index)

    def _made(self, at: Path, part: str, siblings: dict[str, Node]) -> Node:
        """An empty mapping or list for a key that the schema knows and the scenario lacks."""
        parent, shape = shape_at(self._model, at), shape_at(self._model, (*at, part))
        if parent is None or parent.model is None or shape is None:
            raise self._unknown(at, part, siblings)
        return Node(
            [] if shape.item is not None and shape.model is None else {}, self._where, self._where
        )

    def _index(self, at: Path, part: str, length: int) -> int:
        if not (part.isascii() and part.isdigit() and len(part) < 9):
            raise _unsettable(
                (*at, part), "is no place in a list", self._where, "a number, the first is 0"
            )
        if int(part) > length:
            there = f"there are {length} items" if length != 1 else "there is 1 item"
            expected = f"0 to {length}, where {length} adds one"
            raise _unsettable((*at, part), f"{there} in `{dotted(at)}`", self._where, expected)
        return int(part)

    def _unknown(self, at: Path, part: str, siblings: dict[str, Node]) -> Unsettable:
        known = keys_of(self._model, at) or tuple(siblings)
        expected = f"one of {', '.join(known)}" if 0 < len(known) <= 30 else ""
        near = units.nearest(part, known)
        return _unsettable((*at, part), "unknown key", self._where, expected, near)


def _unsettable(
    path: Path, message: str, where: Place, expected: str = "", near: str = ""
) -> Unsettable:
    problem = Problem(where.file, where.line, where.column, dotted(path), message, expected, near)
    return Unsettable(problem)
