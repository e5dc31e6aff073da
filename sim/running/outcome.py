"""What a finished run is made of."""

from collections.abc import Mapping
from typing import Any, Protocol

from sim.record.manifest import ScenarioLike
from sim.record.plan import Plan

__all__ = ["Outcome"]


class Outcome(Protocol):
    """What a simulation hands over: the scenario it ran and what it recorded."""

    @property
    def scenario(self) -> ScenarioLike: ...
    @property
    def tables(self) -> Mapping[str, Any]: ...
    @property
    def engine_s(self) -> float: ...
    @property
    def ticks(self) -> int: ...
    @property
    def people(self) -> int: ...
    @property
    def bytes_per_person(self) -> float | None: ...
    @property
    def plan(self) -> Plan: ...
