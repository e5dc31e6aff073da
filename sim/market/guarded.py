"""A mechanism from outside under guard: what it does wrong is said at once, and by its name.

The guard stands in the place of the actor and hands everything on. It costs some microseconds a
tick and is there for mechanisms from outside alone; those of the product have tests.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import is_dataclass
from typing import Any, cast

import numpy as np

from sim.clock import Clock, Event, Handler
from sim.market.actor import Actor, Measure, Row
from sim.market.happening import EventKind
from sim.market.labs.levels import Level
from sim.parameters.metrics import METRICS
from sim.rates.fields import NAMES, Fields, held
from sim.scenario.problems import Misfit, ScenarioError

__all__ = ["Guarded", "MechanismError", "speaking_of"]

#: Fields that are shares, and others that are never below zero.
_SHARES = ("rollout", "integration", "is_default", "standalone")
_RATES = ("strength", "reconsider", "pull", "trust", "acute_churn")

_LOOK_ONLY = (
    "; `market.fields`, `market.met` and, outside of events, `market.base` are there to be looked "
    "at: put an effect into the fields that `shape` is given"
)


class MechanismError(Exception):
    """A mechanism from outside does what none may do; the text names it and says what."""


@contextmanager
def speaking_of(name: str, hook: str, day: float | None = None) -> Iterator[None]:
    """Whatever is raised within is the mechanism's, and says so."""
    try:
        yield
    except (MechanismError, ScenarioError, Misfit):
        raise
    except Exception as error:
        where = f"mechanism `{name}`, `{hook}`" + ("" if day is None else f" on day {day:g}")
        hint = _LOOK_ONLY if "read-only" in str(error) else ""
        raise MechanismError(f"{where}: {type(error).__name__}: {error}{hint}") from error


