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

from sim.market.actor import Row
from sim.market.happening import Happening
from sim.record.plan import Plan, wanted
from sim.record.tables import SAID, SCHEMAS, conform
from sim.usage.groups import ALL, Groups
from sim.usage.meter import Reading
from sim.usage.metrics import METRICS

F64 = NDArray[np.float64]

MEASURES = tuple(metric.name for metric in METRICS if not metric.of_people)
PEOPLE_COUNTS = tuple(metric.name for metric in METRICS if metric.of_people)

#: Readings are kept in blocks of so many days: large enough to be given back to the system whole.
BLOCK = 128


@dataclass
class Kept:
    """What a recorder has by now; the arrays of a day are what the plan chose."""

    days: list[float] = field(default_factory=list)
    use: list[F64] = field(default_factory=list)
    """Blocks (BLOCK, metrics, features, groups)."""
    people: list[F64] = field(default_factory=list)
    """(counts, groups) of each day."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """(entity, metric) of the market's rows, the same every day."""
    market: list[F64] = field(default_factory=list)
    """(rows,) of each day."""


class Recorder:
    """Keeps what a plan asks for: one reading of people and one of the market per recorded day.

    Raises ValueError for a plan that names what there is not.
    """

    def __init__(self, start: date, features: tuple[str, ...], groups: Groups, plan: Plan) -> None:
        self._start, self._plan = start, plan
        plan.require("metrics", [metric.name for metric in METRICS])
        plan.require("features", (*features, ALL))
        for i, field_name in enumerate(("platforms", "segments")):
            plan.require(field_name, dict.fromkeys(name[i] for name in groups.names))
        self._features = wanted(plan.features, (*features, ALL))
        self._metrics = wanted(plan.metrics, MEASURES)
        self._counts = wanted(plan.metrics, PEOPLE_COUNTS) if ALL in self._features else ()
        self.metrics = (*self._metrics, *self._counts)
        """The consumer metrics that are read."""
        self._groups = [
            (platform, segment)
            for platform, segment in groups.names
            if (plan.platforms is None or platform in plan.platforms)
            and (plan.segments is None or segment in plan.segments)
        ]
        self._at = [groups.names.index(name) for name in self._groups]
        rows = [(*features, ALL).index(name) for name in self._features]
        self._chosen = np.ix_(range(len(self._metrics)), rows, self._at)
        self._picked: NDArray[np.int64] | None = None
        self._rows = 0
        self.state = Kept()

    def note(self, day: float, reading: Reading, market: Sequence[Row]) -> None:
        """Keep a day's readings; `market` holds (entity, metric, value), the same names every
        day."""
        kept = self.state
        at = len(kept.days) % BLOCK
        if at == 0:
            shape = len(self._metrics), len(self._features), len(self._groups)
            kept.use.append(np.zeros((BLOCK, *shape)))
        if self._metrics:
            whole = np.array([reading[name] for name in self._metrics])
            kept.use[-1][at] = whole[self._chosen]
        kept.days.append(day)
        kept.people.append(np.array([reading[name][self._at] for name in self._counts]))
        if self._picked is None:
            chosen = self._plan.market
            self._picked = np.array(
                [i for i, row in enumerate(market) if chosen is None or row[1] in chosen], np.int64
            )
            kept.names[:] = [market[i][:2] for i in self._picked.tolist()]
            self._rows = len(market)
        if len(market) != self._rows:
            raise RuntimeError(f"{len(market)} rows of the market on day {day:g}, not {self._rows}")
        kept.market.append(np.array([row[2] for row in market], float)[self._picked])

    def tables(self, log: Sequence[Happening]) -> dict[str, Any]:
        """The tables that every run has (pyarrow)."""
        return {
            "adoption": conform("adoption", self._adoption()),
            "market": conform("market", self._market_table()),
            "events": conform("events", self._events(log)),
        }

    def _dates(self, days: F64) -> NDArray[np.datetime64]:
        start = np.datetime64(self._start, "D")
        dates: NDArray[np.datetime64] = start + np.floor(days).astype("timedelta64[D]")
        return dates

    def _adoption(self) -> Any:
        features, groups = list(self._features), len(self._groups)
        feature_of, group_of, metric_of = (
            axis.ravel()
            for axis in np.meshgrid(
                np.arange(len(features)),
                np.arange(groups),
                np.arange(len(self._metrics)),
                indexing="ij",
            )
        )
        people_group, people_metric = (
            axis.ravel()
            for axis in np.meshgrid(np.arange(groups), np.arange(len(self._counts)), indexing="ij")
        )
        everyone = np.full(people_group.size, len(features) - 1)
        metric = np.concatenate([metric_of, people_metric + len(self._metrics)])
        group = np.concatenate([group_of, people_group])
        feature = np.concatenate([feature_of, everyone])
        platforms = list(dict.fromkeys(platform for platform, _ in self._groups))
        segments = list(dict.fromkeys(segment for _, segment in self._groups))
        platform = np.array([platforms.index(p) for p, _ in self._groups], int)[group]
        segment = np.array([segments.index(s) for _, s in self._groups], int)[group]
        return self._long(
            self._adoption_values(),
            feature=(feature, features),
            platform=(platform, platforms),
            segment=(segment, segments),
            metric=(metric, [*self._metrics, *self._counts]),
        )

    def _adoption_values(self) -> F64:
        """(series, days): every measure by feature and group, then counts of people by group."""
        days, rows = len(self.state.days), len(self._features)
        groups, metrics = len(self._groups), len(self._metrics)
        split = rows * groups * metrics
        values = np.empty((split + groups * len(self._counts), days))
        measures = values[:split].reshape(rows, groups, metrics, days)
        for b, block in enumerate(self.state.use):
            span = measures[..., b * BLOCK : (b + 1) * BLOCK]
            span[...] = block[: span.shape[-1]].transpose(2, 3, 1, 0)
        values[split:] = (
            np.array(self.state.people)
            .reshape(days, len(self._counts), groups)
            .transpose(2, 1, 0)
            .reshape(-1, days)
        )
        return values

    def _market_table(self) -> Any:
        names = self.state.names
        entities = list(dict.fromkeys(entity for entity, _ in names))
        metrics = list(dict.fromkeys(metric for _, metric in names))
        return self._long(
            np.array(self.state.market).reshape(len(self.state.days), -1).T,
            entity=(np.array([entities.index(e) for e, _ in names], int), entities),
            metric=(np.array([metrics.index(m) for _, m in names], int), metrics),
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
        series, days = len(values), np.array(self.state.days)
        del flat, values
        whole = bool(np.all(days == np.floor(days)))
        day = np.tile(days.astype(np.int32) if whole else days, series)[measured]
        columns["day"] = pa.array(day)
        since_1970 = (self._start - date(1970, 1, 1)).days + np.floor(day).astype(np.int32)
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
                **{name: [getattr(line, name) for line in log] for name in SAID},
            },
            schema=SCHEMAS["events"],
        )
