"""Compiled twins of the counts in `contact_classes` and `group_shares`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compile_kernel

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U64 = NDArray[np.uint64]
Unsigned = NDArray[np.unsignedinteger[Any]]


@compile_kernel
def count(
    state: U8, klass: Unsigned, degree: Unsigned, of: U8, generation: U16, nobody: int, found: I64
) -> None:
    """See `sim.observing.contact_classes.count`."""
    for i in range(state.size):
        used = np.int64(generation[i] != nobody)
        found[klass[i], of[degree[i]], used, state[i]] += 1


@compile_kernel
def pack(group: I32, state: U8, table: U64, packed: U64) -> None:
    """See `sim.observing.group_shares.pack`."""
    for i in range(group.size):
        g = group[i]
        if g >= 0:
            packed[g] += table[state[i]]


@compile_kernel
def unpack(packed: U64, bits: int, found: I64, users: I64) -> None:
    """See `sim.observing.group_shares.unpack`."""
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    tenths = found.shape[1]
    for g in range(packed.size):
        size = np.int64(packed[g] & mask)
        if size > 0:
            for f in range(found.shape[0]):
                many = np.int64((packed[g] >> np.uint64(bits * (f + 1))) & mask)
                users[f] += many
                tenth = min(int(many * tenths // size), tenths - 1)
                found[f, tenth] += 1
