"""The recorder: readings of a run, kept as arrays while it runs and turned into tables at its end.

Rows are written series by series with days in order, which is how they are read and how they
compress best.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.market.market import Happening
from sim.record.tables import SCHEMAS, conform
from sim.usage.groups import ALL, Groups
from sim.usage.meter import MEASURES, PEOPLE_COUNTS, Reading

F64 = NDArray[np.float64]


@dataclass
class Recorder:
    """Collects one reading of people and one of the market per recorded day."""

    start: date
    features: tuple[str, ...]
    groups: Groups
    days: list[float] = field(default_factory=list)
    _features: list[F64] = field(default_factory=list)
    _people: list[F64] = field(default_factory=list)
    _market: list[F64] = field(default_factory=list)
    _market_names: tuple[tuple[str, str], ...] = ()

    def note(self, day: float, reading: Reading, market: Sequence[tuple[str, str, float]]) -> None:
        """Keep a day's readings; `market` holds (entity, metric, value), the same names every
        day."""
        self.days.append(day)
        self._features.append(reading.features)
        self._people.append(reading.people)
        if not self._market_names:
            self._market_names = tuple((entity, metric) for entity, metric, _ in market)
        self._market.append(np.array([value for _, _, value in market]))

    def tables(self, log: Sequence[Happening]) -> dict[str, Any]:
        """The three tables of the run (pyarrow)."""
        return {
            "adoption": conform("adoption", self._adoption()),
            "market": conform("market", self._market_table()),
            "events": conform("events", self._events(log)),
        }

    def _dates(self, days: F64) -> NDArray[np.datetime64]:
        start = np.datetime64(self.start, "D")
        dates: NDArray[np.datetime64] = start + np.floor(days).astype("timedelta64[D]")
        return dates

    def _adoption(self) -> Any:
        rows, groups = len(self.features) + 1, len(self.groups.names)
        names = [*self.features, ALL]
        feature_of, group_of, metric_of = (
            axis.ravel()
            for axis in np.meshgrid(
                np.arange(rows), np.arange(groups), np.arange(len(MEASURES)), indexing="ij"
            )
        )
        values = np.array(self._features).transpose(2, 3, 1, 0).reshape(-1, len(self.days))
        people = np.array(self._people).transpose(2, 1, 0).reshape(-1, len(self.days))
        people_group, people_metric = (
            axis.ravel()
            for axis in np.meshgrid(np.arange(groups), np.arange(len(PEOPLE_COUNTS)), indexing="ij")
        )
        everyone = np.full(people_group.size, rows - 1)
        metric = np.concatenate([metric_of, people_metric + len(MEASURES)])
        group = np.concatenate([group_of, people_group])
        feature = np.concatenate([feature_of, everyone])
        platforms = list(dict.fromkeys(platform for platform, _ in self.groups.names))
        segments = list(dict.fromkeys(segment for _, segment in self.groups.names))
        platform = np.array([platforms.index(p) for p, _ in self.groups.names])[group]
        segment = np.array([segments.index(s) for _, s in self.groups.names])[group]
        return self._long(
            np.concatenate([values, people]),
            feature=(feature, names),
            platform=(platform, platforms),
            segment=(segment, segments),
            metric=(metric, [*MEASURES, *PEOPLE_COUNTS]),
        )

    def _market_table(self) -> Any:
        entities = list(dict.fromkeys(entity for entity, _ in self._market_names))
        metrics = list(dict.fromkeys(metric for _, metric in self._market_names))
        return self._long(
            np.array(self._market).reshape(len(self.days), -1).T,
            entity=(np.array([entities.index(e) for e, _ in self._market_names], int), entities),
            metric=(np.array([metrics.index(m) for _, m in self._market_names], int), metrics),
        )

    def _long(self, values: F64, **keys: tuple[NDArray[np.int64], list[str]]) -> Any:
        """A long table of (series, days) values; NaN marks what was not measured and gives no
        row."""
        days = np.array(self.days)
        flat = values.ravel()
        measured = ~np.isnan(flat)
        day = np.tile(days, len(values))[measured]
        columns: dict[str, Any] = {"day": day, "date": self._dates(day)}
        for name, (codes, words) in keys.items():
            repeated = np.repeat(codes.astype(np.int32), len(days))[measured]
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(repeated), pa.array(words))
        columns["value"] = flat[measured]
        return pa.table(columns)

    def _events(self, log: Sequence[Happening]) -> Any:
        time = np.array([line.time for line in log], float)
        return pa.table(
            {
                "time": time,
                "date": pa.array(self._dates(time), pa.date32()),
                "kind": [line.kind for line in log],
                "entity": [line.entity for line in log],
                "detail": [line.detail for line in log],
            },
            schema=SCHEMAS["events"],
        )
