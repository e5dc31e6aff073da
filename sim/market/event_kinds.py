"""The kinds of events that the log of a run has, each declared by the mechanism that writes it.

`entity` says who it is about in one word and `detail` what happened in a sentence; the other
columns say the same as data. A figure and an analysis read these, never the sentence.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from sim.market.happening import EventKind
from sim.market.mechanisms import ACTORS

__all__ = ["EVENT_KINDS", "described", "explained"]

F = TypeVar("F", bound=Callable[..., object])

#: By name.
EVENT_KINDS: Final[Mapping[str, EventKind]] = {
    name: kind for actor in ACTORS for name, kind in actor.kinds.items()
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
