"""What a kind of network is made from."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.draws.permutation import KeyedPermutation
from sim.ties.degrees import DegreeHistogram, degree_histogram
from sim.ties.read_options import Choice
from sim.ties.rows import I64


class Settings(Protocol):
    """What a scenario says of the ties of a platform beside the mean degree."""

    @property
    def network(self) -> str: ...
    @property
    def distribution(self) -> str: ...
    @property
    def median_share(self) -> float: ...
    @property
    def exponent(self) -> float: ...
    @property
    def largest_degree(self) -> float: ...
    @property
    def clustering(self) -> float: ...
    @property
    def file(self) -> str | None: ...
    @property
    def self_ties(self) -> Choice: ...
    @property
    def duplicates(self) -> Choice: ...


@dataclass(frozen=True)
class Asked:
    """A network of some of all people simulated, who lie in memory class by class.

    `size` (C,) people by class, `segment_of` (C,) the segment of each, `runs` (runs, 2) ranges
    (start, stop) of ids of those to be tied. `layer` names the platform and keys the draws. `file`
    is where the network file lies, for settings that name one.
    """

    layer: str
    size: I64
    segment_of: NDArray[np.uint8]
    runs: I64
    mean_degree: float
    settings: Settings
    homophily: float
    seed: int
    file: Path | None = None

    @property
    def people(self) -> int:
        """All people simulated."""
        return int(self.size.sum())

    @cached_property
    def members(self) -> NDArray[np.int32]:
        """Ids of those to be tied, sorted."""
        return np.concatenate([np.arange(a, b, dtype=np.int32) for a, b in self.runs])

    @property
    def segment(self) -> NDArray[np.uint8]:
        """The segment of everybody."""
        return np.repeat(self.segment_of, self.size)

    @property
    def histogram(self) -> DegreeHistogram:
        """The distribution of contacts."""
        mean, largest = self.mean_degree, int(self.settings.largest_degree)
        match self.settings.distribution:
            case "power-law":
                exponent = float(self.settings.exponent)
                return degree_histogram("power_law", mean, exponent=exponent, largest=largest)
            case "lognormal":
                median = mean * float(self.settings.median_share)
                return degree_histogram("lognormal", mean, median=median, largest=largest)
            case kind:
                return degree_histogram(kind, mean)

    def dealt(self, count: int) -> NDArray[np.int32]:
        """`count` members in an order of their own: what depends on who stands beside whom (a ring,
        the nodes of a file) must know nothing of classes."""
        order = KeyedPermutation(self.members.size, self.seed, "places in a network", self.layer)
        return self.members[order.of(np.arange(count))]
