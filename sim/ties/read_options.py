"""The options of reading a network, checked before anything is read."""

import operator
from dataclasses import dataclass
from typing import Any, Literal, cast

from sim.ties.edge_columns import Columns

__all__ = ["Choice", "ReadOptions", "checked_options"]

Choice = Literal["refuse", "drop"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a source of ties is read: the options of `read_ties` that its readers heed."""

    directed: bool | None
    columns: Columns | None
    header: bool | None
    comment: str | None


def checked_options(
    columns: Any, directed: Any, header: Any, comment: Any, self_ties: Any, duplicates: Any
) -> ReadOptions:
    """What was chosen, `columns` as two names or two positions. Raises TypeError or ValueError,
    with what may be chosen, for options that are none."""
    for name, choice in (("self_ties", self_ties), ("duplicates", duplicates)):
        if choice not in ("refuse", "drop"):
            raise ValueError(f'{name}={_shown(choice)}: expected "refuse" or "drop"')
    for name, value in (("directed", directed), ("header", header)):
        if not (value is None or value is True or value is False):
            raise TypeError(f"{name}={_shown(value)}: expected True, False or None")
    if comment is not None and (
        not isinstance(comment, str) or len(comment.split()) > 1 or comment != comment.strip()
    ):
        raise ValueError(f'comment={_shown(comment)}: expected text like "#", "" for none, or None')
    return ReadOptions(directed, _columns(columns), header, comment)


def _columns(columns: Any) -> Columns | None:
    if columns is None:
        return None
    expected = f"columns={_shown(columns)}: expected two names or two positions, like (0, 1)"
    if isinstance(columns, str | bytes | set | frozenset | dict):
        raise TypeError(expected)
    try:
        pair = tuple(columns)
        if all(isinstance(one, str) for one in pair):
            chosen = pair
        elif any(isinstance(one, bool) for one in pair):
            raise TypeError
        else:
            chosen = tuple(operator.index(one) for one in pair)
    except TypeError:
        raise TypeError(expected) from None
    if len(chosen) != 2:
        raise ValueError(expected)
    return cast(Columns, chosen)


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:60] + "..."
