"""The mechanism `labs`: quality of every lab and what its products get of it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.market.actor import Actor, Measure
from sim.market.labs.labs import NEVER, advance_quality, lags
from sim.market.market import Market
from sim.rates.fields import Fields


class Labs(Actor):
    """The quality race between labs. What moves in labs is the market's, since all act on it."""

    name = "labs"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._runs = [(f.lab, f.tier) for f in market.scenario.features.values()]
        #: Developers on each family at the start of the tick, in millions.
        self._millions: dict[str, float] = {}

    @classmethod
    def of(cls, market: Market) -> "Labs":
        return cls(market)

    def shape(self, fields: Fields, day: float) -> None:
        for j, (lab, tier) in enumerate(self._runs):
            fields.quality[j] = self._served(lab, tier)

    def watch(self, day: float) -> None:
        market = self._market
        if market.ecosystem is not None:
            counts = market.ecosystem.developers() / 1e6
            self._millions = dict(zip(market.labs, counts.tolist(), strict=True))

    def advance(self, day: float, dt: float, tick: int) -> None:
        market, parameters = self._market, self._market.parameters
        advance_quality(
            market.labs,
            self._millions,
            community_effect=parameters["kappa_c"],
            community_power=parameters["xi"],
            days=dt,
        )
        for lab in market.labs.values():
            for tier in lab.tiers.values():
                tier.fade(dt)

    def measures(self) -> Mapping[str, Measure]:
        return {
            "quality": lambda of: self._market.labs[str(of)].quality,
            "lag": lambda of: lags(self._market.labs)[str(of)],
            "level": self._level,
            "latency": lambda of: self._of_feature(self._market.fields.latency, of),
            "usability": lambda of: self._of_feature(self._market.fields.usability, of),
        }

    def _of_feature(self, values: NDArray[np.float64], of: str | None) -> float:
        return float(values[self._market.features.index(str(of))])

    def _level(self, of: str | None) -> float:
        owner, _, tier = str(of).partition(".")
        return float(self._market.labs[owner].tiers[tier].level.number)

    def _served(self, lab: str, tier: str) -> float:
        """Quality a product gets: its tier's, or while that is not out the lab's best that is; else
        0."""
        tiers = self._market.labs[lab].tiers
        own = tiers[tier].used
        if own > NEVER:
            return own
        return max(0.0, *(t.used for t in tiers.values()))
