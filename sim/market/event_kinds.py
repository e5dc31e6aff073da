"""The kinds of events that the log of a run has, and what each holds as data.

`entity` says who it is about in one word and `detail` what happened in a sentence; the other
columns say the same as data. A figure and an analysis read these, never the sentence.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

__all__ = ["EVENT_KINDS", "EventKind", "described", "explained"]


@dataclass(frozen=True)
class EventKind:
    """What events of a kind mean. `names` are the columns that name who or what it is about:
    those always filled first, in `sometimes` those that are filled where there is one only."""

    meaning: str
    names: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()
    holds: Mapping[str, str] = field(default_factory=dict)
    """What `number`, `what`, `reason` and `features` hold, each where the kind has it."""


F = TypeVar("F", bound=Callable[..., object])

_LEVEL = "number of the level, 0 closed to 6 open"
_PLACES = ("platform", "segment")
_INCIDENT = {"number": "severity, 0 to 1", "what": "channel: own or wild"}
_ORDER_NAMES = ("feature", "platform", "segment")
_ORDER = {"number": "days that it holds; none without an end"}
_ON_FEATURES = _ORDER | {"features": "the features that it acts on"}

EVENT_KINDS: Mapping[str, EventKind] = {
    "release": EventKind("a new version", ("lab", "tier"), holds={"number": _LEVEL}),
    "level": EventKind(
        "a version is opened or closed, or new ones will be",
        ("lab", "tier"),
        holds={"number": _LEVEL, "what": "which versions: latest, before, earlier or new"},
    ),
    "held": EventKind(
        "an order keeps a version at a level below the one its lab wanted",
        ("lab", "tier"),
        holds={"number": _LEVEL, "reason": "regime whose order it is"},
    ),
    "wave": EventKind(
        "a rollout reaches a share",
        ("feature",),
        _PLACES,
        {"number": "share, 0 to 1", "what": "of people or of visits"},
    ),
    "pause": EventKind("a rollout is held up", ("feature",), _PLACES),
    "resume": EventKind("a rollout goes on", ("feature",), _PLACES),
    "launch": EventKind("a standalone app", ("feature",)),
    "price": EventKind("a new price", ("feature",), holds={"number": "USD a month"}),
    "apps": EventKind("a period of new apps ends", holds={"number": "apps there are"}),
    "review": EventKind("a lab looks at its policy", ("lab",), holds={"number": "rules that act"}),
    "rule": EventKind(
        "a rule of a policy acts",
        (),
        ("lab", "tier", "feature"),
        {
            "what": "level, price, pause or resume",
            "number": "number of the level, or USD a month",
            "reason": "its conditions",
        },
    ),
    "investment": EventKind(
        "a lab splits its effort anew",
        ("lab",),
        holds={"number": "own growth as a share of what it was"},
    ),
    "research": EventKind(
        "a research bet begins or ends",
        ("lab",),
        holds={
            "what": "begin or end",
            "number": "begin: share of own growth; end: frontier-months gained, 0 for nothing",
        },
    ),
    "incident": EventKind(
        "an incident happens", ("lab",), ("tier", "feature", "segment"), _INCIDENT
    ),
    "detection": EventKind(
        "an incident becomes known", ("lab",), ("tier", "feature", "segment"), _INCIDENT
    ),
    "patch": EventKind(
        "an incident's cause is mended", ("lab",), ("tier", "feature", "segment"), _INCIDENT
    ),
    "stop": EventKind(
        "a stop rule acts",
        ("feature",),
        holds={
            "what": "pause, rollback or kill",
            "number": "share it leaves; none where it only pauses",
            "reason": "its condition",
        },
    ),
    "delay": EventKind("waves and launches must wait", (), ("feature", "segment"), _ON_FEATURES),
    "choice-screen": EventKind("no default, and a choice", (), _ORDER_NAMES, _ON_FEATURES),
    "access-order": EventKind("rivals get a place", (), _ORDER_NAMES, _ON_FEATURES),
    "threshold": EventKind("no weights above a capability", (), ("lab",), _ORDER),
    "lifted": EventKind(
        "an order ends",
        (),
        ("lab", "segment"),
        {"what": "kind of the order"},
    ),
    "accounts": EventKind("a month of deals", holds={"number": "contracts under way"}),
    "contract": EventKind(
        "a lab's largest contract so far",
        ("lab",),
        holds={"number": "USD a year", "what": "group of accounts"},
    ),
}


def described(kinds: Mapping[str, EventKind] = EVENT_KINDS) -> str:
    """The table of kinds as text, a line for each."""
    return "\n".join(_lines(kinds))


def explained(function: F) -> F:
    """Append the table of kinds to the docstring of what returns events."""
    head = inspect.cleandoc(function.__doc__ or "")
    function.__doc__ = f"{head}\n\n{described()}"
    return function


def _lines(kinds: Mapping[str, EventKind]) -> Iterator[str]:
    for name, kind in kinds.items():
        names = [*kind.names, *(f"{column} where it is one" for column in kind.sometimes)]
        holds = [f"`{column}` {text}" for column, text in kind.holds.items()]
        columns = "; ".join(part for part in (", ".join(names), *holds) if part)
        yield f"`{name}`: {kind.meaning}" + (f" ({columns})" if columns else "")
