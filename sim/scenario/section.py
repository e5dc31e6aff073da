"""The part of a scenario that a mechanism brings: its settings, and what they must fit."""

from sim.scenario.base import Part
from sim.scenario.checker import Checker
from sim.scenario.nodes import Path

__all__ = ["Section"]


class Section(Part):
    """A mechanism's section at the top of a scenario; without it the mechanism is not there.

    Quantities are fields `Annotated[Quantity, Spec(...)]`, dates `Date`: units, ranges, evidence
    and dates before the start are checked for every section alike.
    """

    def check(self, c: Checker, at: Path) -> None:
        """Report what types cannot say, with `c`; the section stands at `at`.

        Comparisons must fail for a quantity that is not a number: such a value was reported before.
        """
