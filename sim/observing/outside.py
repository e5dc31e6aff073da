"""Rows of mechanisms from outside, each under guard."""

from collections.abc import Iterable, Sequence

from sim.market.actor import Row
from sim.market.guarded import Guarded
from sim.observing.observer import Observer


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
