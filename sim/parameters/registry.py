"""The registry: the one place where a parameter's unit, default, range and evidence live.

A parameter is declared where what it is of is described: those of people and of the market in this
folder, those of a mechanism beside its section (`sim.scenario.safety`). So the registry is complete
once `sim.scenario` is imported.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sim.parameters.record import Parameter

__all__ = ["GLOBALS", "PARAMETERS", "adopt", "declare", "declare_globals"]

_parameters: dict[str, Parameter] = {}
_globals: dict[str, Parameter] = {}
_adopted: set[str] = set()

#: All parameters by dotted name.
PARAMETERS: Mapping[str, Parameter] = MappingProxyType(_parameters)
#: Those that a scenario may set under `parameters:`. The others describe fields of the scenario
#: file (`platform.users`).
GLOBALS: Mapping[str, Parameter] = MappingProxyType(_globals)


def declare(*parameters: Parameter) -> None:
    """Register what fields of a scenario file hold. Raises ValueError for a name given twice."""
    for parameter in parameters:
        if parameter.name in _parameters:
            raise ValueError(f"parameter {parameter.name} is registered twice")
        _parameters[parameter.name] = parameter


def declare_globals(*parameters: Parameter) -> None:
    """Register what a scenario may set under `parameters:`, as `declare`."""
    declare(*parameters)
    _globals.update((parameter.name, parameter) for parameter in parameters)


def adopt(parameter: Parameter) -> None:
    """Register a parameter of a mechanism from outside.

    A later one of the same name takes its place, as when a cell of a notebook runs again. Raises
    ValueError for a name that the program itself has.
    """
    known = _parameters.get(parameter.name)
    if known == parameter:
        return
    if known is not None and parameter.name not in _adopted:
        raise ValueError(f"parameter {parameter.name} is one of the program's own")
    _adopted.add(parameter.name)
    _parameters[parameter.name] = parameter
