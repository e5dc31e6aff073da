"""Fields: what the market writes and the rate table reads.

J features, P platforms, G segments, in the order of the scenario. The market owns base values,
which events change; for every tick each mechanism shapes a copy. Nothing else passes between the
market and the people.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass
class Fields:
    """Units: rollout in shares; pull per day; quality in frontier-months; latency in seconds; price
    in USD a month; variety in thousands of apps; trust 1 = the trust of today; days since release
    in days."""

    rollout: F64
    """(J, P, G) share of a platform's visits on which the placed feature is offered."""
    strength: F64
    """(J, P, G) chance per visit-day that an offered feature is tried by a receptive person."""
    integration: F64
    """(J, P, G) how well the placed feature fits into the platform, 0-1."""
    is_default: F64
    """(J, P, G) 1 where the placement is the default surface."""
    reconsider: F64
    """(J, P, G) hazard per day at which a platform's people who use the feature are made to choose
    anew; it adds to their own slow reconsideration."""
    pull: F64
    """(J, G) hazard per day from marketing of a standalone app, 0 before its launch."""
    standalone: F64
    """(J, G) 1 where a standalone app can be had."""
    quality: F64
    latency: F64
    usability: F64
    """(J,) utility that a feature has from being easy to use; 0 is that of the start date."""
    price: F64
    variety: F64
    days_since_release: F64
    trust: F64
    """(J, G)"""
    acute_churn: F64
    """(J, G) multiplier of the churn hazard for some days after an incident; 1 is calm."""

    @classmethod
    def zeros(cls, features: int, platforms: int, segments: int) -> "Fields":
        """Fields of a market in which nothing is offered yet."""
        per_feature = np.zeros(features)
        return cls(
            rollout=np.zeros((features, platforms, segments)),
            strength=np.zeros((features, platforms, segments)),
            integration=np.zeros((features, platforms, segments)),
            is_default=np.zeros((features, platforms, segments)),
            reconsider=np.zeros((features, platforms, segments)),
            pull=np.zeros((features, segments)),
            standalone=np.zeros((features, segments)),
            quality=per_feature.copy(),
            latency=per_feature.copy(),
            usability=per_feature.copy(),
            price=per_feature.copy(),
            variety=per_feature.copy(),
            days_since_release=np.full(features, np.inf),
            trust=np.ones((features, segments)),
            acute_churn=np.ones((features, segments)),
        )

    def copy(self) -> "Fields":
        """The same values in arrays of their own."""
        return Fields(**{name: getattr(self, name).copy() for name in NAMES})


NAMES = tuple(field.name for field in fields(Fields))
#: What says where a feature is offered and how: changed by events, not day by day.
PLACEMENT = (
    "rollout", "strength", "integration", "is_default", "reconsider", "pull", "standalone",
)  # fmt: skip
#: What only events move; the other fields move a little every day.
BY_EVENTS = (*PLACEMENT, "price")


@contextmanager
def held(*several: Fields) -> Iterator[None]:
    """Within, these fields cannot be written: numpy raises ValueError where somebody tries."""
    arrays = [getattr(each, name) for each in several for name in NAMES]
    writeable = [array for array in arrays if array.flags.writeable]
    for array in writeable:
        array.flags.writeable = False
    try:
        yield
    finally:
        for array in writeable:
            array.flags.writeable = True
