"""`people:` of a scenario: everybody, or a sample each of whom stands for many."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from sim import units

__all__ = ["EVERYBODY", "People", "Sampling"]

_SAMPLE = re.compile(r"sample\s+1\s*:\s*(?P<of>.+)", re.IGNORECASE)
_EXPECTED = "`all`, `sample 1 : 1000`, or how many people to simulate, e.g. `100 M`"


@dataclass(frozen=True)
class Sampling:
    """How many people are simulated: of `everybody`, 1 in `of` or `people` in all.

    `text` is what a scenario file says.
    """

    text: str
    of: float | None = None
    people: float | None = None

    def size(self, everybody: float) -> float:
        """People simulated where there are `everybody`; never more than there are."""
        if self.of is not None:
            return max(everybody / self.of, 1.0)
        return everybody if self.people is None else min(self.people, everybody)

    def __str__(self) -> str:
        return self.text


EVERYBODY = Sampling("all")


def _sampling(value: object) -> Sampling:
    if isinstance(value, Sampling):
        return value
    if value == "all":
        return EVERYBODY
    found = _SAMPLE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if found:
            of = units.parse(found["of"].strip(), "number")
            if not of >= 1.0:
                raise _error(f"`{value}` is no sample", "1 in at least 1, e.g. `sample 1 : 1000`")
            return EVERYBODY if of == 1.0 else Sampling(f"sample 1 : {of:.15g}", of=of)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _error("not a number of people", _EXPECTED)
        people = units.parse(value, "people")
    except units.UnitError as error:
        raise _error(error.message, _EXPECTED) from None
    # No upper end: more than there are is everybody, and what does not fit is refused before a run.
    if not (people >= 1.0 and people.is_integer()):
        raise _error(f"`{value}` people cannot be simulated", "a whole number, at least 1")
    return Sampling(units.exact(people, "people"), people=people)


def _error(message: str, expected: str) -> PydanticCustomError:
    context = {"message": message, "expected": expected, "nearest": ""}
    return PydanticCustomError(cast(Any, "sampling"), "{message}", context)


People = Annotated[
    Sampling, PlainValidator(_sampling), WithJsonSchema({"type": ["string", "number"]})
]
