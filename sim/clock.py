"""The clock: discrete events in a total order, carried by SimPy.

An event is data: a time, a priority, a stable id, what happens to whom, and plain values. No
generator holds state, so the pending events can be written down, read back and forked: the state of
a clock is its day and they. SimPy keeps the time and wakes the clock once per distinct instant;
within an instant events run by (priority, id), whatever the order in which they were scheduled.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import simpy


class Priority(IntEnum):
    """The total order within one instant: what was decided before, what the market does, what is
    decided now; people move last."""

    ACCOUNTS = 1
    """Steps of deals: they belong to the end of the day before."""
    CHANGE = 3
    """Dated changes of parameters, before anything reads them."""
    REGULATION = 5
    RESEARCH = 8
    TURN = 9
    """A lab's new policy for new versions, before the releases of that day."""
    RELEASE = 10
    LEVEL = 20
    INCIDENT = 25
    ROLLOUT = 30
    PRICE = 40
    APPS = 50
    RULE = 59
    """What a rule decided, ahead of other reviews of this instant, which see it."""
    REVIEW = 60
    SUMMARY = 90
    """Monthly lines of the log, after the day's decisions."""
    TICK = 100


@dataclass(frozen=True, order=True)
class Event:
    """Something that will happen. `time` in days since the scenario's start.

    `id` names the event by owner and slot, the same in every scenario, as `event_id` makes it, so
    that what a file dates to one day happens in the order of the file; `data` holds plain values
    only (numbers, text, lists, mappings), so that an event can be written to disk.
    """

    time: float
    priority: int
    id: str
    kind: str = field(compare=False)
    entity: str = field(compare=False)
    data: Mapping[str, Any] = field(compare=False, default_factory=dict)


def event_id(*parts: str | int) -> str:
    """The id of an event from names and numbers. Numbers, slots in a file for one, are padded, so
    that ids sort as they do: entry 9 before entry 10. What happens to one thing begins alike
    whatever is done to it, since text orders by what comes first."""
    return ":".join(part if isinstance(part, str) else f"{part:06}" for part in parts)


Handler = Callable[[Event], Iterable[Event]]


class Clock:
    """Runs events in order; a handler returns the events that follow from one."""

    def __init__(self) -> None:
        self._environment = simpy.Environment()
        self._instant = 0.0
        self._pending: list[Event] = []
        self._alarms: set[float] = set()
        self._handlers: dict[str, Handler] = {}

    @property
    def now(self) -> float:
        """Day of the latest instant reached: its events' own time, free of SimPy's rounding of
        sums."""
        return self._instant

    def on(self, kind: str, handler: Handler) -> None:
        """Call `handler` for every event of `kind`. Raises ValueError if the kind has one
        already."""
        if kind in self._handlers:
            raise ValueError(f"events of kind {kind!r} already have a handler")
        self._handlers[kind] = handler

    def schedule(self, events: Iterable[Event]) -> None:
        """Add events. Raises ValueError for one in the past, KeyError for a kind nobody handles."""
        for event in events:
            if event.time < self.now:
                raise ValueError(f"{event.id} at day {event.time} lies before day {self.now}")
            if event.kind not in self._handlers:
                raise KeyError(event.kind)
            heapq.heappush(self._pending, event)
            if event.time not in self._alarms:
                self._alarms.add(event.time)
                delay = max(event.time - float(self._environment.now), 0.0)
                alarm = self._environment.timeout(delay, value=event.time)
                assert alarm.callbacks is not None
                alarm.callbacks.append(self._wake)

    def resume(self, day: float, pending: Iterable[Event]) -> None:
        """Go on from `day` with these events, in place of all there were. Raises as `schedule`."""
        self._environment = simpy.Environment(initial_time=day)
        self._instant = float(day)
        self._pending.clear()
        self._alarms.clear()
        self.schedule(pending)

    def pending(self) -> tuple[Event, ...]:
        """Every event that has not happened yet, in the order in which they will."""
        return tuple(sorted(self._pending))

    def run(self, until: float, stop: Callable[[], bool] | None = None) -> None:
        """Run every event up to and including the day `until`, or until `stop()` is true between
        two instants."""
        while self._pending and self._pending[0].time <= until:
            if stop is not None and stop():
                return
            self._environment.step()

    def _wake(self, alarm: simpy.Event) -> None:
        instant = float(alarm.value)  # type: ignore[arg-type]
        self._instant = max(self._instant, instant)
        self._alarms.discard(instant)
        while self._pending and self._pending[0].time <= self._instant:
            event = heapq.heappop(self._pending)
            self.schedule(self._handlers[event.kind](event))
