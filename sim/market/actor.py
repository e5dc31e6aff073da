"""What a mechanism of the market is: events on the clock, effects on fields, rows, measures."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from sim.clock import Clock, Event
from sim.market.happening import EventKind
from sim.market.labs.levels import Level
from sim.rates.fields import Fields

#: (entity, metric, value) of one day of the market table.
Row = tuple[str, str, float]
#: A metric that rules may look at, given the lab (or other entity) it is asked of.
Measure = Callable[[str | None], float]


class Actor:
    """A mechanism of the market. Whatever it does not override does nothing.

    All that moves in it is in `state`, a dataclass of plain values and arrays, which is written
    into checkpoints and put back in place; everything else follows from the scenario and may be
    made again. Events it schedules are data.
    """

    name: str = ""
    """Names it among the mechanisms of a run."""
    kinds: ClassVar[Mapping[str, EventKind]] = {}
    """The kinds of events that it writes into the log."""
    state: Any = None

    @classmethod
    def of(cls, market: Any) -> "Actor | None":
        """The mechanism for a `sim.market.market.Market`; None where its scenario does not ask for
        it."""
        raise NotImplementedError(f"{cls.__name__}.of")

    def attach(self, clock: Clock) -> None:
        """Register the handlers of its events."""

    def agenda(self) -> Iterable[Event]:
        """The events known at the start: first occurrences only; a handler schedules what
        repeats."""
        return ()

    def shape(self, fields: Fields, day: float) -> None:
        """Put its effect into `fields`, those of the tick that begins on `day`.

        They hold the market's base values and the effects of the mechanisms before this one, and
        are made anew for each tick: nothing has to be taken back. Changes nothing else.
        """

    def watch(self, day: float) -> None:
        """Look at the market at a tick, when the fields are shaped and before people move."""

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

    def tables(self) -> Mapping[str, Any]:
        """Further tables (pyarrow) by name, of what there is by now."""
        return {}
