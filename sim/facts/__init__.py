"""A small table of published facts, each with its source.

`facts.csv` holds sizes of platforms and assistants, overlaps, developers' shares, prices, lags and
release dates that scenarios start from and that replays are compared with. A row's label says how
the number came here: S read in published or quoted material, D derived from other facts,
A recalled or estimated and not read again. Values are in whole units (people, not millions).
"""

import csv
import datetime as dt
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

__all__ = ["Fact", "fact", "facts"]

Label = Literal["S", "D", "A"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One row: a quantity of a subject on a date, in `unit`, and where it was found.

    `published` is the source's date as far as it is known: a day, a month, a year, or empty.
    """

    id: str
    date: dt.date
    subject: str
    quantity: str
    value: float
    unit: str
    label: Label
    publisher: str
    title: str
    published: str
    url: str
    note: str

    @property
    def source(self) -> str:
        """Publisher, title and date in one line, as a scenario cites it."""
        return f"{self.publisher}, {self.title} ({self.published or 'undated'})"


def _read(row: dict[str, str], line: int) -> Fact:
    """The fact in one row of the table; ValueError names the line of a row that is malformed."""
    try:
        if row["label"] not in get_args(Label):
            raise ValueError(f"label {row['label']!r} is none of S, D, A")
        return Fact(
            id=row["id"],
            date=dt.date.fromisoformat(row["date"]),
            subject=row["subject"],
            quantity=row["quantity"],
            value=float(row["value"]),
            unit=row["unit"],
            label=cast(Label, row["label"]),
            publisher=row["publisher"],
            title=row["title"],
            published=row["published"],
            url=row["url"],
            note=row["note"],
        )
    except (ValueError, KeyError) as error:
        raise ValueError(f"facts.csv, line {line}: {error}") from error


@cache
def _table() -> dict[str, Fact]:
    """Facts by id in the order of the file; ValueError if two rows share an id."""
    table: dict[str, Fact] = {}
    text = resources.files(__name__).joinpath("facts.csv").read_text(encoding="utf-8")
    reader = csv.DictReader(text.splitlines())
    for row in reader:
        found = _read(row, reader.line_num)
        if found.id in table:
            raise ValueError(f"facts.csv, line {reader.line_num}: {found.id} is there twice")
        table[found.id] = found
    return table


def facts() -> tuple[Fact, ...]:
    """Every fact, in the order of the table."""
    return tuple(_table().values())


def fact(id: str) -> Fact:
    """The fact of that id; KeyError names the nearest known id."""
    try:
        return _table()[id]
    except KeyError:
        near = get_close_matches(id, _table(), n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise KeyError(f"no fact {id}{hint}") from None
