"""Going on after errors: the wrong parts are left out, so that the others can be checked.

One mistake must not hide the next. Quantities that were refused become "not a number", everything
else that was refused falls back to its default, and what cannot stand without it goes with it. What
is left is only ever checked, never run.
"""

from datetime import date

from pydantic import ValidationError

from sim.scenario.checks import check
from sim.scenario.explaining import Finding, explain
from sim.scenario.model import Scenario
from sim.scenario.nodes import Node, Path, lookup, to_plain
from sim.scenario.problems import Problem
from sim.scenario.quantity import UNKNOWN
from sim.scenario.shape import shape_at

__all__ = ["repair"]

_ROUNDS = 12
_REMOVE = object()

_STAND_INS: dict[str, object] = {
    "name": "unnamed",
    "start": date(1, 1, 2).isoformat(),
    "duration": UNKNOWN,
    "segments": {},
    "features": {},
    "labs": {},
}


def repair(tree: Node, findings: list[Finding], model: type[Scenario]) -> list[Problem]:
    """Problems in what is left of a tree that did not validate; [] when too little is left."""
    unknown = {str(found.path[0]) for found in findings if len(found.path) == 1}
    left = tree
    for _ in range(_ROUNDS):
        # Deepest and last first: taking out one item of a list must not move another to be mended.
        for found in sorted(findings, key=lambda f: tuple(map(_rank, f.path)), reverse=True):
            path, value = _remedy(left, found, model)
            if value is _REMOVE and _is_entry(path, model):  # sums over what is left mean nothing
                unknown.add(str(path[0]))
            left = _put(left, path, value) if path else left
        try:
            scenario = model.model_validate(to_plain(left))
        except ValidationError as error:
            findings = explain(error.errors(include_url=False), left, model)
        else:
            return check(scenario, left, original=tree, unknown=frozenset(unknown))
    return []


def _rank(part: str | int) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (-1, part)


def _remedy(tree: Node, found: Finding, model: type[Scenario]) -> tuple[Path, object]:
    """What to put where, so that the rest can be checked; an empty path for nothing."""
    path = found.path
    shape = shape_at(model, path)
    there = bool(path) and lookup(tree, path)[1] == path
    if len(path) == 1 and path[0] in _STAND_INS and (not there or found.type != "missing"):
        return path, _STAND_INS[str(path[0])]
    if found.type == "extra_forbidden" or shape is None:
        return (path if there else ()), _REMOVE
    if shape.quantity and found.type in {"quantity", "missing"}:
        return path, UNKNOWN
    return (path if there and shape.optional else path[:-1]), _REMOVE


def _is_entry(path: Path, model: type[Scenario]) -> bool:
    """Whether a path leads to one of many (a platform, a release), not to a field."""
    parent = shape_at(model, path[:-1]) if path else None
    return parent is not None and parent.model is None


def _put(tree: Node, path: Path, value: object) -> Node:
    """The tree with a value at a path, or without what stands there."""
    part, rest = path[0], path[1:]
    child = tree.child(part)
    if rest:
        return tree if child is None else tree.with_child(part, _put(child, rest, value))
    if value is _REMOVE:
        return tree if child is None else tree.with_child(part, None)
    if child is not None:
        return tree.with_child(part, child.with_value(value))
    if isinstance(tree.value, dict) and isinstance(part, str):
        return tree.with_child(part, Node(value, tree.place))
    return tree
