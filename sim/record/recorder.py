"""The recorder: readings of a run, kept as arrays while it runs and turned into tables at its end.

Rows are written series by series with days in order, which is how they are read and how they
compress best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.market.market import Happening
from sim.record.tables import SCHEMAS, conform
from sim.usage.groups import ALL, Groups
from sim.usage.meter import Reading
from sim.usage.metrics import METRICS

F64 = NDArray[np.float64]

MEASURES = tuple(metric.name for metric in METRICS if not metric.of_people)
PEOPLE_COUNTS = tuple(metric.name for metric in METRICS if metric.of_people)

#: Readings are kept in blocks of so many days: large enough to be given back to the system whole.
BLOCK = 128


@dataclass
class Recorder:
    """Collects one reading of people and one of the market per recorded day."""

    start: date
    features: tuple[str, ...]
    groups: Groups
    days: list[float] = field(default_factory=list)
    _blocks: list[F64] = field(default_factory=list)
    _people: list[F64] = field(default_factory=list)
    _market: list[F64] = field(default_factory=list)
    _market_names: tuple[tuple[str, str], ...] = ()

    def note(self, day: float, reading: Reading, market: Sequence[tuple[str, str, float]]) -> None:
        """Keep a day's readings; `market` holds (entity, metric, value), the same names every
        day."""
        at = len(self.days) % BLOCK
        if at == 0:
            shape = reading[MEASURES[0]].shape
            self._blocks.append(np.empty((BLOCK, len(MEASURES), *shape)))
        for i, name in enumerate(MEASURES):
            self._blocks[-1][at, i] = reading[name]
        self.days.append(day)
        self._people.append(np.array([reading[name] for name in PEOPLE_COUNTS]))
        if not self._market_names:
            self._market_names = tuple((entity, metric) for entity, metric, _ in market)
        self._market.append(np.array([value for _, _, value in market]))

    def tables(
        self, log: Sequence[Happening], line_sizes: Mapping[str, NDArray[np.int64]] | None = None
    ) -> dict[str, Any]:
        """The tables of the run (pyarrow); `line_sizes` are those of derivatives by family, largest
        first, and without any the run has no such table."""
        tables = {
            "adoption": conform("adoption", self._adoption()),
            "market": conform("market", self._market_table()),
            "events": conform("events", self._events(log)),
        }
        if line_sizes:
            tables["derivatives"] = conform("derivatives", _derivatives(line_sizes))
        return tables

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
            self._adoption_values(),
            feature=(feature, names),
            platform=(platform, platforms),
            segment=(segment, segments),
            metric=(metric, [*MEASURES, *PEOPLE_COUNTS]),
        )

    def _adoption_values(self) -> F64:
        """(series, days): every measure by feature and group, then counts of people by group."""
        days, rows, groups = len(self.days), len(self.features) + 1, len(self.groups.names)
        split = rows * groups * len(MEASURES)
        values = np.empty((split + groups * len(PEOPLE_COUNTS), days))
        measures = values[:split].reshape(rows, groups, len(MEASURES), days)
        for b, block in enumerate(self._blocks):
            span = measures[..., b * BLOCK : (b + 1) * BLOCK]
            span[...] = block[: span.shape[-1]].transpose(2, 3, 1, 0)
        values[split:] = np.array(self._people).transpose(2, 1, 0).reshape(-1, days)
        return values

    def _market_table(self) -> Any:
        entities = list(dict.fromkeys(entity for entity, _ in self._market_names))
        metrics = list(dict.fromkeys(metric for _, metric in self._market_names))
        return self._long(
            np.array(self._market).reshape(len(self.days), -1).T,
            entity=(np.array([entities.index(e) for e, _ in self._market_names], int), entities),
            metric=(np.array([metrics.index(m) for _, m in self._market_names], int), metrics),
        )

    def _long(self, values: F64, **keys: tuple[NDArray[np.int64], list[str]]) -> Any:
        """A long table of (series, days) values; NaN marks what was not measured and gives no row.

        Series stand in the order of their keys, so that readers find them without sorting. A run
        has a million rows: columns are made in the width they are written in, one at a time.
        """
        order = np.lexsort([codes for codes, _ in reversed(keys.values())])
        values = values[order]
        flat = values.ravel()
        measured = ~np.isnan(flat)
        columns: dict[str, Any] = {"value": pa.array(flat[measured])}
        series, days = len(values), np.array(self.days)
        del flat, values
        whole = bool(np.all(days == np.floor(days)))
        day = np.tile(days.astype(np.int32) if whole else days, series)[measured]
        columns["day"] = pa.array(day)
        since_1970 = (self.start - date(1970, 1, 1)).days + np.floor(day).astype(np.int32)
        columns["date"] = pa.array(since_1970.astype(np.int32)).view(pa.date32())
        for name, (codes, words) in keys.items():
            repeated = np.repeat(codes[order].astype(np.int32), len(days))[measured]
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(repeated), pa.array(words))
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


def _derivatives(line_sizes: Mapping[str, NDArray[np.int64]]) -> Any:
    sizes = list(line_sizes.values())
    family = np.repeat(np.arange(len(sizes), dtype=np.int32), [size.size for size in sizes])
    return pa.table(
        {
            "family": pa.DictionaryArray.from_arrays(pa.array(family), pa.array(list(line_sizes))),
            "rank": np.concatenate([np.arange(1, size.size + 1) for size in sizes]),
            "size": np.concatenate(sizes),
        }
    )
