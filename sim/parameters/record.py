"""What is known about one parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from sim import units

__all__ = ["LABELS", "Label", "Parameter", "fixed"]

Label = Literal["S", "D", "A"]

# S: read in published or quoted material; D: derived or computed; A: an assumption, to be swept.
LABELS: Mapping[str, str] = MappingProxyType({"S": "published", "D": "derived", "A": "assumption"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its unit, default, range, evidence and meaning.

    `default` is None when a scenario must give the value. `low` and `high` (both included) and
    `default` are numbers in `unit`. `label` and `source` are the evidence for the default. `off`
    is a value outside the range that is allowed because it switches the mechanism off: the range
    says what is plausible where the mechanism is at work, and textbook cases do without it.
    `fixed` says why the value cannot move during a run; None where it may.
    """

    name: str
    unit: str
    default: float | None
    low: float
    high: float
    label: Label
    source: str
    about: str
    off: float | None = None
    fixed: str | None = None

    def __post_init__(self) -> None:
        units.unit(self.unit)
        if not self.low <= self.high:
            raise ValueError(f"{self.name}: the range is empty")
        if self.default is not None and not self.low <= self.default <= self.high:
            raise ValueError(f"{self.name}: the default lies outside the range")
        if self.label not in LABELS or not self.source or not self.about:
            raise ValueError(f"{self.name}: label, source and about must be given")

    def allows(self, value: float) -> bool:
        """Whether `value`, in `unit`, lies in the range or switches the mechanism off."""
        return self.low <= value <= self.high or (self.off is not None and value == self.off)

    @property
    def range_text(self) -> str:
        """The range for people to read, e.g. `0 or 0.001 to 0.03 per day`."""
        low, high = units.human(self.low, self.unit), units.human(self.high, self.unit)
        words = high.partition(" ")[2]
        if words and low.endswith(f" {words}"):
            low = low.removesuffix(f" {words}")
        text = f"{low} to {high}"
        return text if self.off is None else f"{self.off:g} or {text}"


def fixed(reason: str, *parameters: Parameter) -> tuple[Parameter, ...]:
    """The parameters as ones that cannot move during a run, for a reason in a few words."""
    return tuple(replace(parameter, fixed=reason) for parameter in parameters)
