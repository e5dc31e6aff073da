"""A run as its readers see it: the manifest, the series of its tables, and its events in order."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sim.market.happening import Happening
from sim.record.manifest import Manifest
from sim.record.tables import LongTable, Series

ALL = "all"


class Record:
    """The content of one run. Tables are fetched when first asked for, and kept."""

    def __init__(self, manifest: Manifest, table: Callable[[str], Any]) -> None:
        self.manifest = manifest
        self._fetch = table
        self._tables: dict[str, Any] = {}

    def table(self, name: str) -> Any:
        """The pyarrow table `adoption`, `market`, `events`, or an optional one."""
        if name not in self._tables:
            self._tables[name] = self._fetch(name)
        return self._tables[name]

    @cached_property
    def _adoption(self) -> LongTable:
        return LongTable(self.table("adoption"), ("feature", "platform", "segment", "metric"))

    @cached_property
    def _market(self) -> LongTable:
        return LongTable(self.table("market"), ("entity", "metric"))

    def adoption(
        self, metric: str, feature: str = ALL, platform: str = ALL, segment: str = ALL
    ) -> Series:
        """One metric of use over time; empty when the run did not record it."""
        return self._adoption.series(feature, platform, segment, metric)

    def market(self, metric: str, entity: str) -> Series:
        """One metric of the market over time; empty when the run did not record it."""
        return self._market.series(entity, metric)

    @cached_property
    def events(self) -> tuple[Happening, ...]:
        """What happened in the market, in order."""
        return tuple(
            _happening(**row) for row in self.table("events").drop_columns("date").to_pylist()
        )

    @property
    def days(self) -> float:
        """The last recorded day."""
        series = [self.adoption("mau", feature) for feature in (ALL, *self.features)]
        return max((float(s.day[-1]) for s in series if len(s)), default=0.0)

    def date(self, day: float) -> date:
        """The date of a day since the start."""
        return self.manifest.start + timedelta(days=int(day))

    @property
    def features(self) -> tuple[str, ...]:
        """Ids of the features, in the order of the scenario."""
        return tuple(self.manifest.entities.features)

    @property
    def labs(self) -> tuple[str, ...]:
        """Ids of the labs, in the order of the scenario."""
        return tuple(self.manifest.entities.labs)

    @property
    def platforms(self) -> tuple[str, ...]:
        """Ids of the platforms, in the order of the scenario."""
        return tuple(self.manifest.entities.platforms)

    @property
    def segments(self) -> tuple[str, ...]:
        """Ids of the segments, in the order of the scenario."""
        return tuple(self.manifest.entities.segments)

    def title(self, entity: str) -> str:
        """The title of a feature, lab, platform or segment; its id when it has none."""
        names = self.manifest.entities
        if entity in names.features:
            return names.features[entity].title
        for titles in (names.labs, names.platforms, names.segments):
            if entity in titles:
                return titles[entity]
        return entity


def _happening(*, detail: str | None, features: list[str] | None, **row: Any) -> Happening:
    """A row of the table of events without its date, which follows from the time."""
    named = None if features is None else tuple(features)
    return Happening(detail=detail or "", features=named, **row)
