"""The market: labs, releases, rollouts, prices and developers; events in, fields out.

The market holds everything that moves and is not a person. Its handlers carry out the events of the
clock and return those that follow; `write_fields` brings the fields up to date once a tick, before
people move.
"""

from collections.abc import Iterable
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from sim.clock import Clock, Event
from sim.market.actor import Actor
from sim.market.agenda import agenda
from sim.market.ecosystem import Ecosystem
from sim.market.happening import About, Happening, only
from sim.market.labs import NEVER, advance_quality, lags
from sim.market.levels import levels
from sim.market.opening import launch, open_fields, open_labs
from sim.market.releases import Releases
from sim.market.rollout import Rollout
from sim.scenario import Scenario

F64 = NDArray[np.float64]


class Market:
    """The moving market of one scenario."""

    def __init__(self, scenario: Scenario, ecosystem: Ecosystem | None) -> None:
        self.scenario = scenario
        self.parameters = scenario.parameters
        self.features = tuple(scenario.features)
        self.levels = levels(scenario.parameters)
        self.labs = open_labs(scenario, self.levels)
        self.ecosystem = ecosystem
        self.fields = open_fields(scenario)
        placed = np.array(
            [[p in f.placements for p in scenario.platforms] for f in scenario.features.values()],
            bool,
        ).reshape(len(self.features), len(scenario.platforms))
        self.rollout = Rollout(self.fields, placed)
        lab_names = list(scenario.labs)
        self._lab_of = np.array(
            [lab_names.index(f.lab) for f in scenario.features.values()], np.int64
        )
        self._may_use = np.array(
            [[lab.uses_open == "all" or other in lab.uses_open for other in lab_names] for lab in
             scenario.labs.values()], bool
        ).reshape(len(lab_names), len(lab_names))  # fmt: skip
        self._released = np.full(len(self.features), NEVER)
        self.mau = np.zeros(len(self.features))
        """Monthly users of each feature, deduplicated over platforms; the recorder's latest
        figure."""
        self.wau, self.dau = np.zeros(len(self.features)), np.zeros(len(self.features))
        """Weekly and daily users of each feature; the recorder's latest figures."""
        self.lapsed = np.full(len(self.features), np.nan)
        """People who left each feature, a day; the recorder's latest figure."""
        self.log: list[Happening] = []
        self.actors: list[Actor] = []

    # --- measures

    def by_lab(self, per_feature: F64) -> F64:
        """Sum of a figure per feature over each lab's features."""
        totals: F64 = np.zeros(len(self.labs))
        np.add.at(totals, self._lab_of, per_feature)
        return totals

    def shares(self) -> F64:
        """Each feature's share of the summed monthly users; zeros when nobody uses anything."""
        total = self.mau.sum()
        return self.mau / total if total > 0.0 else np.zeros_like(self.mau)

    def hhi(self) -> float:
        """Herfindahl-Hirschman index of use, 0-10,000."""
        return float(1e4 * np.square(self.shares()).sum())

    def developer_shares(self) -> F64:
        """Share of those who build who build on each lab's family; sums above 1 with
        multi-homing."""
        if self.ecosystem is None or self.ecosystem.building() <= 0.0:
            return np.zeros(len(self.labs))
        return self.ecosystem.developers() / self.ecosystem.building()

    def trust(self) -> F64:
        """Trust by segment, averaged over features by use (plainly while nobody uses any)."""
        weight = self.mau if self.mau.sum() > 0.0 else np.ones_like(self.mau)
        if weight.size == 0:
            return np.array([float(s.trust) for s in self.scenario.segments.values()])
        average: F64 = weight @ self.fields.trust / weight.sum()
        return average

    def measure(self, metric: str, of: str | None) -> float:
        """A metric that policy rules may look at; `of` is a lab, a feature, a regime or
        `lab.tier`."""
        match metric:
            case "level":
                owner, _, tier = str(of).partition(".")
                return float(self.labs[owner].tiers[tier].level.number)
            case "price" | "latency" | "usability":
                return float(getattr(self.fields, metric)[self.features.index(str(of))])
        lab = list(self.labs).index(of) if of in self.labs else -1
        match metric:
            case "lag":
                return lags(self.labs)[str(of)]
            case "quality":
                return self.labs[str(of)].quality
            case "mau":
                return float(self.by_lab(self.mau)[lab])
            case "share":
                return float(self.by_lab(self.shares())[lab])
            case "developer_share":
                return float(self.developer_shares()[lab])
            case "hhi":
                return self.hhi()
        for actor in self.actors:
            if metric in actor.measures():
                return actor.measures()[metric](of)
        raise KeyError(metric)

    # --- once a tick

    def write_fields(self, day: float) -> None:
        """Bring the fields that move between events up to date."""
        fields = self.fields
        for j, feature in enumerate(self.scenario.features.values()):
            fields.quality[j] = self._served(feature.lab, feature.tier)
        fields.days_since_release[:] = day - self._released
        if self.ecosystem is not None:
            self.ecosystem.mark_open(self.labs, self._may_use)
            fields.variety[:] = self.ecosystem.variety()[self._lab_of]
        for actor in self.actors:
            actor.write_fields(day)

    def advance(self, day: float, dt: float, tick: int) -> None:
        """Move quality and developers by one tick, from the state at its start."""
        millions: dict[str, float] = {}
        if self.ecosystem is not None:
            counts = self.ecosystem.developers() / 1e6
            millions = dict(zip(self.labs, counts.tolist(), strict=True))
            self.ecosystem.advance(self.labs, self.by_lab(self.mau), day, dt, tick)
        advance_quality(
            self.labs,
            millions,
            community_effect=float(self.parameters["kappa_c"]),
            community_power=float(self.parameters["xi"]),
            days=dt,
        )
        for lab in self.labs.values():
            for tier in lab.tiers.values():
                tier.fade(dt)
        for actor in self.actors:
            actor.advance(day, dt, tick)

    def _served(self, lab: str, tier: str) -> float:
        """Quality a product gets: its tier's, or while that is not out the lab's best that is; else
        0."""
        tiers = self.labs[lab].tiers
        own = tiers[tier].used
        if own > NEVER:
            return own
        return max(0.0, *(t.used for t in tiers.values()))

    # --- events

    def attach(self, clock: Clock) -> None:
        """Register the handlers and put the agenda on the clock."""
        Releases(self).attach(clock)
        for action in ("wave", "pause", "resume"):
            clock.on(action, self._on_rollout)
        clock.on("launch", self._on_launch)
        clock.on("price", self._on_price)
        clock.on("apps", self._on_apps)
        clock.schedule(agenda(self.scenario))
        for actor in self.actors:
            actor.attach(clock)

    def note(
        self, time: float, kind: str, entity: str, detail: str, **about: Unpack[About]
    ) -> None:
        """Write a line into the event log, in words and as data."""
        self.log.append(Happening(time, kind, entity, detail, **about))

    def _note(self, event: Event, detail: str, **about: Unpack[About]) -> None:
        self.note(event.time, event.kind, event.entity, detail, **about)

    def released_by(self, lab: str, day: float) -> None:
        """Note that a lab has released a new version: its features are in the news."""
        self._released[[f.lab == lab for f in self.scenario.features.values()]] = day

    def _on_rollout(self, event: Event) -> Iterable[Event]:
        j = self.features.index(event.entity)
        self.rollout.apply(event.kind, j, dict(event.data))
        platforms = [list(self.scenario.platforms)[p] for p in event.data["platforms"]]
        segments = [list(self.scenario.segments)[g] for g in event.data["segments"]]
        share, of = "", None
        if "share" in event.data:
            by_person = self.scenario.features[event.entity].ramp is not None
            of = "people" if by_person else "visits"
            share = f"{100.0 * event.data['share']:.3g}% of {of} on "
        late = [list(self.scenario.segments)[g] for g in self.rollout.late_in(j, dict(event.data))]
        waits = f"; waits in {', '.join(late)}" if late else ""
        self._note(
            event,
            f"{share}{', '.join(platforms)} in {', '.join(segments)}{waits}",
            feature=event.entity,
            platform=only(platforms),
            segment=only(segments),
            number=event.data.get("share"),
            what=of,
        )
        return ()

    def _on_launch(self, event: Event) -> Iterable[Event]:
        j = self.features.index(event.entity)
        delayed = self.rollout.delayed[j]
        launch(self.scenario, self.fields, j, ~delayed)
        self.rollout.late |= {(j, int(g)) for g in np.flatnonzero(delayed)}
        late = [list(self.scenario.segments)[g] for g in np.flatnonzero(delayed)]
        waits = f"; waits in {', '.join(late)}" if late else ""
        self._note(event, f"standalone app{waits}", feature=event.entity)
        return ()

    def _on_price(self, event: Event) -> Iterable[Event]:
        j = self.features.index(event.entity)
        price = event.data["price"]
        said = f"from {self.fields.price[j]:g} to {price:g} USD a month"
        self._note(event, said, feature=event.entity, number=price)
        self.fields.price[j] = price
        return ()

    def _on_apps(self, event: Event) -> Iterable[Event]:
        assert self.ecosystem is not None
        period, days = event.data["period"], event.data["days"]
        self.ecosystem.app_period(self.labs, self.by_lab(self.mau), period, days)
        assert self.ecosystem.apps is not None
        apps = float(self.ecosystem.apps.sum())
        self._note(event, f"{apps:,.0f} apps", number=apps)
        following = {"period": period + 1, "days": days}
        # The n-th period ends at n times its length, not at a running sum that would drift.
        return (
            Event(
                (period + 1) * days,
                event.priority,
                f"apps:{period + 1}",
                "apps",
                "market",
                following,
            ),
        )
