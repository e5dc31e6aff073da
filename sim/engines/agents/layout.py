"""Where people lie in memory, and which state each begins in.

People of one class lie together. Classes come in groups of one *owner* (segment, platforms and
type), which keys their draws together with a slot, their place among the owner's people: so a
segment more, or a class split by the ranks of a ramp, changes nobody else's draws.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import entity_id
from sim.draws.permutation import KeyedPermutation
from sim.engines.agents.scan import CHUNK, U8, Bytes, Chunks

I64 = NDArray[np.int64]
#: People who get their first state, or are counted, in one go.
STRETCH = 1 << 20


def class_type(classes: int) -> type[np.unsignedinteger[Any]]:
    """The smallest unsigned type that holds a class."""
    if classes <= 256:
        return np.uint8
    return np.uint16 if classes <= 65_536 else np.uint32


def classes_of_people(size: I64) -> Bytes:
    """The class of everybody, from people by class (C,)."""
    return np.repeat(np.arange(size.size, dtype=class_type(size.size)), size)


def count_people(state: U8, size: I64, states: int) -> I64:
    """People by state and class (S, C), from people by class (C,) and the state of everybody."""
    people = np.zeros((states, size.size), np.int64)
    begins = np.concatenate([[0], np.cumsum(size)])
    for c in range(size.size):
        for a in range(int(begins[c]), int(begins[c + 1]), STRETCH):
            part = state[a : min(a + STRETCH, int(begins[c + 1]))]
            people[:, c] += np.bincount(part, minlength=states)
    return people


def make_chunks(size: I64, owners: tuple[str, ...]) -> Chunks:
    """Chunks of people by class (C,); neighbouring classes of one owner share its slots."""
    start, count, slot, owner = [], [], [], []
    first = 0
    begins = [c for c in range(size.size) if c == 0 or owners[c] != owners[c - 1]]
    for a, b in zip(begins, [*begins[1:], size.size], strict=True):
        people = int(size[a:b].sum())
        slots = np.arange(0, people, CHUNK)
        start.append(first + slots)
        count.append(np.minimum(people - slots, CHUNK))
        slot.append(slots)
        owner.append(np.full(slots.size, entity_id("owner", owners[a]) & 0xFFFFFFFF))
        first += people
    columns = (start, count, slot, owner)
    return Chunks(*(np.concatenate([*column, []]).astype(np.int64) for column in columns))


def first_states(people: I64, seed: int, purpose: str, class_names: tuple[str, ...]) -> U8:
    """The state of everybody: in each class exactly people (S, C) in each state, in an order drawn
    by a keyed permutation of the class."""
    size = people.sum(axis=0)
    begins = np.concatenate([[0], np.cumsum(size)])
    state = np.empty(int(begins[-1]), np.uint8)

    for c in np.flatnonzero(size):
        found = np.flatnonzero(people[:, c])
        if found.size == 1:
            state[begins[c] : begins[c + 1]] = found[0]
            continue
        order = KeyedPermutation(int(size[c]), seed, purpose, class_names[c])
        last = np.cumsum(people[:, c])
        for a in range(0, int(size[c]), STRETCH):
            b = min(a + STRETCH, int(size[c]))
            # The permutation divides its work among threads: no thread may wait for another here.
            rank = order.of(np.arange(a, b))
            part = state[begins[c] + a : begins[c] + b]
            part[:] = 0
            for past in last[:-1]:
                part += rank >= past
    return state
