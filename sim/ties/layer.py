"""A layer of ties: who sees whose use on one platform.

People are 0 to n - 1. A person's *contacts* are those whose use it sees, and its *audience* those
who see its own; they differ only where ties have a direction, as among followers. A layer covers
all people; who is not on the platform has no ties.

Engines ask a layer for the ties of some people at a time, as compressed sparse rows: `offsets`
(len(ids) + 1,) and the people in `contacts[offsets[k]:offsets[k + 1]]` for the k-th of them. Ids of
nobody, such as the -1 of who was never reached, are refused with a ValueError.
"""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from sim.ties.rows import I32, I64, Rows, Spans, checked_ids, row_spans, take_rows


class Layer(ABC):
    """Ties among `people` persons."""

    people: int

    @property
    @abstractmethod
    def tied_people(self) -> int:
        """People who have any contacts."""

    @property
    def mean_degree(self) -> float:
        """Contacts per person who has any; 0 where nobody has."""
        return self.ties / max(self.tied_people, 1)

    @property
    @abstractmethod
    def ties(self) -> int:
        """Contacts summed over people; an undirected tie counts at both its ends."""

    @property
    @abstractmethod
    def largest_degree(self) -> int:
        """The most contacts that anybody has."""

    @property
    @abstractmethod
    def largest_audience(self) -> int:
        """The largest audience that anybody has."""

    @property
    @abstractmethod
    def bytes(self) -> int:
        """Memory that the layer holds, in bytes."""

    @abstractmethod
    def degrees(self, ids: NDArray[np.integer] | None = None) -> I32:
        """Number of contacts of `ids` (of everybody, without): (len(ids),)."""

    @abstractmethod
    def contacts(self, ids: NDArray[np.integer]) -> Rows:
        """Whose use `ids` see."""

    def audience(self, ids: NDArray[np.integer]) -> Rows:
        """Who sees the use of `ids`; the contacts, where ties have no direction."""
        return self.contacts(ids)

    def contact_spans(self, ids: NDArray[np.integer]) -> Spans:
        """The contacts of `ids`, without a copy where they are stored."""
        return _spans(self.contacts(ids))

    def audience_spans(self, ids: NDArray[np.integer]) -> Spans:
        """The audience of `ids`, without a copy where it is stored."""
        return _spans(self.audience(ids))


class StoredLayer(Layer):
    """Ties in memory: `first` (people + 1,) int64 and `contact` (ties,) int32, each row sorted.

    `reverse` holds the audience where ties have a direction. Raises ValueError for arrays that are
    no compressed sparse rows of `people`.
    """

    def __init__(self, first: I64, contact: I32, reverse: "StoredLayer | None" = None) -> None:
        first, contact = np.asarray(first), np.asarray(contact)
        if first.dtype != np.int64 or contact.dtype != np.int32:
            raise ValueError("rows are int64 offsets and int32 people")
        if first.ndim != 1 or contact.ndim != 1:
            raise ValueError("offsets and people are lists")
        if first.size < 1 or first[0] != 0 or first[-1] != contact.size:
            raise ValueError("offsets must begin at 0 and end at the number of ties")
        if contact.size and not (contact.min() >= 0 and contact.max() < first.size - 1):
            raise ValueError(f"contacts must be people, 0 to {first.size - 2:,}")
        if reverse is not None and reverse.people != first.size - 1:
            raise ValueError(f"the audience is one of {reverse.people:,} people")
        self.first, self.contact, self.reverse = first, contact, reverse
        self.people = first.size - 1
        self._largest, self._tied = _steps(first)

    @property
    def tied_people(self) -> int:
        return self._tied

    @property
    def ties(self) -> int:
        return int(self.contact.size)

    @property
    def largest_degree(self) -> int:
        return self._largest

    @property
    def largest_audience(self) -> int:
        return self._largest if self.reverse is None else self.reverse.largest_degree

    @property
    def bytes(self) -> int:
        held = self.first.nbytes + self.contact.nbytes
        return held if self.reverse is None else held + self.reverse.bytes

    def degrees(self, ids: NDArray[np.integer] | None = None) -> I32:
        if ids is None:
            return np.diff(self.first).astype(np.int32)
        ids = checked_ids(ids, self.people)
        degrees: I32 = (self.first[ids + 1] - self.first[ids]).astype(np.int32)
        return degrees

    def contacts(self, ids: NDArray[np.integer]) -> Rows:
        return take_rows(self.first, self.contact, checked_ids(ids, self.people))

    def audience(self, ids: NDArray[np.integer]) -> Rows:
        return self.contacts(ids) if self.reverse is None else self.reverse.contacts(ids)

    def contact_spans(self, ids: NDArray[np.integer]) -> Spans:
        return Spans(*row_spans(self.first, checked_ids(ids, self.people)), self.contact)

    def audience_spans(self, ids: NDArray[np.integer]) -> Spans:
        watchers = self if self.reverse is None else self.reverse
        return watchers.contact_spans(ids)


def _spans(rows: Rows) -> Spans:
    return Spans(rows.offsets[:-1], rows.offsets[1:], rows.contacts)


def _steps(first: I64, chunk: int = 1 << 22) -> tuple[int, int]:
    """The longest row, and how many rows are not empty; by pieces, so that no second array of the
    people's size is made."""
    largest = tied = 0
    for at in range(0, first.size - 1, chunk):
        length = np.diff(first[at : at + chunk + 1])
        if length.min() < 0:
            raise ValueError("offsets must not fall")
        largest, tied = max(largest, int(length.max())), tied + int(np.count_nonzero(length))
    return largest, tied
