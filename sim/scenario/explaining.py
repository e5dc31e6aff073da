"""From pydantic's errors to problems with a file, a line, a column and the nearest known word."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sim import units
from sim.parameters import PARAMETERS
from sim.scenario.nodes import Node, Path, locate, lookup
from sim.scenario.problems import Problem
from sim.scenario.quantity import EACH, ONE, UNKNOWN, describe
from sim.scenario.shape import keys_of, shape_at

__all__ = ["Finding", "explain"]

_MANY = 30  # longer lists of what is possible are not printed


class Finding:
    """One error of the validation: the path it is at, its type, and the problem to show."""

    __slots__ = ("path", "problem", "type")

    def __init__(self, path: Path, type_: str, problem: Problem | None) -> None:
        self.path, self.type, self.problem = path, type_, problem


def explain(errors: Iterable[ErrorDetails], tree: Node, model: type[BaseModel]) -> list[Finding]:
    """One finding for each error. `problem` is None for one that was reported before."""
    findings = [_explain(error, tree, model) for error in errors]
    # A misspelt key is one mistake: do not add that the key it should have been is missing.
    misspelt = {
        (*found.path[:-1], found.problem.nearest)
        for found in findings
        if found.type == "extra_forbidden" and found.problem
    }
    for found in findings:
        if found.type == "missing" and found.path in misspelt:
            found.problem = None
    return findings


def _explain(error: ErrorDetails, tree: Node, model: type[BaseModel]) -> Finding:
    type_ = error["type"]
    path = tuple(part for part in error["loc"] if part not in (ONE, EACH))
    at_key = bool(path) and path[-1] == "[key]" and lookup(tree, path)[1] != path
    if at_key:
        path = path[:-1]
    context: dict[str, Any] = error.get("ctx") or {}
    inner = context.get("at")
    if inner and lookup(tree, (*path, inner))[1] == (*path, inner):
        place, shown = locate(tree, (*path, inner), key=context["message"].startswith("unknown"))
    else:
        place, shown = locate(tree, path, key=at_key or type_ == "extra_forbidden")
    if lookup(tree, path)[0].value is UNKNOWN and type_ != "missing":
        return Finding(path, type_, None)
    message, expected, nearest = _words(type_, path, error["input"], context, model)
    problem = Problem(place.file, place.line, place.column, shown, message, expected, nearest)
    return Finding(path, type_, problem)


def _words(
    type_: str, path: Path, value: Any, context: dict[str, Any], model: type[BaseModel]
) -> tuple[str, str, str]:
    """Message, what was expected, and the nearest known word."""
    if "message" in context:
        return str(context["message"]), context.get("expected", ""), context.get("nearest", "")
    if type_ == "extra_forbidden" and path:
        return _unknown_key(path, value, model)
    if type_ == "missing":
        shape = shape_at(model, path)
        parameter = PARAMETERS.get(shape.quantity) if shape else None
        return "missing key", describe(parameter) if parameter else "", ""
    found = _noun(value)
    match type_:
        case "literal_error":
            known = re.findall(r"'([^']*)'", context.get("expected", ""))
            near = units.nearest(value, known) if isinstance(value, str) else ""
            if known == ["all"]:
                return f"{found} where a list belongs", "`all` or a list, e.g. `[one, two]`", near
            return f"{found} is not known here", _one_of(known), near
        case "model_type" | "model_attributes_type" | "dict_type" | "dict_attributes_type":
            return f"{found} where a mapping belongs", "`key: value`", ""
        case "tuple_type" | "list_type":
            return f"{found} where a list belongs", "a list, e.g. `[one, two]`", ""
        case "string_type":
            quote = " (put it in quotes)" if isinstance(value, int | float) else ""
            return f"{found} where a text belongs", f"a text{quote}", ""
        case "bool_type":
            return f"{found} where true or false belongs", "`true` or `false`", ""
        case "int_type" | "int_from_float" | "int_parsing" | "greater_than_equal" | "less_than":
            return f"{found} is no such number", "a whole number from 0 to 2^64 - 1", ""
    return f"{found} does not fit", "", ""


def _unknown_key(path: Path, value: Any, model: type[BaseModel]) -> tuple[str, str, str]:
    parent = shape_at(model, path[:-1])
    if parent is not None and parent.named is not None:
        return parent.named.unknown(str(path[-1]))
    known = keys_of(model, path[:-1])
    near = units.nearest(str(path[-1]), known)
    if path[-1] == "<<":
        return "unknown key", "`extends` to build on another scenario (merge keys do not exist)", ""
    expected = _one_of(known)
    if len(path) == 1 and isinstance(value, dict) and not near:
        # A file alone loads no code.
        call = f'`load(..., sections={{"{str(path[0])[:40]}": ...}})`'
        run = "`sim.run(..., mechanisms=[...])`"
        own = f"a mechanism of your own, passed in Python: {run} or {call}"
        expected = f"{expected}; or {own}" if expected else own
    return "unknown key", expected, near


def _one_of(known: Iterable[str]) -> str:
    words = list(known)
    return f"one of {', '.join(words)}" if 0 < len(words) <= _MANY else ""


def _noun(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = str(value)
    return f"`{text[:40]}{'...' if len(text) > 40 else ''}`"
