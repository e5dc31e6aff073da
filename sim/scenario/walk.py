"""Walking over a scenario: the one place that knows how its parts hold one another."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel

from sim.scenario.nodes import Path
from sim.scenario.quantity import Quantity
from sim.scenario.sampling import Sampling

__all__ = ["leaves", "parts", "plain"]

Marks = tuple[Any, ...]


def parts(value: Any) -> Iterator[tuple[str | int, Any, Marks | None]]:
    """What a model, a mapping or a list holds: the key in a file, the part, the marks of its field
    (None where there is no field); nothing for a single value."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield field.alias or name, getattr(value, name), tuple(field.metadata)
    elif isinstance(value, dict):
        for key, child in value.items():
            yield key, child, None
    elif isinstance(value, tuple | list):
        for index, child in enumerate(value):
            yield index, child, None


def leaves(value: Any, path: Path = (), marks: Marks = ()) -> Iterator[tuple[Path, Any, Marks]]:
    """Every single value below `value`: its path, itself, the marks of the field it is in."""
    if not isinstance(value, BaseModel | dict | tuple | list):
        yield path, value, marks
        return
    for key, child, own in parts(value):
        yield from leaves(child, (*path, key), marks if own is None else own)


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
