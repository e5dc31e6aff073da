"""Incidents as a thinned keyed Poisson field.

Every entity (a tier of a lab's models in one channel) has a plane, time by height, strewn with the
points of a Poisson process: on average one in each cell of a month by `STRIP` a year. A point
happens when its height is below the entity's hazard at its time, so incidents come at exactly that
hazard, and a hazard that is higher everywhere has all of the same points and more. Cells are
drawn when a hazard first reaches them; what they hold depends on the seed and on names only.

The hazard of version v in channel h (own products and API, or wild), in incidents a year:

    l0 (K_v / K0)^gamma reach_h^eta (1 - m_h G_h)

and of these the share max(0, 1 - Ksub / K_v) is marginal: it would not have happened with what is
irrevocably available elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import KeyedUniforms, entity_id
from sim.units import DAYS_PER_MONTH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

#: Height of a cell in incidents a year; with cells a month long, a cell has one point on average.
STRIP: Final = 12.0
#: Uniforms that every point carries.
MARKS: Final = 3
#: P(Poisson(1) <= k): no double below 1 lies beyond the last.
_AT_MOST: Final = np.cumsum(np.exp(-1.0) / np.cumprod([1.0, *range(1, 25)]))


@dataclass(frozen=True, order=True)
class Point:
    """One point of the field. `entity` counts in the field's order; period, strip and slot name it
    together with the entity's name. `marks` are further uniforms that belong to it."""

    time: float
    entity: int
    period: int
    strip: int
    slot: int
    height: float
    marks: tuple[float, ...] = ()


@dataclass
class _Month:
    """The points of one month, and how many strips of each entity are drawn."""

    strips: I64
    time: F64 = field(default_factory=lambda: np.zeros(0))
    height: F64 = field(default_factory=lambda: np.zeros(0))
    marks: F64 = field(default_factory=lambda: np.zeros((MARKS, 0)))
    #: (3, points): entity, strip and slot.
    name: I64 = field(default_factory=lambda: np.zeros((3, 0), np.int64))


class IncidentField:
    """The field of all entities, each given by its names (lab, tier, channel)."""

    def __init__(self, seed: int, entities: Sequence[tuple[str, ...]]) -> None:
        self.entities = tuple(entities)
        self._seed = seed
        self._months: dict[int, _Month] = {}

    def points(self, start: float, stop: float, hazard: F64) -> list[Point]:
        """What happens in [start, stop) (days) at hazards (entities,) a year that hold throughout,
        in order of time."""
        first, last = int(start // DAYS_PER_MONTH), int(stop // DAYS_PER_MONTH)
        self._months = {k: v for k, v in self._months.items() if k >= first}
        found: list[Point] = []
        for period in range(first, last + 1):
            month = self._months.get(period)
            if month is None:
                month = self._months[period] = _Month(np.zeros(len(self.entities), np.int64))
            if (hazard > month.strips * STRIP).any():
                self._draw(month, period, np.ceil(hazard / STRIP).astype(np.int64))
            happens = (month.time >= start) & (month.time < stop)
            happens &= month.height < hazard[month.name[0]]
            for i in np.flatnonzero(happens):
                entity, strip, slot = (int(part) for part in month.name[:, i])
                at, height = float(month.time[i]), float(month.height[i])
                marks = tuple(month.marks[:, i].tolist())
                found.append(Point(at, entity, period, strip, slot, height, marks))
        return sorted(found)

    def _draw(self, month: _Month, period: int, strips: I64) -> None:
        """Draw the cells that are missing below `strips` of each entity."""
        cells = [
            (e, strip)
            for e in np.flatnonzero(strips > month.strips).tolist()
            for strip in range(int(month.strips[e]), int(strips[e]))
        ]
        month.strips = np.maximum(month.strips, strips)
        uniforms = self._uniforms("incident count", cells).at(period)
        counts = np.searchsorted(_AT_MOST, uniforms).tolist()
        names = [(*cell, slot) for cell, n in zip(cells, counts, strict=True) for slot in range(n)]
        if not names:
            return
        # An even index and the odd one after it come from one block of the generator.
        place = self._uniforms("incident place", names)
        time = (period + place.at(2 * period)) * DAYS_PER_MONTH
        new = np.array(names, np.int64).T
        height = (new[1] + place.at(2 * period + 1)) * STRIP
        marks = self._uniforms("incident marks", names)
        month.marks = np.concatenate(
            [month.marks, [marks.at(MARKS * period + i) for i in range(MARKS)]], axis=1
        )
        month.time = np.concatenate([month.time, time])
        month.height = np.concatenate([month.height, height])
        month.name = np.concatenate([month.name, new], axis=1)

    def _uniforms(self, purpose: str, names: Sequence[tuple[int, ...]]) -> KeyedUniforms:
        ids = [entity_id(*self.entities[e], *map(str, rest)) for e, *rest in names]
        return KeyedUniforms(self._seed, purpose, np.array(ids, np.uint64))


def marginal_share(capability: F64, substitute: F64) -> F64:
    """max(0, 1 - Ksub / K): the share of incidents that a substitute would not have brought."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1.0 - np.maximum(substitute, 0.0) / capability
    result: F64 = np.where(capability > 0.0, np.maximum(share, 0.0), 0.0)
    return result
