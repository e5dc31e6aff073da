"""From a matching of stubs to a regular graph: switchings and complements."""

from collections.abc import Iterator
from itertools import count

import numpy as np

from sim.draws.philox import philox4x32
from sim.ties.edges import VACANT
from sim.ties.endpoints import Key
from sim.ties.rows import I32, I64

#: Switchings tried for each vacant place before the matching is given up.
PATIENCE = 1000
#: Attempts whose draws are made together.
BATCH = 256
#: Places searched at a time.
PIECE = 1 << 24


def fill_vacancies(contact: I32, people: int, degree: int, key: Key) -> bool:
    """Tie the stubs that self-ties and repeats left vacant, in place, so that everybody has
    `degree` different contacts: rows (people * degree,), sorted again. False where it got stuck.

    Attempt k picks two vacant stubs, of u and v, and a tie x - y: it is cut, and u - x and v - y
    are tied, unless one of them is a self-tie or exists.
    """
    open_stubs = [int(place) // degree for place in _vacant_places(contact)]
    table = contact.reshape(people, degree)
    changed = set(open_stubs)
    draws = _switchings(key)
    for _ in range(PATIENCE * len(open_stubs)):
        if not open_stubs:
            break
        one, other, word = next(draws)
        # In Python's integers, which do not overflow.
        i, j = one * len(open_stubs) >> 32, other * (len(open_stubs) - 1) >> 32
        j, at = j + (j >= i), word * contact.size >> 64
        u, v, x, y = open_stubs[i], open_stubs[j], at // degree, int(contact[at])
        if y in (VACANT, v) or x == u or (table[u] == x).any() or (table[v] == y).any():
            continue
        table[x, at % degree] = u
        table[y, int((table[y] == x).argmax())] = v
        table[u, int((table[u] == VACANT).argmax())] = x
        table[v, int((table[v] == VACANT).argmax())] = y
        changed.update((x, y))
        for used in sorted((i, j), reverse=True):
            open_stubs.pop(used)
    for person in changed:
        table[person].sort()
    return not open_stubs


def complement(contact: I32) -> tuple[I64, I32]:
    """Rows in which everybody knows those whom it does not know in `contact` (people, degree)."""
    people, degree = contact.shape
    unknown = np.ones((people, people), bool)
    np.fill_diagonal(unknown, False)
    np.put_along_axis(unknown, contact.astype(np.int64), False, axis=1)
    first = np.arange(people + 1, dtype=np.int64) * (people - 1 - degree)
    return first, np.nonzero(unknown)[1].astype(np.int32)


def _vacant_places(contact: I32) -> list[int]:
    places: list[int] = []
    for at in range(0, contact.size, PIECE):
        places.extend((np.flatnonzero(contact[at : at + PIECE] == VACANT) + at).tolist())
    return places


def _switchings(key: Key) -> Iterator[tuple[int, int, int]]:
    """Two words of 32 bits and one of 64 for each attempt."""
    zero, purpose = np.zeros(1, np.uint64), np.full(1, key.purpose, np.uint64)
    for first in count(0, BATCH):
        attempt = np.arange(first, first + BATCH, dtype=np.uint64)
        w0, w1, w2, w3 = philox4x32((attempt, zero, zero, purpose), (key.low, key.high))
        yield from zip(w0.tolist(), w1.tolist(), ((w2 << np.uint64(32)) | w3).tolist(), strict=True)
