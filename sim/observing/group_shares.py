"""How use lies in groups of people: groups by the share of their members who use.

One pass over the people counts several features at once: a group's counts are packed into one
64-bit word, a field each for its size and for its users of each feature.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compiler

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

#: Ranges of the share of users within a group: [0, .1), [.1, .2), ..., [.9, 1].
TENTHS = 10
_STRETCH = 1 << 20


def groups_by_share(
    group: NDArray[np.int32], state: NDArray[np.uint8], uses: NDArray[np.bool_]
) -> tuple[I64, F64]:
    """Groups by tenth of users, (F, TENTHS), and as many as independent members would form.

    `group` (N,) is everybody's group, -1 for none; `uses` (F, S) tells who uses what.
    """
    pack_into, unpack_into = fastest_kernels()
    packed = np.zeros(int(group.max(initial=-1)) + 1, np.uint64)
    pack_into(group, state, np.ones(uses.shape[1], np.uint64), packed)
    sizes = np.bincount(packed.astype(np.int64))
    bits = max(sizes.size - 1, 1).bit_length()
    fields = 64 // bits - 1
    found, users = np.zeros((len(uses), TENTHS), np.int64), np.zeros(len(uses), np.int64)
    for a in range(0, len(uses), fields):
        some = uses[a : a + fields]
        place = np.arange(1, len(some) + 1, dtype=np.uint64)[:, None] * np.uint64(bits)
        table = np.uint64(1) + (some.astype(np.uint64) << place).sum(axis=0, dtype=np.uint64)
        packed[:] = 0
        pack_into(group, state, table, packed)
        unpack_into(packed, bits, found[a : a + fields], users[a : a + fields])
    members = int(sizes @ np.arange(sizes.size))
    shares = (users / max(members, 1)).tolist()
    return found, np.array([_by_chance(sizes, share) for share in shares]).reshape(-1, TENTHS)


def pack(group: NDArray[np.int32], state: NDArray[np.uint8], table: U64, packed: U64) -> None:
    """Add table[state] of everybody to the group's word: the clear version."""
    for a in range(0, group.size, _STRETCH):
        here = group[a : a + _STRETCH]
        inside = here >= 0
        np.add.at(packed, here[inside], table[state[a : a + _STRETCH][inside]])


def unpack(packed: U64, bits: int, found: I64, users: I64) -> None:
    """Count groups by tenth into `found` (F, TENTHS), and their `users` (F,): the clear version."""
    mask = np.uint64((1 << bits) - 1)
    size = (packed & mask).astype(np.int64)
    some = size > 0
    for f in range(found.shape[0]):
        count = ((packed >> np.uint64(bits * (f + 1))) & mask).astype(np.int64)
        users[f] += count.sum()
        found[f] += np.bincount(_tenth(count[some], size[some]), minlength=TENTHS)


def binomial(people: int, chance: float) -> F64:
    """Probability that k of `people` do, each with this chance: (people + 1,)."""
    k = np.arange(people + 1)
    if chance <= 0.0 or chance >= 1.0:
        certain = np.zeros(people + 1)
        certain[round(chance) * people] = 1.0
        return certain
    ways = np.array([math.lgamma(i + 1) for i in k])
    log = ways[-1] - ways - ways[::-1] + k * math.log(chance) + (people - k) * math.log1p(-chance)
    return np.asarray(np.exp(log), np.float64)


def _by_chance(sizes: I64, share: float) -> F64:
    """Groups by tenth where members use independently of each other; `sizes` (largest + 1,)
    counts groups by size."""
    expected = np.zeros(TENTHS)
    for size in 1 + np.flatnonzero(sizes[1:]):
        tenth = _tenth(np.arange(size + 1), size)
        expected += sizes[size] * np.bincount(tenth, binomial(int(size), share), minlength=TENTHS)
    return expected


def _tenth(users: I64, size: I64 | np.int64) -> I64:
    tenth: I64 = np.minimum(users * TENTHS // size, TENTHS - 1)
    return tenth


class Kernels(NamedTuple):
    """The passes over people and over groups."""

    pack: Callable[[NDArray[np.int32], NDArray[np.uint8], U64, U64], None]
    unpack: Callable[[U64, int, I64, I64], None]


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(pack, unpack)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.observing import network_compiled as compiled

    return Kernels(compiled.pack, compiled.unpack)
