"""The observers of a run, those that its plan needs, in the order of their rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from numpy.typing import NDArray

from sim.market.actor import Row
from sim.market.guarded import Guarded
from sim.observing.holdout import Holdouts
from sim.observing.market import MarketRows
from sim.observing.network import NetworkMeter
from sim.observing.observer import Observer, Tick, View
from sim.observing.retention import Retention
from sim.observing.several import SeveralMeter
from sim.observing.surplus import SurplusMeter
from sim.people.layers import tied_platforms
from sim.record.plan import Plan

__all__ = ["OBSERVERS", "open_observers"]


class ActorRows(Observer):
    """Rows of the mechanisms of the product."""

    name = "mechanisms"

    def __init__(self, view: View) -> None:
        self._market = view.market

    def rows(self, day: float) -> Iterable[Row]:
        for actor in self._market.actors:
            if not isinstance(actor, Guarded):
                yield from actor.rows(day)


class OutsideRows(Observer):
    """Rows of mechanisms from outside, after all others, whose names and order they leave alone."""

    name = "outside"

    def __init__(self, guarded: Sequence[Guarded], others: Sequence[Observer]) -> None:
        self._guarded, self._others = guarded, others
        self._taken: dict[tuple[str, str], str] = {}

    def rows(self, day: float) -> Iterable[Row]:
        found = [actor.rows(day) for actor in self._guarded]
        if not self._taken:
            self._taken = {row[:2]: "uptake" for each in self._others for row in each.rows(day)}
            for actor, rows in zip(self._guarded, found, strict=True):
                actor.refuse(self._taken, day)
                self._taken |= {row[:2]: actor.name for row in rows}
        return [row for rows in found for row in rows]


class HoldoutRows(Observer):
    """What the experiments of a run measure."""

    name = "holdout"

    def __init__(self, view: View) -> None:
        self._view, self._holdouts = view, Holdouts.of(view.world, view.states)

    def rows(self, day: float) -> Iterable[Row]:
        return self._holdouts.rows(self._view.people)


class SeveralRows(Observer):
    """How many people use several features."""

    name = "several"

    def __init__(self, view: View) -> None:
        self._view = view
        self._meter = SeveralMeter.of(view.states, view.parameters)

    def rows(self, day: float) -> Iterable[Row]:
        anything = self._view.meter.anything(self._view.people)
        return self._meter.rows(self._view.people, *anything)


class SurplusRows(Observer):
    """What people would pay for the features they met."""

    name = "surplus"

    def __init__(self, view: View) -> None:
        self._view = view

    def rows(self, day: float) -> Iterable[Row]:
        view = self._view
        meter = SurplusMeter.of(view.world, view.states, view.parameters)
        utility, available = view.hazards.utilities(view.market.met, view.people)
        return meter.rows(view.people, utility, available)


class RetentionTable(Observer):
    """Cohorts of beginners."""

    name = "retention"

    def __init__(self, view: View) -> None:
        self._meter = view.meter
        self._retention = Retention(
            view.world,
            view.states,
            view.parameters,
            start=view.scenario.start,
            days=view.scenario.days,
            dt=view.dt,
        )
        self.state = self._retention.state

    def follow(self, tick: Tick) -> None:
        self._retention.observe(tick.before, tick.flows, self._meter.state.first[:-1])

    def tables(self) -> Mapping[str, Any]:
        return {"retention": self._retention.table()}


class NetworkTables(Observer):
    """Use among people with ties."""

    name = "network"

    def __init__(self, meter: NetworkMeter) -> None:
        self.meter = meter

    @classmethod
    def of(cls, view: View, plan: Plan) -> "NetworkTables | None":
        """None where nobody has ties, or nobody asks for its tables."""
        if not (plan.wants_table("network") or plan.wants_table("cascades")):
            return None
        tied = tied_platforms(view.scenario.platforms)
        meter = NetworkMeter.of(view.world, view.states, view.consumers, tied, view.scenario.start)
        return None if meter is None else cls(meter)

    @property
    def bytes(self) -> int:
        return self.meter.bytes

    def look(self, day: float, *, last: bool) -> None:
        self.meter.read(day, last=last)

    def moving(self) -> Mapping[str, NDArray[Any]]:
        return self.meter.moving()

    def resume(self, moving: Mapping[str, NDArray[Any]]) -> None:
        self.meter.resume(moving)

    def tables(self) -> Mapping[str, Any]:
        return self.meter.tables()


def _retention(view: View, plan: Plan) -> Observer | None:
    return RetentionTable(view) if plan.wants_table("retention") else None


#: What makes each observer, or nothing where the plan does not ask for what it sees.
OBSERVERS: Final[tuple[Callable[[View, Plan], Observer | None], ...]] = (
    lambda view, plan: MarketRows(view),
    lambda view, plan: ActorRows(view),
    lambda view, plan: HoldoutRows(view),
    lambda view, plan: SeveralRows(view),
    lambda view, plan: SurplusRows(view),
    _retention,
    NetworkTables.of,
)


def open_observers(view: View, plan: Plan) -> list[Observer]:
    """The observers that a plan needs."""
    made = (opener(view, plan) for opener in OBSERVERS)
    observers = [observer for observer in made if observer is not None]
    guarded = [actor for actor in view.market.actors if isinstance(actor, Guarded)]
    if guarded:
        observers.append(OutsideRows(guarded, tuple(observers)))
    return observers
