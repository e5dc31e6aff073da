"""The mechanism `changes`: parameters that move on given dates."""

from collections.abc import Iterable
from typing import ClassVar

from sim.clock import Clock, Event, Priority, event_id
from sim.market.actor import Actor
from sim.market.happening import EventKind
from sim.market.market import Market


class Changes(Actor):
    """Carries out the events `change`: the market's parameters, which everybody reads, get their
    new values before anything else of that day."""

    name = "changes"
    kinds: ClassVar = {
        "change": EventKind(
            "a parameter moves", holds={"number": "its new value", "what": "name of the parameter"}
        ),
    }

    def __init__(self, market: Market) -> None:
        self._market = market

    @classmethod
    def of(cls, market: Market) -> "Changes":
        return cls(market)

    def attach(self, clock: Clock) -> None:
        clock.on("change", self._on_change)

    def agenda(self) -> Iterable[Event]:
        scenario = self._market.scenario
        for slot, change in enumerate(scenario.changes):
            day = float((change.date - scenario.start).days)
            for name, value in change.parameters.items():
                data = {
                    "parameter": name,
                    "value": float(value),
                    "text": value.text,
                    "slot": slot,
                }
                place = event_id("change", slot, name)
                yield Event(day, Priority.CHANGE, place, "change", "market", data)

    def _on_change(self, event: Event) -> Iterable[Event]:
        name, value = event.data["parameter"], event.data["value"]
        before = self._market.parameters[name]
        self._market.parameters[name] = value
        said = f"{name} from {before:g} to {value:g}"
        self._market.note(event.time, event.kind, event.entity, said, number=value, what=name)
        return ()
