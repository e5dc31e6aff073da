"""The registry: the one place where a parameter's unit, default, range and evidence live.

`PARAMETERS` holds all of them by dotted name. `GLOBALS` are those a scenario may set under
`parameters:`; the others describe fields of the scenario file (`platform.users`).
"""

from sim.parameters import (
    consumers,
    developers,
    enterprise,
    fields,
    market,
    metrics,
    regulation,
    research,
    safety,
    surplus,
)
from sim.parameters.record import LABELS, Label, Parameter, collect

__all__ = ["GLOBALS", "LABELS", "PARAMETERS", "Label", "Parameter"]

GLOBALS = collect(
    consumers.PARAMETERS,
    market.PARAMETERS,
    developers.GLOBALS,
    enterprise.GLOBALS,
    regulation.GLOBALS,
    research.GLOBALS,
    safety.GLOBALS,
    surplus.GLOBALS,
)
PARAMETERS = collect(
    GLOBALS.values(),
    fields.PARAMETERS,
    developers.SECTION,
    enterprise.SECTION,
    metrics.PARAMETERS,
    regulation.SECTION,
    research.PARAMETERS,
    safety.SECTION,
)