class Guarded(Actor):
    """The actor of a mechanism from outside, known by the mechanism's name. Raises MechanismError
    where the two do not fit each other or the market."""

    def __init__(self, name: str, actor: object, market: Any) -> None:
        self.name, self._market = name, market
        if not isinstance(actor, Actor):
            raise self._error(f"`open` gave a {type(actor).__name__}, not an Actor or None")
        self.actor = actor
        self._rows: list[tuple[str, str]] | None = None
        if actor.name not in ("", name):
            raise self._error(f"its actor calls itself `{actor.name}`")
        if isinstance(actor.state, type) or not (actor.state is None or is_dataclass(actor.state)):
            raise self._error("`state` is not a dataclass")
        taken = {kind: other.name for other in market.actors for kind in kinds_of(other)}
        for kind, record in actor.kinds.items():
            if kind in taken:
                raise self._error(f"`{taken[kind]}` has events of kind `{kind}` already")
            if not isinstance(record, EventKind):
                raise self._error(f"its kind `{kind}` is not described by an EventKind")

    @property
    def state(self) -> Any:
        """The actor's own."""
        return self.actor.state

    @state.setter
    def state(self, state: Any) -> None:
        self.actor.state = state

    # --- events

    def attach(self, clock: Clock) -> None:
        with self._hook("attach"):
            self.actor.attach(cast(Clock, _Attaching(clock, self)))

    def agenda(self) -> Iterable[Event]:
        with self._hook("agenda"):
            return self._events("agenda", self.actor.agenda())

    def handling(self, handler: Handler) -> Handler:
        """A handler of the actor's, under guard."""

        def handled(event: Event) -> Iterable[Event]:
            with self._hook(f"event {event.kind}", event.time), held(*self._looked_at()):
                return self._events(f"event {event.kind}", handler(event))

        return handled

    def _events(self, hook: str, given: Iterable[Event] | None) -> list[Event]:
        if given is None:
            raise self._error("gives None where events are due; `()` stands for none", hook)
        events, now = list(given), self._market.clock.now
        for event in events:
            if not isinstance(event, Event):
                raise self._error(f"{event!r} is not an Event", hook)
            if not (math.isfinite(event.time) and event.time >= now):
                said = f"the event {event.id} on day {event.time:g} lies before day {now:g}"
                raise self._error(said, hook)
            if not _is_plain(event.data):
                said = f"the event {event.id} holds more than numbers, text, lists and mappings"
                raise self._error(said, hook)
            if not _has_handler(self._market.clock, event.kind):
                raise self._error(f"nobody handles events of kind `{event.kind}`", hook)
        return events

    # --- once a tick

    def shape(self, fields: Fields, day: float) -> None:
        with self._looking("shape", day):
            self.actor.shape(fields, day)
        for name in NAMES:
            self._require_sound(name, getattr(fields, name), day)

    def _require_sound(self, name: str, array: object, day: float) -> None:
        expected = getattr(self._market.base, name)
        if not isinstance(array, np.ndarray) or array.shape != expected.shape:
            shape = getattr(array, "shape", type(array).__name__)
            said = f"makes `{name}` {shape} where it is {expected.shape}"
        elif np.isnan(array).any():
            said = f"makes `{name}` not a number"
        elif name in _SHARES and ((array < 0.0) | (array > 1.0)).any():
            said = f"makes `{name}`, a share, {array.min():g} to {array.max():g}"
        elif name in _RATES and (array < 0.0).any():
            said = f"makes `{name}` negative: {array.min():g}"
        else:
            return
        raise self._error(said, "shape", day)

    def watch(self, day: float) -> None:
        with self._looking("watch", day):
            self.actor.watch(day)

    def advance(self, day: float, dt: float, tick: int) -> None:
        with self._hook("advance", day), held(*self._looked_at()):
            self.actor.advance(day, dt, tick)

    def permit(self, time: float, lab: str, tier: str, capability: float, level: Level) -> Level:
        with self._looking("permit", time):
            permitted = self.actor.permit(time, lab, tier, capability, level)
        if not isinstance(permitted, Level):
            raise self._error(f"{permitted!r} is not a Level", "permit", time)
        return permitted

    # --- what it tells

    def rows(self, day: float) -> list[Row]:
        with self._looking("rows", day):
            rows = list(self.actor.rows(day))
        for row in rows:
            if not _is_row(row):
                said = f"{row!r} is not (entity, metric, value); nan stands for not measured"
                raise self._error(said, "rows", day)
        names = [row[:2] for row in rows]
        if self._rows is None:
            self._rows = names
            if twice := {name for name in names if names.count(name) > 1}:
                raise self._error(f"gives twice: {_named(twice)}", "rows", day)
        if names != self._rows:
            odd = set(names) ^ set(self._rows)
            said = f"sometimes: {_named(odd)}" if odd else "in another order"
            said = f"the same rows are due every day; given {said}"
            raise self._error(said, "rows", day)
        return rows

    def refuse(self, taken: Mapping[tuple[str, str], str], day: float) -> None:
        """Raise MechanismError where one of its rows is somebody's already."""
        for name in self._rows or ():
            if name in taken:
                raise self._error(f"{_named([name])} is a row of `{taken[name]}`", "rows", day)

    def measures(self) -> Mapping[str, Measure]:
        with self._hook("measures"):
            measures = dict(self.actor.measures())
        for metric in measures:
            if self._market.measures(metric):
                raise self._error(f"the metric `{metric}` is measured already", "measures")
        declared = {name for name, metric in METRICS.items() if metric.section == self.name}
        if lacking := sorted(declared - measures.keys()):
            raise self._error(f"nobody measures its metric {', '.join(lacking)}", "measures")
        return {name: self._measuring(name, measure) for name, measure in measures.items()}

    def _measuring(self, name: str, measure: Measure) -> Measure:
        def measured(of: str | None) -> float:
            with self._looking(f"measure {name}", self._market.clock.now):
                return float(measure(of))

        return measured

    def tables(self) -> Mapping[str, Any]:
        with self._looking("tables", self._market.clock.now):
            tables = self.actor.tables()
        if tables:
            raise self._error("a run has no further tables; it takes rows and events", "tables")
        return {}

    # --- the guard

    @contextmanager
    def _looking(self, hook: str, day: float) -> Iterator[None]:
        """Within, the market's fields and their base values cannot be written."""
        with self._hook(hook, day), held(*self._looked_at(), self._market.base):
            yield

    def _looked_at(self) -> tuple[Fields, Fields]:
        return self._market.fields, self._market.met

    @contextmanager
    def _hook(self, hook: str, day: float | None = None) -> Iterator[None]:
        """Within, the actor acts: what it raises and what it writes into the log is looked at."""
        lines = len(self._market.log)
        with speaking_of(self.name, hook, day):
            yield
        if len(self._market.log) == lines:
            return
        known = {k: v for actor in self._market.actors for k, v in kinds_of(actor).items()}
        known |= self.actor.kinds
        for line in self._market.log[lines:]:
            if line.kind not in known:
                said = f"writes an event of kind `{line.kind}`, which no mechanism declares"
                raise self._error(f"{said} in its `kinds`", hook, day)
            lacking = [name for name in known[line.kind].names if getattr(line, name) is None]
            if lacking:
                said = f"an event of kind `{line.kind}` lacks {', '.join(lacking)}"
                raise self._error(said, hook, day)

    def _error(self, said: str, hook: str = "", day: float | None = None) -> MechanismError:
        where = f", `{hook}`" if hook else ""
        when = "" if day is None else f" on day {day:g}"
        return MechanismError(f"mechanism `{self.name}`{where}{when}: {said}")


class _Attaching:
    """The clock as the actor sees it that registers its handlers."""

    def __init__(self, clock: Clock, guard: Guarded) -> None:
        self._clock, self._guard = clock, guard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)

    def on(self, kind: str, handler: Handler) -> None:
        self._clock.on(kind, self._guard.handling(handler))


def kinds_of(actor: Actor) -> Mapping[str, EventKind]:
    """The kinds of events that an actor writes, guarded or not."""
    return (actor.actor if isinstance(actor, Guarded) else actor).kinds


def _is_row(row: object) -> bool:
    if not isinstance(row, tuple) or len(row) != 3:
        return False
    entity, metric, value = row
    named = isinstance(entity, str) and isinstance(metric, str) and bool(entity and metric)
    return named and isinstance(value, float | int | np.number) and not math.isinf(value)


def _is_plain(data: object) -> bool:
    if isinstance(data, Mapping):
        return all(isinstance(key, str) and _is_plain(value) for key, value in data.items())
    if isinstance(data, list | tuple):
        return all(map(_is_plain, data))
    return data is None or isinstance(data, bool | int | float | str)


def _has_handler(clock: Clock, kind: str) -> bool:
    """The clock refuses a second handler; where it takes one there was none, and the run ends."""
    try:
        clock.on(kind, lambda event: ())
    except ValueError:
        return True
    return False


def _named(names: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{entity}, {metric}" for entity, metric in sorted(names))
