"""What the schema knows at a path: which keys stand there, and which quantity."""

from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.scenario.frozen import FrozenDict
from sim.scenario.named import ByParameter
from sim.scenario.nodes import Path
from sim.scenario.quantity import BySegment, MetricSpec, Spec

__all__ = ["LOADER_KEYS", "Shape", "keys_of", "shape_at"]

# Keys of a file that tell `load` what to do and are no part of the scenario that comes out.
LOADER_KEYS = ("extends", "overrides")


class Shape:
    """What the schema expects at one place.

    `model` is set where known keys stand, `named` where names of parameters stand, `each` where any
    ids stand, `item` in a list; all four are None for a single value. `quantity` is the name of the
    parameter that may stand there (or "*" where another field decides), and `optional` says that
    nothing needs to.
    """

    __slots__ = ("each", "item", "model", "named", "optional", "quantity")

    def __init__(self, annotation: Any, *, metadata: tuple[Any, ...] = (), optional: bool = False):
        self.model: type[BaseModel] | None = None
        self.each: Any = None
        self.item: Any = None
        self.named: ByParameter | None = None
        self.quantity = ""
        self._mark(metadata)
        self.optional = optional
        self._read(annotation)

    def _mark(self, metadata: Iterable[Any]) -> None:
        for mark in metadata:
            if isinstance(mark, Spec | BySegment):
                self.quantity = mark.name
            elif isinstance(mark, MetricSpec):
                self.quantity = "*"
            elif isinstance(mark, ByParameter):
                self.named = mark

    def _read(self, annotation: Any) -> None:
        origin = get_origin(annotation)
        if origin is Annotated:
            first, *metadata = get_args(annotation)
            self._mark(metadata)
            self._read(first)
        elif origin in {Union, UnionType}:
            for branch in get_args(annotation):
                self._read(branch)
        elif origin is FrozenDict:
            self.each = get_args(annotation)[1]
        elif origin is tuple:
            self.item = get_args(annotation)[0]
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            self.model = annotation

    def step(self, part: str | int) -> "Shape | None":
        """The shape behind a key or an index; None when the schema knows none there."""
        if isinstance(part, int):
            return None if self.item is None else Shape(self.item, optional=True)
        if self.model is not None:
            field = fields_of(self.model).get(part)
            if field is None:
                return None
            return Shape(
                field.annotation, metadata=tuple(field.metadata), optional=not field.is_required()
            )
        if self.named is not None and part not in self.named.keys:
            return None
        return None if self.each is None else Shape(self.each, optional=True)


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by the key a file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def shape_at(model: type[BaseModel], path: Path) -> Shape | None:
    """What the schema of a model expects at a path; None where it knows nothing."""
    shape: Shape | None = Shape(model)
    for part in path:
        if shape is None:
            return None
        shape = shape.step(part)
    return shape


def keys_of(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys that may stand in the mapping at a path; empty where any id may, or none."""
    shape = shape_at(model, path)
    if shape is not None and shape.named is not None:
        return tuple(shape.named.keys)
    if shape is None or shape.model is None:
        return ()
    known = tuple(fields_of(shape.model))
    return known if path else (*known[:3], *LOADER_KEYS, *known[3:])
