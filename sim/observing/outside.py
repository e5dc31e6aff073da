"""Rows of mechanisms from outside."""

from collections.abc import Iterable, Sequence

from sim.market.actor import Row
from sim.market.guarded import Guarded
from sim.observing.observer import Observer, View


class OutsideRows(Observer):
    """They come after those of all `others`, whose names and order they leave alone. Raises
    MechanismError for a row that is somebody else's."""

    name = "outside"

    def __init__(self, view: View, others: Sequence[Observer] = ()) -> None:
        self._guarded = [actor for actor in view.market.actors if isinstance(actor, Guarded)]
        self._others = others
        self._looked = False

    def rows(self, day: float) -> Iterable[Row]:
        found = [actor.rows(day) for actor in self._guarded]
        if not self._looked:
            self._looked = True
            taken = {row[:2]: "uptake" for each in self._others for row in each.rows(day)}
            for actor, rows in zip(self._guarded, found, strict=True):
                actor.refuse(taken, day)
                taken |= {row[:2]: actor.name for row in rows}
        return [row for rows in found for row in rows]
