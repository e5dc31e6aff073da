"""The observers of a run, in the order of their rows. A new one: a file and a line."""

from typing import Final

from sim.market.guarded import Guarded
from sim.observing.holdout import HoldoutRows
from sim.observing.market import ActorRows, MarketRows
from sim.observing.network import NetworkTables
from sim.observing.observer import Observer, View
from sim.observing.outside import OutsideRows
from sim.observing.retention import RetentionTable
from sim.observing.several import SeveralRows
from sim.observing.surplus import SurplusRows
from sim.record.plan import Plan

__all__ = ["OBSERVERS", "open_observers"]

OBSERVERS: Final[tuple[type[Observer], ...]] = (
    MarketRows,
    ActorRows,
    HoldoutRows,
    SeveralRows,
    SurplusRows,
    RetentionTable,
    NetworkTables,
)


def open_observers(view: View, plan: Plan) -> list[Observer]:
    """The observers that a plan needs."""
    made = (observer.of(view, plan) for observer in OBSERVERS)
    observers = [observer for observer in made if observer is not None]
    if any(isinstance(actor, Guarded) for actor in view.market.actors):
        observers.append(OutsideRows(view, tuple(observers)))
    return observers
