"""Walking over a scenario: the one place that knows how its parts hold one another."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from pydantic import BaseModel

from sim.scenario.nodes import Path
from sim.scenario.quantity import Quantity
from sim.scenario.sampling import Sampling

__all__ = ["leaves", "parts", "plain"]

Marks = tuple[Any, ...]


def parts(value: Any) -> Iterable[tuple[str | int, Any, Marks | None]]:
    """What a model, a mapping or a list holds: the key in a file, the part, the marks of its field
    (None where there is no field); nothing for a single value."""
    if isinstance(value, BaseModel):
        return [(key, getattr(value, name), marks) for key, name, marks in _fields(type(value))]
    if isinstance(value, dict):
        return [(key, child, None) for key, child in value.items()]
    if isinstance(value, tuple | list):
        return [(index, child, None) for index, child in enumerate(value)]
    return ()


@cache
def _fields(model: type[BaseModel]) -> list[tuple[str, str, Marks]]:
    """Key in a file, name and marks of every field."""
    fields = model.model_fields.items()
    return [(field.alias or name, name, tuple(field.metadata)) for name, field in fields]


def leaves(value: Any) -> list[tuple[Path, Any, Marks]]:
    """Every single value below `value`: its path, itself, the marks of the field it is in."""
    found: list[tuple[Path, Any, Marks]] = []
    _gather(value, (), (), found)
    return found


def _gather(value: Any, path: Path, marks: Marks, found: list[tuple[Path, Any, Marks]]) -> None:
    for key, child, own in parts(value):
        here, its = (*path, key), marks if own is None else own
        if isinstance(child, BaseModel | dict | tuple | list):
            _gather(child, here, its, found)
        else:
            found.append((here, child, its))


def plain(value: Any) -> Any:
    """A part as plain dicts, lists, texts and numbers, as a file has it; what is None is left out.

    `load` reads it back.
    """
    match value:
        case Quantity():
            return value.plain
        case BaseModel() | dict():
            return {key: plain(child) for key, child, _ in parts(value) if child is not None}
        case tuple() | list():
            return [plain(child) for _, child, _ in parts(value)]
        case Sampling():
            return value.text
        case date():
            return value.isoformat()
    return value
