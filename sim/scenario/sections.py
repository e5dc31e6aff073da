"""The sections of a scenario, one for each mechanism that has one.

A mechanism joins this floor with its own file and its line here: its parameters, metrics, checks,
dates and JSON Schema follow from the section. Once they are all here the registry of parameters is
complete.
"""

from sim.parameters import GLOBALS, PARAMETERS
from sim.scenario.core import Core
from sim.scenario.developers import Developers
from sim.scenario.enterprise import Enterprise
from sim.scenario.regulation import Regulation
from sim.scenario.revenue import Revenue
from sim.scenario.safety import Safety

__all__ = ["GLOBALS", "PARAMETERS", "Sections"]


class Sections(Core):
    """The core of a scenario with the sections of all mechanisms."""

    developers: Developers | None = None
    enterprise: Enterprise | None = None
    revenue: Revenue | None = None
    safety: Safety | None = None
    regulation: Regulation | None = None
