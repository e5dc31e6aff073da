"""The mechanism `developers`: who builds on which family, apps and derivatives, variety for
people."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.clock import Clock, Event, Priority, event_id
from sim.market.actor import Actor, Measure
from sim.market.developers.ecosystem import Ecosystem
from sim.market.developers.ties import has_followers, make_developers
from sim.market.happening import EventKind
from sim.market.market import Market
from sim.rates.developers import DeveloperStates
from sim.rates.fields import Fields
from sim.scenario import Scenario
from sim.scenario.developers import Developers as Section

F64 = NDArray[np.float64]


class Developers(Actor):
    """The developers of a scenario. Others find them as the market's `ecosystem`."""

    name = "developers"
    kinds: ClassVar = {
        "apps": EventKind("a period of new apps ends", holds={"number": "apps there are"}),
    }

    def __init__(self, market: Market, section: Section) -> None:
        self._market = market
        self._labs = list(market.labs)
        self.ecosystem = _open_ecosystem(market.scenario, section, market.parameters)
        market.ecosystem = self.ecosystem
        self.state = self.ecosystem.state
        self._lab_of = [self._labs.index(f.lab) for f in market.scenario.features.values()]

    @classmethod
    def of(cls, market: Market) -> "Developers | None":
        section = market.scenario.developers
        return None if section is None else cls(market, section)

    def attach(self, clock: Clock) -> None:
        clock.on("apps", self._on_apps)

    def agenda(self) -> Iterable[Event]:
        yield _period(1, self._market.parameters["app_period"])

    def shape(self, fields: Fields, day: float) -> None:
        fields.variety[:] = self.ecosystem.variety(self._market.labs)[self._lab_of]

    def advance(self, day: float, dt: float, tick: int) -> None:
        market = self._market
        self.ecosystem.advance(market.labs, market.by_lab(market.mau), day, dt, tick)

    def measures(self) -> Mapping[str, Measure]:
        return {"developer_share": self._share}

    def shares(self) -> F64:
        """Share of those who build who build on each lab's family; sums above 1 with
        multi-homing."""
        building = self.ecosystem.building()
        if building <= 0.0:
            return np.zeros(len(self._labs))
        return self.ecosystem.developers() / building

    def tables(self) -> Mapping[str, Any]:
        sizes = self.ecosystem.line_sizes()
        return {"derivatives": _derivatives(sizes)} if sizes else {}

    def _share(self, lab: str | None) -> float:
        return float(self.shares()[self._labs.index(str(lab))])

    def _on_apps(self, event: Event) -> Iterable[Event]:
        market, period, days = self._market, event.data["period"], event.data["days"]
        self.ecosystem.app_period(market.labs, market.by_lab(market.mau), period, days)
        assert self.ecosystem.apps is not None
        apps = float(self.ecosystem.apps.sum())
        market.note(event.time, event.kind, event.entity, f"{apps:,.0f} apps", number=apps)
        return (_period(period + 1, days),)


def _period(number: int, days: float) -> Event:
    """The end of a period: at so many times its length, not at a running sum that would drift."""
    data = {"period": number, "days": days}
    return Event(number * days, Priority.APPS, event_id("apps", number), "apps", "market", data)


def _derivatives(line_sizes: Mapping[str, NDArray[np.int64]]) -> Any:
    """The table `derivatives`: lines of each family at the end, the largest first."""
    sizes = list(line_sizes.values())
    family = np.repeat(np.arange(len(sizes), dtype=np.int32), [size.size for size in sizes])
    return pa.table(
        {
            "family": pa.DictionaryArray.from_arrays(pa.array(family), pa.array(list(line_sizes))),
            "rank": np.concatenate([np.arange(1, size.size + 1) for size in sizes]),
            "size": np.concatenate(sizes),
        }
    )


def _open_ecosystem(
    scenario: Scenario, developers: Section, parameters: Mapping[str, float]
) -> Ecosystem:
    """Developers, apps and derivatives on the start date."""
    labs = tuple(scenario.labs)
    states = DeveloperStates(labs)
    start = developers.at_start
    total = float(round(float(developers.people)))
    counts = np.zeros(len(states))
    if start is not None:
        counts = states.start(
            {name: float(share) for name, share in start.families.items()},
            float(start.multi_home),
            float(start.building) * total,
        )
    counts = np.rint(counts)
    counts[0] = total - counts[1:].sum()
    whole = scenario.engine != "expected"
    at = ("developers", "ties")
    with scenario.placing(*at):
        population = make_developers(
            developers.ties,
            states,
            counts,
            engine=scenario.engine,
            seed=scenario.seed,
            file=scenario.files.get((*at, "file")),
        )
    return Ecosystem(
        parameters=parameters,
        states=states,
        population=population,
        seed=scenario.seed,
        whole=whole,
        apps=_by_lab(labs, start.apps if start is not None else None),
        derivatives=_by_lab(labs, start.derivatives if start is not None else None),
        uses_open=np.array(
            [
                [lab.uses_open == "all" or other in lab.uses_open for other in labs]
                for lab in scenario.labs.values()
            ],
            bool,
        ).reshape(len(labs), len(labs)),
        tied=has_followers(developers.ties, scenario.engine),
    )


def _by_lab(labs: tuple[str, ...], given: Any) -> NDArray[np.float64] | None:
    return None if not given else np.array([float(given.get(name, 0.0)) for name in labs])
