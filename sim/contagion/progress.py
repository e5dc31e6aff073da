"""Where a cascade stands: arrays and constants of the clear kernels and their compiled twins."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.philox import U64
from sim.ties.rows import I32

Floats = NDArray[np.float64] | NDArray[np.float32]
#: Purpose of the draws, purpose of their lower halves, and the two words of the seed.
Keys = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

WORDS = float(1 << 32)
NOBODY = np.uint64(0xFFFFFFFFFFFFFFFF)
#: A weight of 1, in the whole numbers that weights are summed in.
UNIT_WEIGHT = float(1 << 40)


class Progress(NamedTuple):
    """Where a cascade stands, for kernels.

    `seen` and `before` have a bit a person, in words of 64: reached at all, and reached before
    this generation; they are small enough to stay in the caches. `queue` (people + 1,) is who was
    reached, with a spare place that compiled kernels write to. `best` (people,), if it is not
    empty, keeps draw and id of the best parent yet of who was reached. Neither is filled
    beforehand, so that the memory of who is never reached is not touched.
    """

    seen: U64
    before: U64
    queue: I32
    best: U64


def nobody_yet(people: int, parents: bool = False) -> Progress:
    """Before the seeds of a cascade among `people`; `parents`: keep the best yet."""
    words = (people + 63) // 64
    return Progress(
        np.zeros(words, np.uint64),
        np.zeros(words, np.uint64),
        np.empty(people + 1, np.int32),
        np.empty(people if parents else 0, np.uint64),
    )


def holds(bits: U64, ids: I32) -> NDArray[np.bool_]:
    """Whose bits are set, of `ids`."""
    held: NDArray[np.bool_] = (bits[ids >> 6] >> (ids & 63).astype(np.uint64)) & np.uint64(1) > 0
    return held


def set_bits(bits: U64, ids: I32) -> None:
    """Set the bits of `ids`."""
    np.bitwise_or.at(bits, ids >> 6, np.uint64(1) << (ids & 63).astype(np.uint64))
