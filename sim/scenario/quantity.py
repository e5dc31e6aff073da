"""Quantities in a scenario: numbers that know their parameter, evidence label and source."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim import units
from sim.parameters import LABELS, PARAMETERS, Label, Parameter
from sim.parameters.market import LEVELS
from sim.parameters.registry import adopt
from sim.scenario.frozen import FrozenDict

__all__ = ["UNKNOWN", "BySegment", "MetricSpec", "Quantity", "Spec", "default", "describe"]

NO_SOURCE = "no source given"
EVIDENCE_KEYS = frozenset({"value", "label", "source"})

# Stands for a value that was already reported as wrong, while the rest of the file is checked. It
# becomes a quantity that is not a number, so no comparison with it holds.
UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda self: "UNKNOWN"})()

# Tags of union branches appear in pydantic's error paths. No key of a YAML file holds a NUL, so
# these can be told apart from keys and dropped.
ONE, EACH = "\0one", "\0each"

# Keys that mark a quantity in the JSON Schema that pydantic makes; `exporting` fills them out.
PARAMETER_KEY, EACH_KEY = "x-parameter", "x-each"


class Quantity(float):
    """A number in the canonical unit of its parameter: plain arithmetic, with evidence attached.

    `parameter` is the name in the registry, `unit` its unit, `label` S (published), D (derived) or
    A (assumption), `source` where the number comes from. Immutable.
    """

    __slots__ = ("label", "parameter", "source", "unit")

    parameter: str
    unit: str
    label: Label
    source: str

    def __new__(
        cls, value: float, parameter: str, unit: str, label: Label, source: str
    ) -> "Quantity":
        quantity = super().__new__(cls, value)
        for name, text in (
            ("parameter", parameter), ("unit", unit), ("label", label), ("source", source)
        ):  # fmt: skip
            object.__setattr__(quantity, name, text)
        return quantity

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a quantity cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a quantity cannot be changed")

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return type(self), (float(self), self.parameter, self.unit, self.label, self.source)

    def __copy__(self) -> "Quantity":
        return self

    def __deepcopy__(self, memo: object) -> "Quantity":
        return self

    def __repr__(self) -> str:
        return f"Quantity({self.text}, {self.parameter}, {self.label})"

    def __str__(self) -> str:
        return float.__repr__(self)

    @property
    def text(self) -> str:
        """The value with its unit as a scenario file would have it; parses back exactly."""
        return units.exact(self, self.unit) if math.isfinite(self) else str(float(self))

    @property
    def plain(self) -> str | int | float | dict[str, str | int | float]:
        """What a scenario file says for this quantity: the text, or value, label and source.

        A plain number stands as a number.
        """
        written: str | int | float = self.text
        if self.unit == "number":
            written = int(self) if self.is_integer() and abs(self) < 1e15 else float(self)
        if (self.label, self.source) == evidence(PARAMETERS[self.parameter], float(self)):
            return written
        return {"value": written, "label": self.label, "source": self.source}


def evidence(parameter: Parameter, value: float) -> tuple[Label, str]:
    """Label and source of a value that came without any.

    The registry's evidence is for its default; any other number is an assumption until the scenario
    says what it rests on.
    """
    if value == parameter.default:
        return parameter.label, parameter.source
    return "A", NO_SOURCE


def _registered(known: str | Parameter) -> Parameter:
    """A parameter by its name, or one of a mechanism from outside, which becomes registered."""
    if isinstance(known, str):
        return PARAMETERS[known]
    adopt(known)
    return known


def default(known: str | Parameter) -> Quantity:
    """The default of a parameter, given as to `Spec`. Raises ValueError when it has none."""
    parameter = _registered(known)
    if parameter.default is None:
        raise ValueError(f"{parameter.name} has no default")
    return Quantity(
        parameter.default, parameter.name, parameter.unit, parameter.label, parameter.source
    )


def _error(
    message: str, parameter: Parameter, *, expected: str = "", nearest: str = "", at: str = ""
) -> PydanticCustomError:
    context = {"message": message, "expected": expected, "nearest": nearest, "at": at}
    return PydanticCustomError(cast(Any, "quantity"), "{message}", context)


def read(value: object, parameter: Parameter) -> Quantity:
    """A number, a text with a unit, or a mapping of value, label and source as a quantity.

    Raises a pydantic error whose context holds `message`, `expected`, `nearest` and `at` (the key
    inside the mapping that is wrong).
    """
    if value is UNKNOWN:
        return Quantity(math.nan, parameter.name, parameter.unit, "A", NO_SOURCE)
    if isinstance(value, Quantity) and value.unit == parameter.unit:
        number = _in_range(float(value), parameter, "")
        return Quantity(number, parameter.name, parameter.unit, value.label, value.source)
    if isinstance(value, Mapping):
        return _read_mapping(value, parameter)
    number = _number(value, parameter, "")
    return Quantity(number, parameter.name, parameter.unit, *evidence(parameter, number))


def _read_mapping(value: Mapping[Any, Any], parameter: Parameter) -> Quantity:
    for key in value:
        if key not in EVIDENCE_KEYS:
            raise _error(
                f"unknown key `{key}`", parameter, at=str(key),
                expected="value, label and source", nearest=units.nearest(str(key), EVIDENCE_KEYS),
            )  # fmt: skip
    if "value" not in value:
        raise _error("missing key `value`", parameter, expected=describe(parameter))
    if any(part is UNKNOWN for part in value.values()):
        return read(UNKNOWN, parameter)
    number = _number(value["value"], parameter, "value")
    label, source = value.get("label"), value.get("source")
    if label is None and source is None:
        return Quantity(number, parameter.name, parameter.unit, *evidence(parameter, number))
    if label is None:
        raise _error("a source without a label", parameter, at="source", expected=_labels())
    if not isinstance(label, str) or label not in LABELS:
        said = f"`{label[:40]}`" if isinstance(label, str) else "this"
        raise _error(f"{said} is not a label", parameter, at="label", expected=_labels())
    if source is None and label != "A":
        raise _error(
            f"label {label} without a source", parameter, at="label",
            expected="a `source` beside it: where the number was read or how it was derived",
        )  # fmt: skip
    if source is not None and (not isinstance(source, str) or not source.strip()):
        raise _error("the source is not a text", parameter, at="source", expected="a text")
    known = cast(Label, label)
    return Quantity(number, parameter.name, parameter.unit, known, source or NO_SOURCE)


def _number(value: object, parameter: Parameter, at: str) -> float:
    if not isinstance(value, str | int | float):
        kind = "nothing" if value is None else "a list" if isinstance(value, list) else "a mapping"
        raise _error(
            f"{kind} where a quantity belongs", parameter, at=at, expected=describe(parameter)
        )
    try:
        number = units.parse(value, parameter.unit)
    except units.UnitError as error:
        raise _error(
            error.message, parameter, at=at, nearest=error.nearest,
            expected=f"{error.expected or units.unit(parameter.unit).expected}"
            f" ({parameter.range_text})",
        ) from None  # fmt: skip
    return _in_range(number, parameter, at)


def _in_range(number: float, parameter: Parameter, at: str) -> float:
    if not parameter.allows(number):
        shown = units.exact(number, parameter.unit) if math.isfinite(number) else str(number)
        raise _error(f"{shown} is out of range", parameter, at=at, expected=parameter.range_text)
    return number


def describe(parameter: Parameter) -> str:
    """What to write for a parameter, with an example and the range."""
    return f"{units.unit(parameter.unit).expected} ({parameter.range_text})"


def _labels() -> str:
    return "label " + ", ".join(f"{key} ({meaning})" for key, meaning in LABELS.items())


def _one(parameter: Parameter) -> CoreSchema:
    return core_schema.no_info_plain_validator_function(lambda value: read(value, parameter))


@dataclass(frozen=True)
class Spec:
    """Marks a field as a quantity of a parameter: `Annotated[Quantity, Spec(name)]`.

    A mechanism from outside gives the parameter itself, which becomes registered.
    """

    known: str | Parameter

    def __post_init__(self) -> None:
        _registered(self.known)

    @property
    def name(self) -> str:
        """The parameter's name in the registry."""
        return self.known if isinstance(self.known, str) else self.known.name

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _one(PARAMETERS[self.name])

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {PARAMETER_KEY: self.name}


