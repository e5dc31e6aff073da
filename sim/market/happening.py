"""A line of the event log: what happened to whom on which day, in words and as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict


class About(TypedDict, total=False):
    """What a line says as data; what does not apply is left out.

    Names stand where the line is about one lab, tier, feature, platform or segment, and are None
    where it is about several. What `number`, `what` and `reason` hold depends on the kind: see
    the `kinds` of actors.
    """

    lab: str | None
    tier: str | None
    feature: str | None
    platform: str | None
    segment: str | None
    number: float | None
    what: str | None
    reason: str | None
    features: tuple[str, ...] | None


@dataclass(frozen=True)
class Happening:
    """A line of the event log; `time` in days since the start. The rest is that of `About`."""

    time: float
    kind: str
    entity: str
    detail: str
    lab: str | None = None
    tier: str | None = None
    feature: str | None = None
    platform: str | None = None
    segment: str | None = None
    number: float | None = None
    what: str | None = None
    reason: str | None = None
    features: tuple[str, ...] | None = None


@dataclass(frozen=True)
class EventKind:
    """What events of a kind mean. `names` are the columns that name who or what it is about:
    those always filled first, in `sometimes` those that are filled where there is one only."""

    meaning: str
    names: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()
    holds: Mapping[str, str] = field(default_factory=dict)
    """What `number`, `what`, `reason` and `features` hold, each where the kind has it."""


def only(names: Sequence[str]) -> str | None:
    """The one name among these; None where there are several, or none."""
    return names[0] if len(names) == 1 else None
