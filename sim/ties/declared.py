"""What a list of ties says of itself, in the head of its file or in a column.

Matrix Market files and those of KONECT begin with a line that names their kind; Gephi writes for
each tie whether it has a direction.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.ties.problems import Findings

__all__ = ["Head", "find_head", "find_type", "type_direction"]

_MARKET = re.compile(rb"%%MatrixMarket[ \t]+([^\n]*)", re.IGNORECASE)
_KONECT = re.compile(rb"%[ \t]*(sym|asym|bip)[ \t]+[a-z]+[^\n]*", re.IGNORECASE)
_SIZES = re.compile(r"[0-9]{1,18}(\s+[0-9]{1,18}){2}")
_EITHER = "directed=True or directed=False"


@dataclass(frozen=True, slots=True)
class Head:
    """`directed` is None where the head says nothing of it. `size_line`, `people` and `ties` are of
    Matrix Market alone, whose people have the numbers 1 to `people`."""

    directed: bool | None = None
    size_line: int = 0
    people: int = 0
    ties: int = 0


def find_head(
    block: bytes, line: int, directed: bool | None, blank: Callable[[bytes], bytes], found: Findings
) -> Head | None:
    """The head of a file from its first block, which begins at `line`; `blank` takes the comments
    out of a block. None, with a problem in `found`, for networks of persons and something else and
    matrices that are no list of ties."""
    if match := _MARKET.match(block):
        words = match[1].decode(errors="replace").lower().split()
        return _matrix(words, block, line, directed, blank, found)
    if match := _KONECT.match(block):
        kind = match[1].decode().lower()
        if kind == "bip":
            found.add(
                "a network between people and something else, each with numbers of their own",
                "ties among people (`sym` or `asym` in the first line)",
                line=line,
            )
            return None
        return Head(kind == "asym")
    return Head()


def _matrix(
    words: list[str],
    block: bytes,
    line: int,
    directed: bool | None,
    blank: Callable[[bytes], bytes],
    found: Findings,
) -> Head | None:
    expected = "`matrix coordinate pattern symmetric`, or `general`; `integer` or `real`"
    if words[:2] != ["matrix", "coordinate"] or len(words) != 4 or words[2] == "complex":
        found.add(f"a Matrix Market file of `{' '.join(words)[:60]}`", expected, line=line)
        return None
    if words[3] not in ("symmetric", "general"):
        found.add(f"a matrix that is `{words[3][:60]}`", expected, line=line)
        return None
    if words[3] == "general" and directed is None:
        found.add(
            "a general matrix does not say whether its ties have a direction",
            option=_EITHER,
            line=line,
        )
        return None
    lines = blank(block).split(b"\n")
    at = next((k for k, raw in enumerate(lines) if raw.strip()), 0)
    number, text = line + at, lines[at].decode(errors="replace").strip()
    if not _SIZES.fullmatch(text):
        found.add(f"`{text[:40]}` is no size of a matrix", "rows, columns, entries", line=number)
        return None
    rows, columns, entries = (int(part) for part in text.split())
    if rows != columns:
        found.add(
            f"a matrix of {rows:,} rows and {columns:,} columns",
            "ties among the same people, in rows and in columns",
            line=number,
        )
        return None
    return Head(words[3] == "general", number, rows, entries)


def find_type(names: Iterable[str]) -> int | None:
    """The position of Gephi's column of directions."""
    folded = [name.strip().casefold() for name in names]
    return folded.index("type") if {"type", "source", "target"} <= set(folded) else None


def type_direction(values: set[str], directed: bool | None, found: Findings) -> bool | None:
    """Whether ties have a direction, by the `values` of Gephi's column; `directed` if they say
    nothing of it or the caller has chosen. Mixed ones go to `found`."""
    folded = {value.strip().casefold() for value in values}
    if directed is not None or not folded or not folded <= {"directed", "undirected"}:
        return directed
    if len(folded) > 1:
        found.add("column `Type` has ties with and without direction", "one kind", option=_EITHER)
        return None
    return folded == {"directed"}