@dataclass(frozen=True)
class BySegment:
    """Marks a field as one quantity, or one for each of some keys (segments, unless said)."""

    name: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        parameter = PARAMETERS[self.name]
        each = core_schema.no_info_after_validator_function(
            FrozenDict, core_schema.dict_schema(core_schema.str_schema(), _one(parameter))
        )
        return core_schema.tagged_union_schema(
            {ONE: _one(parameter), EACH: each}, discriminator=_shape_of
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {PARAMETER_KEY: self.name, EACH_KEY: True}


def _shape_of(value: object) -> Literal["\0one", "\0each"]:
    each = isinstance(value, Mapping) and not (value.keys() & EVIDENCE_KEYS)
    return EACH if each else ONE  # type: ignore[return-value]


def _rank(value: object, parameter: Parameter) -> object:
    """The place of a release level that is given by its name."""
    if not isinstance(value, str):
        return value
    if value not in LEVELS:
        raise _error(
            f"`{value[:40]}` is not a level", parameter, expected=f"one of {', '.join(LEVELS)}",
            nearest=units.nearest(value, LEVELS),
        )  # fmt: skip
    return LEVELS.index(value)


@dataclass(frozen=True)
class MetricSpec:
    """Marks a field as a quantity in the unit of the metric named in an earlier field."""

    prefix: str
    field: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def validate(value: object, info: ValidationInfo) -> Quantity:
            metric = (info.data or {}).get(self.field)
            if metric is None:  # the metric itself is wrong, and was reported
                some = next(n for n in PARAMETERS if n.startswith(f"{self.prefix}."))
                return read(UNKNOWN, PARAMETERS[some])
            parameter = PARAMETERS[f"{self.prefix}.{metric}"]
            return read(_rank(value, parameter) if metric == "level" else value, parameter)

        return core_schema.with_info_plain_validator_function(validate)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {PARAMETER_KEY: f"{self.prefix}.*"}
