"""What a keyed permutation is made of, for its clear kernels and their compiled twins."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.philox import U64

I64 = NDArray[np.int64]

#: Multipliers and shift of lowbias32.
FIRST_MULTIPLIER: Final = 0x7FEB352D
SECOND_MULTIPLIER: Final = 0x846CA68B
SHIFT: Final = 15


class Grid(NamedTuple):
    """What a kernel needs to permute: [0, size) in rows x columns cells, and a key for each round
    (uint64 that hold 32 bits)."""

    size: int
    rows: int
    columns: int
    keys: U64
