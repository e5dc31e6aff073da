"""Parameters: each with its unit, default, range and evidence, in one registry."""

from sim.parameters import consumers, fields, market, surplus
from sim.parameters.record import LABELS, Label, Parameter
from sim.parameters.registry import GLOBALS, PARAMETERS, declare, declare_globals

__all__ = ["GLOBALS", "LABELS", "PARAMETERS", "Label", "Parameter"]

declare_globals(*consumers.PARAMETERS, *market.PARAMETERS, *surplus.GLOBALS)
declare(*fields.PARAMETERS)
