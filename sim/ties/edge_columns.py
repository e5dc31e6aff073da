"""Which two columns of a table are the ends of a tie, and what the ends look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from sim.ties.problems import Findings, Locate
from sim.units import nearest

__all__ = ["Columns", "Ends", "choose_columns", "known_pair"]

#: Two columns by name, or by position from 0: who is seen, and who sees.
Columns = tuple[str, str] | tuple[SupportsIndex, SupportsIndex]

# Names of columns that edge lists have, each pair as (who is seen, who sees). Who follows sees.
_PAIRS = (
    ("source", "target"),
    ("from", "to"),
    ("followed", "follower"),
    ("followee", "follower"),
    ("src", "dst"),
    ("fromnodeid", "tonodeid"),
    ("id_1", "id_2"),
    ("node_1", "node_2"),
    ("node1", "node2"),
    ("u", "v"),
)
_FOLLOWING = _PAIRS[2:4]


@dataclass(slots=True)
class Ends:
    """Both ends of every tie as a source has them.

    Whole numbers where `words` is None, otherwise positions in `words`, which holds each name once.
    `others` are people whom the source names besides, as nodes of a graph; among words they are
    in `words`. `directed` is whether ties have a direction, as asked for or as the source says.
    """

    seen: NDArray[np.integer]
    sees: NDArray[np.integer]
    words: list[str] | None
    locate: Locate
    others: NDArray[np.int64] | None = None
    directed: bool = False


def known_pair(names: Sequence[str]) -> tuple[int, int] | None:
    """Positions of (who is seen, who sees) where two columns have names that say it."""
    folded = [name.strip().casefold() for name in names]
    for seen, sees in _PAIRS:
        if seen in folded and sees in folded:
            return folded.index(seen), folded.index(sees)
    return None


def choose_columns(
    names: Sequence[str],
    columns: Columns | None,
    found: Findings,
    *,
    line: int | None = None,
    named: bool = True,
) -> tuple[int, int] | None:
    """Positions of the two columns; None, with a problem in `found`, where that is not clear.

    `named` says whether the names stand in the source or are mere positions.
    """
    shown = ", ".join(f"`{name}`" for name in names) if named else f"{len(names)} columns"
    if columns is not None:
        return _chosen(names, columns, found, line, shown, named)
    if named and (pair := known_pair(names)) is not None:
        return pair
    if len(names) == 2:
        return 0, 1
    if len(names) < 2:
        found.add("one column", "two: both people of a tie", line=line)
    else:
        example = f'columns=("{names[0]}", "{names[1]}")' if named else "columns=(0, 1)"
        found.add(
            f"not clear which two of {shown} are the people of a tie",
            "columns named source and target",
            line=line,
            option=f"a choice like {example}",
        )
    return None


def _chosen(
    names: Sequence[str],
    columns: Columns,
    found: Findings,
    line: int | None,
    shown: str,
    named: bool,
) -> tuple[int, int] | None:
    at: list[int] = []
    for column in columns:
        if isinstance(column, str) and column in names:
            at.append(list(names).index(column))
        elif isinstance(column, int) and 0 <= column < len(names):
            at.append(column)
        else:
            word = f"`{column}`" if isinstance(column, str) else str(column)
            near = nearest(column, names) if isinstance(column, str) and named else ""
            found.add(f"no column {word}", f"one of {shown}" if named else shown, near, line=line)
    if len(at) < 2:
        return None
    if at[0] == at[1]:
        found.add(f"column {columns[0]} chosen twice", "two different columns", line=line)
        return None
    # `follower` and `followed` say who sees whom, in whichever order they are given.
    chosen = tuple(names[k].strip().casefold() for k in at)
    return (at[1], at[0]) if chosen[::-1] in _FOLLOWING else (at[0], at[1])
