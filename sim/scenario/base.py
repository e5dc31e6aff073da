"""What the parts of the scenario schema share: ids, dates, lists of ids, the frozen base model."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from sim import units
from sim.scenario.quantity import EACH, ONE

__all__ = [
    "ANY_TIME",
    "DUPLICATES",
    "ONE_OR_EACH",
    "RESERVED",
    "SELF_TIES",
    "Date",
    "Id",
    "IdsOrAll",
    "Instead",
    "Part",
    "RefuseOrDrop",
    "Title",
]

_ID_PATTERN = "^[a-z0-9]+(-+[a-z0-9]+)*$"
_ID = re.compile(_ID_PATTERN)

# `all` and `none` mean something in files and tables, `market` is an entity of the market table,
# and value, label and source make a mapping one quantity with its evidence.
RESERVED = frozenset({"all", "none", "market", "value", "label", "source"})


def _id(text: str) -> str:
    if len(text) <= 60 and _ID.fullmatch(text) and text not in RESERVED:
        return text
    said = "is reserved" if text in RESERVED else "is not an id"
    raise PydanticCustomError(
        cast(Any, "id"), "{message}",
        {
            "message": f"`{text[:60]}` {said}",
            "expected": "lower-case letters, digits and hyphens, e.g. `meta-ai`",
            "nearest": "" if text in RESERVED else _as_id(text),
        },
    )  # fmt: skip


def _as_id(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()[:60]).strip("-")


def _date(value: object) -> date:
    try:
        return units.parse_date(value)
    except units.UnitError as error:
        context = {"message": error.message, "expected": error.expected, "nearest": ""}
        raise PydanticCustomError(cast(Any, "date"), "{message}", context) from None


def _all_or_each(value: object) -> str:
    return EACH if isinstance(value, list | tuple) else ONE


Id = Annotated[str, AfterValidator(_id), WithJsonSchema({"type": "string", "pattern": _ID_PATTERN})]
Date = Annotated[date, PlainValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Title = Annotated[str, AfterValidator(str.strip)]
IdsOrAll = Annotated[
    Annotated[Literal["all"], Tag(ONE)] | Annotated[tuple[Id, ...], Tag(EACH)],
    Discriminator(_all_or_each),
]


@dataclass(frozen=True)
class Instead:
    """Marks a field of a date: no date in a scenario may lie before its start, and `text` says what
    to write instead for what held by then."""

    text: str


@dataclass(frozen=True)
class AnyTime:
    """Marks a field of a date that may lie before the start."""


ANY_TIME = AnyTime()

# Tells one thing from a list of them, in a union tagged ONE and EACH.
ONE_OR_EACH = Discriminator(_all_or_each)

# What to do with lines of an edge list that say nothing new, as `sim.ties.read_ties` takes it.
RefuseOrDrop = Literal["refuse", "drop"]
SELF_TIES = "Whether people tied to themselves in `file` are an error or left out."
DUPLICATES = (
    "Whether ties that stand in `file` again are an error or left out. Without direction a, b and "
    "b, a are the same tie."
)


class Part(BaseModel):
    """A part of a scenario: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=False)
