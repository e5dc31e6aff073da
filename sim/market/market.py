"""The market: labs, releases, rollouts, prices and developers; events in, fields out.

The market holds everything that moves and is not a person. Its handlers carry out the events of the
clock and return those that follow; `write_fields` brings the fields up to date once a tick, before
people move.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.clock import Clock, Event
from sim.market.actor import Actor
from sim.market.agenda import agenda, release_event, review_event
from sim.market.ecosystem import Ecosystem
from sim.market.labs import NEVER, advance_quality, lags
from sim.market.levels import levels
from sim.market.opening import launch, open_fields, open_labs
from sim.market.policy import Rule
from sim.market.rollout import Rollout
from sim.scenario import Scenario

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Happening:
    """A line of the event log: what happened to whom on which day, in words."""

    time: float
    kind: str
    entity: str
    detail: str


class Market:
    """The moving market of one scenario."""

    def __init__(self, scenario: Scenario, ecosystem: Ecosystem | None) -> None:
        self.scenario = scenario
        self.parameters = scenario.parameters
        self.features = tuple(scenario.features)
        self._levels = levels(scenario.parameters)
        self.labs = open_labs(scenario, self._levels)
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
        self._rules = {name: _rules(scenario, name) for name in lab_names}
        self._released = np.full(len(self.features), NEVER)
        self.mau = np.zeros(len(self.features))
        """Monthly users of each feature, deduplicated over platforms; the recorder's latest
        figure."""
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
        """A metric that policy rules may look at; `of` is a lab."""
        lab = list(self.labs).index(of) if of is not None else -1
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
        for actor in self.actors:
            actor.advance(day, dt, tick)

    def _served(self, lab: str, tier: str) -> float:
        """Quality a product gets: its tier's, or while that is not out the lab's best that is; else
        0."""
        tiers = self.labs[lab].tiers
        own = tiers[tier].served
        if own > NEVER:
            return own
        return max(0.0, *(t.served for t in tiers.values()))

    # --- events

    def attach(self, clock: Clock) -> None:
        """Register the handlers and put the agenda on the clock."""
        clock.on("release", self._on_release)
        clock.on("level", self._on_release)
        for action in ("wave", "pause", "resume"):
            clock.on(action, self._on_rollout)
        clock.on("launch", self._on_launch)
        clock.on("price", self._on_price)
        clock.on("apps", self._on_apps)
        clock.on("review", self._on_review)
        clock.schedule(agenda(self.scenario))
        for actor in self.actors:
            actor.attach(clock)

    def note(self, time: float, kind: str, entity: str, detail: str) -> None:
        """Write a line into the event log."""
        self.log.append(Happening(time, kind, entity, detail))

    def _note(self, event: Event, detail: str) -> None:
        self.note(event.time, event.kind, event.entity, detail)

    def _on_release(self, event: Event) -> Iterable[Event]:
        lab, tier_name = event.data["lab"], event.data["tier"]
        tier, level = self.labs[lab].tiers[tier_name], self._levels[event.data["level"]]
        if event.kind == "release":
            tier.ship(self.labs[lab].quality - tier.behind, level, event.time)
            self._note(
                event, f"new version at {level.name}, quality {tier.capability:.1f} frontier-months"
            )
            self._released[[f.lab == lab for f in self.scenario.features.values()]] = event.time
        elif tier.capability > NEVER:
            before = tier.level.name
            tier.set_level(level)
            self._note(event, f"from {before} to {level.name}")
        if "slot" not in event.data:
            return ()
        slot, n = event.data["slot"], event.data["n"]
        release = self.scenario.labs[lab].models[tier_name].releases[slot]
        again = release_event(self.scenario.start, lab, tier_name, slot, release, n + 1)
        return () if again is None else (again,)

    def _on_rollout(self, event: Event) -> Iterable[Event]:
        self.rollout.apply(event.kind, self.features.index(event.entity), dict(event.data))
        platforms = [list(self.scenario.platforms)[p] for p in event.data["platforms"]]
        segments = [list(self.scenario.segments)[g] for g in event.data["segments"]]
        share = f"{event.data['share']:.0%} of visits on " if "share" in event.data else ""
        self._note(event, f"{share}{', '.join(platforms)} in {', '.join(segments)}")
        return ()

    def _on_launch(self, event: Event) -> Iterable[Event]:
        launch(self.scenario, self.fields, self.features.index(event.entity))
        self._note(event, "standalone app")
        return ()

    def _on_price(self, event: Event) -> Iterable[Event]:
        j = self.features.index(event.entity)
        self._note(event, f"from {self.fields.price[j]:g} to {event.data['price']:g} USD a month")
        self.fields.price[j] = event.data["price"]
        return ()

    def _on_apps(self, event: Event) -> Iterable[Event]:
        assert self.ecosystem is not None
        period, days = event.data["period"], event.data["days"]
        self.ecosystem.app_period(self.labs, self.by_lab(self.mau), period, days)
        assert self.ecosystem.apps is not None
        self._note(event, f"{self.ecosystem.apps.sum():,.0f} apps")
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

    def _on_review(self, event: Event) -> Iterable[Event]:
        lab = event.data["lab"]
        again = review_event(lab, event.data["first"], event.data["every"], event.data["n"] + 1)
        followed = [again]
        holding = [(slot, r) for slot, r in enumerate(self._rules[lab]) if r.holds(self.measure)]
        for slot, rule in holding:
            rule.spent = rule.once
            self.note(event.time, "rule", f"{lab}.{rule.tier}", rule.describe())
            followed.append(
                Event(
                    event.time,
                    event.priority,
                    f"level:{lab}.{rule.tier}:rule-{slot}:{event.data['n']}",
                    "level",
                    f"{lab}.{rule.tier}",
                    {"lab": lab, "tier": rule.tier, "level": rule.level},
                )
            )
        self._note(event, f"{len(holding)} of {len(self._rules[lab])} rules act")
        return followed


def _rules(scenario: Scenario, lab: str) -> list[Rule]:
    policy = scenario.labs[lab].policy
    if policy is None:
        return []
    return [
        Rule(
            rule.when.metric,
            rule.when.of or (None if rule.when.metric == "hhi" else lab),
            rule.when.op,
            float(rule.when.value),
            rule.then.tier,
            rule.then.level,
            rule.once,
        )
        for rule in policy.rules
    ]
