"""From the names of people to their ids, and which ties are refused."""

import contextlib
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any, SupportsIndex

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sim.numbers import whole_number
from sim.ties.edge_columns import Ends
from sim.ties.problems import Findings, Locate, Words
from sim.units import nearest

__all__ = ["Numbered", "People", "distinct_ties", "number_people"]

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_MOST = 2**31 - 1  # ids are int32
# difflib compares a few ten thousand words a second: of more people only like ones are compared.
_COMPARED = 5_000


@dataclass(frozen=True)
class People:
    """Who the people are: `count` of them with ids 0 to count - 1, those of `names`, or unknown."""

    count: int | None = None
    names: "pd.Index[Any] | None" = None

    @classmethod
    def of(
        cls,
        people: "SupportsIndex | Sequence[Any] | NDArray[Any] | pd.Index[Any] | pd.Series[Any]"
        "| None",
    ) -> "People":
        """Raises TiesError for names of which two are alike, TypeError for anything but names."""
        if people is None:
            return cls()
        if isinstance(people, SupportsIndex) and not isinstance(people, bool):
            with contextlib.suppress(TypeError):  # an array of many, which has the method too
                return cls(whole_number(operator.index(people), "people", 0, _MOST))
        if isinstance(people, Set | Mapping):
            kind = type(people).__name__
            raise TypeError(f"people is a {kind}, which has no order to give ids by; sort it")
        if isinstance(people, str | bytes | bool | float) or not isinstance(people, Iterable):
            raise TypeError("people is a number of people or a sequence of their names")
        names = pd.Index(people if hasattr(people, "dtype") else list(people))
        if len(names) and not pd.api.types.is_integer_dtype(names.dtype):
            if not all(isinstance(name, str) for name in names):
                raise TypeError("names of people are whole numbers or texts, all of one kind")
            names = pd.Index(names.astype(object))
        if not names.is_unique:
            found = Findings("people", lambda row: f"position {row}")
            twice = np.flatnonzero(names.duplicated())
            found.add_rows(
                twice, int, lambda k: (f"`{names[twice[k]]}` again", "each name once", "")
            )
            found.raise_all()
        return cls(len(names), names)

    @property
    def want(self) -> str:
        """What the ends must be: "numbers", "words", or "" for either."""
        if self.names is None:
            return "" if self.count is None else "numbers"
        return "numbers" if pd.api.types.is_integer_dtype(self.names.dtype) else "words"

    @cached_property
    def expected(self) -> str:
        """What an end must be, in words; "" where anything goes."""
        if self.names is None:
            return "" if self.count is None else f"a whole number from 0 to {self.count - 1:,}"
        return f"one of the {self.count:,} people"

    def nearest(self, word: str) -> str:
        """The name closest to a word, "" if none is close."""
        if self.want != "words" or self.names is None:
            return ""
        if len(self.names) <= _COMPARED:
            return nearest(word, self.names)
        low, size = word.casefold(), pc.utf8_length(self._folded)
        like = pc.or_(pc.starts_with(self._folded, low[:2]), pc.ends_with(self._folded, low[-2:]))
        close = pc.and_(pc.greater_equal(size, len(low) - 2), pc.less_equal(size, len(low) + 2))
        rows = pc.indices_nonzero(pc.and_(like, close)).to_numpy()
        return nearest(word, self.names[rows[:_COMPARED]])

    @cached_property
    def _folded(self) -> Any:
        assert self.names is not None
        return pc.utf8_lower(pa.array(self.names, pa.string()))


@dataclass(frozen=True, slots=True)
class Numbered:
    """Ties by ids, and the people's names: None where these are the ids."""

    seen: I32
    sees: I32
    people: int
    names: "pd.Index[Any] | None"
    locate: Locate


def number_people(ends: Ends, people: People, found: Findings) -> Numbered:
    """Ids of both ends of every tie; ties of unknown people go to `found` instead."""
    if people.count is not None and people.names is None:
        seen, sees = ends.seen, ends.sees
        known = [(end >= 0) & (end < people.count) for end in (seen, sees)]
        expected = f"0 to {people.count - 1:,}"

        def words(value: int) -> Words:
            return f"id {value} is out of range", expected, ""

        if all(ok.all() for ok in known):
            return Numbered(
                seen.astype(np.int32), sees.astype(np.int32), people.count, None, ends.locate
            )
        _report(known, (seen, sees), words, ends.locate, found)
        return _kept(seen, sees, known[0] & known[1], people.count, None, ends.locate)
    seen, sees, labels = _coded(ends)
    if people.names is None:
        return _sorted(seen, sees, labels, ends.locate)
    ids = people.names.get_indexer(pd.Index(labels, dtype=people.names.dtype)).astype(np.int32)
    position, names = (ids[seen], ids[sees]), people.names

    def unknown(code: int) -> Words:
        label = str(labels[code])
        return f"unknown person `{label[:40]}`", people.expected, people.nearest(label)

    known = [end >= 0 for end in position]
    _report(known, (seen, sees), unknown, ends.locate, found)
    plain = None if _are_ids(names) else names
    if all(ok.all() for ok in known):
        return Numbered(*position, len(names), plain, ends.locate)
    return _kept(*position, known[0] & known[1], len(names), plain, ends.locate)


