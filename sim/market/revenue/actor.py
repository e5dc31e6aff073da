"""Revenue of each lab by channel, as a run-rate in USD a year.

    engagement      daily users x what one of them earns in a year
    subscription    weekly users x paying share x price
    api             developers x tokens x price of the offer that they use
    contracts       the contracts under way, where the scenario has accounts

A feature placed inside a platform earns by engagement, one that people seek out by subscriptions,
unless the scenario gives its figures. Developers on two families use half their tokens on each, and
those on one family spread over its offers by logit. On released weights they pay nobody when
hosting them is cheaper; else any host may sell them the tokens, and the lab keeps a share of that.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.market.actor import Actor, Measure, Row
from sim.market.enterprise.actor import EnterpriseActor
from sim.market.market import Market
from sim.scenario.revenue import FeatureRevenue
from sim.scenario.revenue import Revenue as Section

F64 = NDArray[np.float64]

MONTHS_A_YEAR = 12.0


class RevenueActor(Actor):
    """The channels of one scenario. That of contracts is there where accounts are."""

    name = "revenue"

    def __init__(self, market: Market, section: Section) -> None:
        self._market = market
        enterprise = market.mechanism(EnterpriseActor.name)
        self._enterprise = enterprise if isinstance(enterprise, EnterpriseActor) else None
        self._labs = list(market.labs)
        self._given = [
            (section.features.get(name) or FeatureRevenue(), bool(feature.placements))
            for name, feature in market.scenario.features.items()
        ]

    @classmethod
    def of(cls, market: Market) -> "RevenueActor | None":
        section = market.scenario.revenue
        return None if section is None else cls(market, section)

    def _per_user(self) -> tuple[F64, F64]:
        """USD a year that each feature earns with a daily and with a weekly user."""
        p = self._market.parameters
        per_daily, per_weekly = [], []
        for given, placed in self._given:
            engagement = _or(given.engagement, p["engagement_value"] if placed else 0.0)
            paying = _or(given.paying, 0.0 if placed else p["paying_share"])
            price = _or(given.subscription, p["subscription_price"])
            per_daily.append(engagement)
            per_weekly.append(paying * price * MONTHS_A_YEAR)
        return np.array(per_daily), np.array(per_weekly)

    def channels(self, day: float) -> dict[str, F64]:
        """USD a year by channel, (labs,)."""
        market, users = self._market, self._market.users
        per_daily, per_weekly = self._per_user()
        channels = {
            "engagement": market.by_lab(users.dau * per_daily),
            "subscription": market.by_lab(users.wau * per_weekly),
            "api": self._api(day),
        }
        if self._enterprise is not None:
            channels["contracts"] = np.array(self._enterprise.contracts.state.revenue)
        return channels

    def rows(self, day: float) -> Iterable[Row]:
        channels = self.channels(day)
        rows = []
        for i, lab in enumerate(self._labs):
            each = {name: float(values[i]) for name, values in channels.items()}
            # The mechanism of accounts writes the row of contracts itself.
            rows += [(lab, f"revenue_{n}", v) for n, v in each.items() if n != "contracts"]
            rows.append((lab, "revenue", sum(each.values())))
        return rows

    def measures(self) -> Mapping[str, Measure]:
        return {"revenue": self._revenue}

    def _revenue(self, lab: str | None) -> float:
        total = np.sum(list(self.channels(self._market.clock.now).values()), axis=0)
        return float(total.sum() if lab is None else total[self._labs.index(lab)])

    def _api(self, day: float) -> F64:
        ecosystem = self._market.ecosystem
        if ecosystem is None:
            return np.zeros(len(self._labs))
        builds = ecosystem.states.builds.astype(float)
        families = np.maximum(builds.sum(axis=0), 1.0)
        people = ecosystem.population.people.sum(axis=1).astype(float)
        revenue: F64 = (builds / families) @ people * self._per_developer(day)
        return revenue

    def _per_developer(self, day: float) -> F64:
        """USD a year that a lab earns with a developer who uses only its family."""
        market, p = self._market, self._market.parameters
        ecosystem = market.ecosystem
        assert ecosystem is not None
        latest = ecosystem.state.latest or ecosystem.compared(
            market.labs, market.by_lab(market.mau), day
        )
        earned = np.zeros(len(self._labs))
        for i, offers in enumerate(latest):
            weight = sum(offer.weight for offer in offers)
            for offer in offers:
                kept = 1.0
                if offer.level.irrevocable:
                    hosted = offer.api <= ecosystem.self_host()
                    kept = float(p["open_api_share"]) if hosted else 0.0
                earned[i] += kept * offer.api * offer.weight / weight
        return earned * MONTHS_A_YEAR


def _or(given: float | None, default: float) -> float:
    return default if given is None else float(given)
