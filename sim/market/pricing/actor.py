"""Prices: dated changes and what policies decide. The base price is the list price; what people
pay is the field, with every mechanism's effect."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from sim.clock import Clock, Event, Priority, event_id
from sim.market.actor import Actor, Measure
from sim.market.happening import EventKind
from sim.market.market import Market


class Prices(Actor):
    """Carries out the events `price`."""

    name = "pricing"
    kinds: ClassVar = {
        "price": EventKind("a new price", ("feature",), holds={"number": "USD a month"})
    }

    def __init__(self, market: Market) -> None:
        self._market = market

    @classmethod
    def of(cls, market: Market) -> "Prices":
        return cls(market)

    def attach(self, clock: Clock) -> None:
        clock.on("price", self._on_price)

    def agenda(self) -> Iterable[Event]:
        scenario = self._market.scenario
        for name, feature in scenario.features.items():
            for slot, change in enumerate(feature.prices):
                day = float((change.date - scenario.start).days)
                data = {"price": float(change.price)}
                place = event_id("price", name, slot)
                yield Event(day, Priority.PRICE, place, "price", name, data)

    def measures(self) -> Mapping[str, Measure]:
        return {"price": self._price}

    def _price(self, of: str | None) -> float:
        return float(self._market.fields.price[self._market.features.index(str(of))])

    def _on_price(self, event: Event) -> Iterable[Event]:
        market, j = self._market, self._market.features.index(event.entity)
        price = event.data["price"]
        said = f"from {market.base.price[j]:g} to {price:g} USD a month"
        market.note(event.time, event.kind, event.entity, said, feature=event.entity, number=price)
        market.base.price[j] = price
        market.refresh(event.time, "price")
        return ()