def distinct_ties(
    ties: Numbered, *, directed: bool, self_ties: str, duplicates: str, found: Findings
) -> tuple[I32, I32, int, int]:
    """Ties without self-ties and without repetitions of earlier ones, and how many were dropped of
    each kind. What is to be refused goes to `found`."""
    seen, sees, locate = ties.seen, ties.sees, ties.locate
    names = np.arange(ties.people) if ties.names is None else ties.names
    own = np.flatnonzero(seen == sees)
    if own.size:
        if self_ties == "refuse":
            found.add_rows(
                own,
                locate,
                lambda k: (
                    f"`{names[seen[own[k]]]}` is tied to itself",
                    "two different people",
                    "",
                ),
                option='self_ties="drop"',
            )
        kept = np.flatnonzero(seen != sees)
        seen, sees = seen[kept], sees[kept]

        def locate(k: int) -> int:
            return ties.locate(int(kept[k]))

    again, first = _repeated(seen, sees, ties.people, directed)
    if again.size:
        if duplicates == "refuse":
            note = "" if directed else " (a tie without direction is the same both ways)"

            def words(k: int) -> Words:
                a, b = int(again[k]), int(first[k])
                turned = note if seen[a] != seen[b] else ""
                message = f"the tie `{names[seen[a]]}`, `{names[sees[a]]}` again{turned}"
                if place := found.where(locate(b)):
                    message += f", first seen at {place}"
                return message, "each tie once", ""

            found.add_rows(again, locate, words, option='duplicates="drop"')
        new = np.ones(seen.size, bool)
        new[again] = False
        seen, sees = seen[new], sees[new]
    return seen, sees, int(own.size), int(again.size)


def _repeated(seen: I32, sees: I32, people: int, directed: bool) -> tuple[I64, I64]:
    """Positions of ties that stand earlier already, in rising order, and where they stand first."""
    low, high = (seen, sees) if directed else (np.minimum(seen, sees), np.maximum(seen, sees))
    keys = low.astype(np.int64)
    keys *= people
    keys += high
    ordered = np.sort(keys)
    if not np.any(ordered[1:] == ordered[:-1]):
        none = np.empty(0, np.int64)
        return none, none
    order = np.argsort(keys, kind="stable")  # of equal ones the earliest comes first
    ordered = keys[order]
    new = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    first = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    again, at = order[~new], first[~new]
    rising = np.argsort(again)
    return again[rising], at[rising]


def _coded(ends: Ends) -> tuple[NDArray[np.integer], NDArray[np.integer], Any]:
    """Both ends as positions in an array or list of all distinct names."""
    if ends.words is not None:
        return ends.seen, ends.sees, ends.words
    parts = [part for part in (ends.seen, ends.sees, ends.others) if part is not None and part.size]
    if not parts:
        return ends.seen, ends.sees, np.empty(0, np.int64)
    low, high = min(int(part.min()) for part in parts), max(int(part.max()) for part in parts)
    if high - low < 8 * ends.seen.size + 1_000_000:  # dense enough for a table of all numbers
        there = np.zeros(high - low + 1, bool)
        for part in parts:
            there[_minus(part, low)] = True
        place = np.cumsum(there, dtype=np.int32)
        place -= 1
        seen, sees = (place[_minus(end, low)] for end in (ends.seen, ends.sees))
        return seen, sees, np.flatnonzero(there) + low
    codes, labels = pd.factorize(np.concatenate(parts), sort=True)
    count = ends.seen.size
    return codes[:count], codes[count : 2 * count], labels


def _minus(numbers: NDArray[np.integer], low: int) -> NDArray[np.integer]:
    return numbers.astype(np.int64) - low if low else numbers


def _sorted(
    seen: NDArray[np.integer], sees: NDArray[np.integer], labels: Any, locate: Locate
) -> Numbered:
    """People in the order of their names."""
    if isinstance(labels, list):
        order = sorted(range(len(labels)), key=labels.__getitem__)
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        names = pd.Index([labels[k] for k in order], dtype=object)
        return Numbered(place[seen], place[sees], len(names), names, locate)
    names = pd.Index(labels)
    plain = None if _are_ids(names) else names
    return Numbered(seen.astype(np.int32), sees.astype(np.int32), len(names), plain, locate)


def _are_ids(names: "pd.Index[Any]") -> bool:
    """Whether the names are 0 to n - 1."""
    whole = pd.api.types.is_integer_dtype(names.dtype)
    return whole and bool((names.to_numpy() == np.arange(len(names))).all())


def _report(
    known: Sequence[NDArray[np.bool_]],
    ends: Sequence[NDArray[np.integer]],
    words: Callable[[int], Words],
    locate: Locate,
    found: Findings,
) -> None:
    """One problem for each end that is not known. `words` speaks of an end."""
    rows = [np.flatnonzero(~ok) for ok in known]
    values = np.concatenate([end[at] for end, at in zip(ends, rows, strict=True)])
    row = np.concatenate(rows)
    # Once for each person where a source has no places by which to tell the ties apart.
    order = np.argsort(row, kind="stable")
    if not found.where(0):
        order = np.sort(np.unique(values, return_index=True)[1])
    found.add_rows(row[order], locate, lambda k: words(int(values[order[k]])))


def _kept(
    seen: NDArray[np.integer],
    sees: NDArray[np.integer],
    known: NDArray[np.bool_],
    people: int,
    names: "pd.Index[Any] | None",
    locate: Locate,
) -> Numbered:
    rows = np.flatnonzero(known)
    return Numbered(
        seen[rows].astype(np.int32),
        sees[rows].astype(np.int32),
        people,
        names,
        lambda k: locate(int(rows[k])),
    )
