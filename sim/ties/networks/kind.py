"""What a scenario can ask for by name, `ties: network: NAME`: one record for each kind of network.

Nothing here and in the records loads numpy before a network is made: a scenario is read and checked
without.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked, Settings


def _nothing(mean_degree: float, settings: "Settings") -> float:
    return 0.0


@dataclass(frozen=True)
class Kind:
    """A kind of network.

    `make` raises ValueError for what the people cannot form. `takes` are settings of the ties
    beside the mean degree that it heeds; what it does not take, it refuses.
    """

    name: str
    about: str
    """For the schema: what sets it apart, in a few words."""
    make: Callable[["Asked"], "Layer"]
    takes: tuple[str, ...] = ()
    stored: bool = True
    """Does it hold its ties, in rows, or work them out?"""
    building: float = 0.0
    """Bytes that it takes for each end of a tie while a layer is made, besides the layer."""
    more: Callable[[float, "Settings"], float] = _nothing
    """Bytes a person that its layer holds besides rows, by mean degree and settings."""
