"""First passage: the first recorded day on which a number of users is reached."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

#: Monthly users whose first passage is reported.
THRESHOLDS = (1e6, 1e7, 5e7, 1e8, 2.5e8, 5e8, 1e9, 2e9)


def first_passages(day: F64, value: F64, thresholds: Sequence[float]) -> list[float | None]:
    """The first day on which `value` is at least each threshold; None where it never is.

    `day` rises and is as long as `value`. The first day of all stands for "at the start or before".
    """
    # A running maximum rises, so it can be searched whatever the users do.
    highest = np.maximum.accumulate(np.where(np.isnan(value), -np.inf, value))
    reached = np.searchsorted(highest, np.asarray(thresholds, float), side="left")
    return [float(day[i]) if i < len(day) else None for i in reached.tolist()]
