"""Dated changes of global parameters.

    changes:
      - {date: 2027-01-01, set: {parameters.omega: 0.01 per day}}
      - date: 2028-01-01
        note: people look around more
        set: {parameters.omega: {value: 0.02 per day, label: A, source: "twice as much"}}

A change holds from its date on, until another one of the same parameter. Which parameters may move
the registry says: what the start is made of stays as it was (`Parameter.fixed`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from sim.scenario.base import Date, Instead, Part, Title
from sim.scenario.frozen import FrozenDict
from sim.scenario.named import ByParameter
from sim.scenario.quantity import Quantity

__all__ = ["Change"]

_PREFIX = "parameters."


class Change(Part):
    """New values of parameters from a date on."""

    date: Annotated[Date, Instead("values from the start on go into `parameters`")]
    note: Title | None = None
    set: Annotated[FrozenDict[str, Quantity], ByParameter(_PREFIX, moving=True)]

    @property
    def parameters(self) -> Mapping[str, Quantity]:
        """The new values by the parameters' names."""
        return MappingProxyType(
            {key.removeprefix(_PREFIX): value for key, value in self.set.items()}
        )
