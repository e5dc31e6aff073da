"""Scenario files: read, put together, checked, frozen.

`load` makes a `Scenario` of a file, a shipped name or a mapping, or raises `ScenarioError` with
everything that is wrong, each problem at its file, line and column. Each mechanism has its section
in a file of its own (`sections`); one from outside is passed to `load`, in Python.
"""

from sim.parameters import Parameter
from sim.parameters.metrics import declare_metric
from sim.scenario.base import Date, Id, IdsOrAll, Instead, Part
from sim.scenario.checker import Checker
from sim.scenario.exporting import json_schema
from sim.scenario.given import Given
from sim.scenario.loading import changed, load
from sim.scenario.locating import Available, available
from sim.scenario.model import Evidence, Scenario
from sim.scenario.nodes import Path
from sim.scenario.problems import Misfit, Problem, ScenarioError
from sim.scenario.quantity import Quantity, Spec, default
from sim.scenario.section import Section
from sim.scenario.sections import GLOBALS, PARAMETERS

__all__ = [
    "GLOBALS",
    "PARAMETERS",
    "Available",
    "Checker",
    "Date",
    "Evidence",
    "Given",
    "Id",
    "IdsOrAll",
    "Instead",
    "Misfit",
    "Parameter",
    "Part",
    "Path",
    "Problem",
    "Quantity",
    "Scenario",
    "ScenarioError",
    "Section",
    "Spec",
    "available",
    "changed",
    "declare_metric",
    "default",
    "json_schema",
    "load",
]
