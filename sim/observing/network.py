"""Use among people with ties: by number of contacts, by group, and along whom it went.

Two tables come of it. In `network` a row is a number read on a day, on a platform whose ties are
known person by person, for people or groups in the range `low` to `high`:

    what     low to high            metric, with a feature or `all`
    degree   contacts, both ends    `people`, `users`, `ever` (have used anything): people;
             included               `contacts` (their mean) and `simulated` (persons): at the start
    group    share of the group     `groups` with such a share of users at the start and the end,
             who use, in [low,      and `expected`: so many if each member used independently of
             high), the last to 1   the others (binomial); both count simulated groups
    uptake   none                   `uptakes` since the reading before, and `by_peers`: those that
                                    peers caused, by the platform along whose ties; `all` adds up

`cascades` is for the end of the run:

    what            number                    value
    start           0                         people who had used anything at the start
    generation      generation of an uptake   people who took a feature up in it
    transmissions   uptakes brought about     people, of all who have used anything

People, uptakes too, are multiplied by the people that each simulated person stands for; contacts,
generations, transmissions and groups are facts of the network and are not. See
`sim.observing.transmissions` for what counts as brought about.
"""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.engines.agents.population import AgentPopulation
from sim.engines.population import Counts, Moving, Population, told
from sim.engines.scaled import ScaledPopulation
from sim.observing.contact_classes import contacts_of_members, count_by_contacts
from sim.observing.group_shares import TENTHS, groups_by_share
from sim.observing.observer import Observer, View
from sim.observing.transmissions import NOBODY, Transmissions
from sim.people.layers import tied_platforms
from sim.people.world import World
from sim.rates.consumer_states import ConsumerStates
from sim.record.plan import Plan
from sim.ties.groups import GroupLayer

F64 = NDArray[np.float64]

ALL = "all"
#: Columns of the readings, and what they hold.
COLUMNS = {
    "day": np.float64,
    "platform": np.str_,
    "what": np.str_,
    "low": np.float64,
    "high": np.float64,
    "feature": np.str_,
    "metric": np.str_,
    "value": np.float64,
}


