"""What a mechanism of the market is: handlers on the clock, fields before people move, rows."""

from collections.abc import Callable, Iterable, Mapping

from sim.clock import Clock
from sim.market.levels import Level

#: (entity, metric, value) of one day of the market table.
Row = tuple[str, str, float]
#: A metric that rules may look at, given the lab (or other entity) it is asked of.
Measure = Callable[[str | None], float]


class Actor:
    """A mechanism of the market. Whatever it does not override does nothing."""

    def attach(self, clock: Clock) -> None:
        """Register handlers and put the first events on the clock."""

    def write_fields(self, day: float) -> None:
        """Bring the fields up to date for the tick that begins on `day`, before people move."""

    def advance(self, day: float, dt: float, tick: int) -> None:
        """Move on by one tick, after the people did."""

    def permit(self, time: float, lab: str, tier: str, capability: float, level: Level) -> Level:
        """The level that a version may have when its lab would release it at `level`."""
        return level

    def rows(self, day: float) -> Iterable[Row]:
        """Rows for the market table: the same entities and metrics every day."""
        return ()

    def measures(self) -> Mapping[str, Measure]:
        """Metrics that policy rules and stop rules may look at."""
        return {}
