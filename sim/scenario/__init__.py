"""Scenario files: read, put together, checked, frozen.

`load` makes a `Scenario` of a file, a shipped name or a mapping, or raises `ScenarioError` with
everything that is wrong, each problem at its file, line and column.
"""

from sim.scenario.exporting import json_schema
from sim.scenario.loading import changed, load
from sim.scenario.locating import Available, available
from sim.scenario.model import Evidence, Scenario
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.quantity import Quantity, Spec

__all__ = [
    "Available",
    "Evidence",
    "Problem",
    "Quantity",
    "Scenario",
    "ScenarioError",
    "Spec",
    "available",
    "changed",
    "json_schema",
    "load",
]