class NetworkMeter:
    """Follows an AgentPopulation with ties: `read` on every recorded day, `tables` at the end.

    `platforms` (L,) name the layers and `features` (K,) the channels; `uses` (K, S), `tried` (S,),
    `weight` (C,) as in `Transmissions`; `member` (L, C) are the classes on each platform.
    """

    def __init__(
        self,
        population: AgentPopulation,
        *,
        platforms: tuple[str, ...],
        features: tuple[str, ...],
        uses: NDArray[np.bool_],
        tried: NDArray[np.bool_],
        weight: F64,
        member: NDArray[np.bool_],
        start: date,
    ) -> None:
        assert population.exposure is not None, "nobody has ties"
        self._population, self._layers = population, population.exposure.layers
        self._platforms, self._features, self._start = platforms, features, start
        self._uses = np.vstack([uses, uses.any(axis=0)])
        self._weight, self._member = weight, member
        self.transmissions = Transmissions(population, uses, tried, weight)
        self._classes = [
            contacts_of_members(population, number, of) for number, of in enumerate(member)
        ]
        self._at_start = float(tried @ population.people @ weight)
        self._seen = self.transmissions.uptakes.sum(axis=1), self.transmissions.carried.copy()
        self._rows: list[tuple[float, str, str, float, float, str, str, float]] = []
        self._month = -1

    @classmethod
    def of(
        cls,
        world: World,
        states: ConsumerStates,
        population: Population,
        tied: tuple[int, ...],
        start: date,
    ) -> "NetworkMeter | None":
        """The meter of a run, `tied` being its platforms with ties; None where nobody has any."""
        if isinstance(population, ScaledPopulation):
            population = population.inner
        if not isinstance(population, AgentPopulation) or population.exposure is None:
            return None
        lapsed = np.array([state.lapsed_from >= 0 for state in states.states])
        return cls(
            population,
            platforms=tuple(world.platforms[p] for p in tied),
            features=states.features,
            uses=states.uses,
            tried=states.uses.any(axis=0) | lapsed,
            weight=world.people / np.maximum(population.people.sum(axis=0), 1),
            member=world.member[list(tied)],
            start=start,
        )

    @property
    def bytes(self) -> int:
        """Memory that grows with people."""
        return self.transmissions.bytes

    # --- to be written down

    def moving(self) -> dict[str, Counts]:
        """What was observed and read so far. Not copied: to be written down before the next
        tick."""
        columns = zip(*self._rows, strict=True) if self._rows else ((),) * len(COLUMNS)
        rows: dict[str, Counts] = {
            f"row {name}": np.array(column, kind)
            for (name, kind), column in zip(COLUMNS.items(), columns, strict=True)
        }
        return {
            **self.transmissions.moving(),
            **rows,
            "seen uptakes": self._seen[0],
            "seen carried": self._seen[1],
            "at start": np.array(self._at_start),
            "month": np.array(self._month),
        }

    def resume(self, moving: Moving) -> None:
        """Go on from what was `moving` in another meter of the same population. Raises ValueError
        for what it cannot have told."""
        self.transmissions.resume(moving)
        columns = [moving[f"row {name}"].tolist() for name in COLUMNS]
        self._rows = list(zip(*columns, strict=True))
        self._seen = (
            told(moving, "seen uptakes", self._seen[0]).copy(),
            told(moving, "seen carried", self._seen[1]).copy(),
        )
        self._at_start = float(told(moving, "at start", np.array(0.0)))
        self._month = int(told(moving, "month", np.array(0)))

    # --- readings

    def read(self, day: float, *, last: bool = False) -> None:
        """Read on the first day, the first that is asked for in each month, and the last."""
        then = self._date(day)
        month, first = 12 * then.year + then.month, self._month < 0
        if month == self._month and not last:
            return
        self._month = month
        self._read_contacts(day, first)
        if first or last:
            self._read_groups(day)
        if not first:
            self._read_uptakes(day)

    def _read_contacts(self, day: float, first: bool) -> None:
        used = self.transmissions.generation
        for number, (platform, classes) in enumerate(
            zip(self._platforms, self._classes, strict=True)
        ):
            counts = count_by_contacts(self._population, number, classes, used, NOBODY)
            counts[~self._member[number]] = 0
            people = np.tensordot(self._weight, counts, 1)  # (D, 2, S)
            users = people.sum(axis=1) @ self._uses.T
            simulated = counts.sum(axis=(0, 2, 3))
            for d, (low, high) in enumerate(
                zip(classes.low.tolist(), classes.high.tolist(), strict=True)
            ):
                row = (day, platform, "degree", float(low), float(high))
                self._rows.append((*row, ALL, "people", float(people[d].sum())))
                self._rows.append((*row, ALL, "ever", float(people[d, 1].sum())))
                if first:
                    self._rows.append((*row, ALL, "contacts", float(classes.mean[d])))
                    self._rows.append((*row, ALL, "simulated", float(simulated[d])))
                for feature, count in zip((*self._features, ALL), users[d].tolist(), strict=True):
                    self._rows.append((*row, feature, "users", count))

    def _read_groups(self, day: float) -> None:
        for platform, layer in zip(self._platforms, self._layers, strict=True):
            if not isinstance(layer, GroupLayer):
                continue
            rounds = [
                groups_by_share(group, self._population.state, self._uses) for group in layer.groups
            ]
            counted = np.sum([found for found, _ in rounds], axis=0)
            expected = np.sum([by_chance for _, by_chance in rounds], axis=0)
            for f, feature in enumerate((*self._features, ALL)):
                for k in range(TENTHS):
                    row = (day, platform, "group", k / TENTHS, (k + 1) / TENTHS, feature)
                    self._rows.append((*row, "groups", float(counted[f, k])))
                    self._rows.append((*row, "expected", float(expected[f, k])))

    def _read_uptakes(self, day: float) -> None:
        uptakes, carried = self.transmissions.uptakes.sum(axis=1), self.transmissions.carried
        new, by_peers = uptakes - self._seen[0], carried - self._seen[1]
        self._seen = uptakes, carried.copy()
        for f, feature in enumerate(self._features):
            row = (feature, "by_peers")
            span = ("uptake", math.nan, math.nan)
            self._rows.append((day, ALL, *span, feature, "uptakes", float(new[f])))
            self._rows.append((day, ALL, *span, *row, float(by_peers[f].sum())))
            for platform, count in zip(self._platforms, by_peers[f].tolist(), strict=True):
                self._rows.append((day, platform, *span, *row, count))

    def _date(self, day: float) -> date:
        return self._start + timedelta(days=int(day + 1e-9))

    # --- tables

    def tables(self) -> dict[str, Any]:
        """`network` and `cascades` (pyarrow)."""
        columns = zip(*self._rows, strict=True) if self._rows else ((),) * len(COLUMNS)
        network = {name: list(column) for name, column in zip(COLUMNS, columns, strict=True)}
        for name in ("low", "high"):
            network[name] = [None if math.isnan(end) else end for end in network[name]]
        dates = [self._date(day) for day in network["day"]]
        types = {name: pa.string() for name in ("platform", "what", "feature", "metric")}
        table = {
            name: pa.array(column, types.get(name, pa.float64()))
            for name, column in network.items()
        }
        table["date"] = pa.array(dates, pa.date32())
        return {"network": pa.table(table), "cascades": self._cascades()}

    def _cascades(self) -> Any:
        rows: list[tuple[str, str, int, float]] = [("start", ALL, 0, self._at_start)]
        by_generation = self.transmissions.uptakes
        for feature, counts in zip(
            (*self._features, ALL), [*by_generation, by_generation.sum(axis=0)], strict=True
        ):
            for number in np.flatnonzero(counts).tolist():
                rows.append(("generation", feature, number, float(counts[number])))
        brought = self.transmissions.people_by_brought()
        for number in np.flatnonzero(brought).tolist():
            rows.append(("transmissions", ALL, number, float(brought[number])))
        types = (pa.string(), pa.string(), pa.int64(), pa.float64())
        columns = [
            pa.array(list(column), kind)
            for column, kind in zip(zip(*rows, strict=True), types, strict=True)
        ]
        return pa.table(dict(zip(("what", "feature", "number", "value"), columns, strict=True)))


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
