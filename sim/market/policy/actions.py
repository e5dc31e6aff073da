"""What a policy's rule can do: change a tier's level, a feature's price, or halt a rollout."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sim.clock import Event, Priority, event_id
from sim.market.happening import About
from sim.market.labs.labs import NEVER
from sim.market.market import Market
from sim.parameters.market import LEVELS
from sim.scenario.policy import Then

__all__ = ["Action", "LevelAction", "PriceAction", "RolloutAction", "make_action"]


class Action(Protocol):
    """An action as events of the clock."""

    @property
    def entity(self) -> str:
        """Who it is about, for the event log."""

    @property
    def about(self) -> About:
        """The same and what is done, as data."""

    def changes(self, market: Market) -> bool:
        """Would it change anything now?"""

    def events(self, market: Market, time: float, place: str) -> Iterable[Event]:
        """The events that carry it out; their ids begin with `place`."""

    def describe(self) -> str: ...


@dataclass(frozen=True)
class LevelAction:
    """A level for a tier: for its latest version, for new ones from now on, or for both."""

    lab: str
    tier: str
    level: str
    latest: bool = True
    new: bool = False

    @property
    def entity(self) -> str:
        return f"{self.lab}.{self.tier}"

    @property
    def about(self) -> About:
        number = LEVELS.index(self.level)
        return {"lab": self.lab, "tier": self.tier, "what": "level", "number": number}

    def changes(self, market: Market) -> bool:
        tier = market.labs[self.lab].tiers[self.tier]
        now = self.latest and tier.capability > NEVER and tier.level.name != self.level
        later = self.new and (tier.standing is None or tier.standing.name != self.level)
        return now or later

    def events(self, market: Market, time: float, place: str) -> Iterable[Event]:
        data = {"lab": self.lab, "tier": self.tier, "level": self.level}
        tier = market.labs[self.lab].tiers[self.tier]
        for kind, wanted in (
            ("level", self.latest and tier.level.name != self.level),
            ("turn", self.new),
        ):
            if wanted:
                yield Event(time, Priority.RULE, event_id(place, kind), kind, self.entity, data)

    def describe(self) -> str:
        which = "" if not self.new else " (all versions)" if self.latest else " (new versions)"
        return f"{self.tier} -> {self.level}{which}"


@dataclass(frozen=True)
class PriceAction:
    """A price for a feature, in USD a month."""

    feature: str
    price: float

    @property
    def entity(self) -> str:
        return self.feature

    @property
    def about(self) -> About:
        return {"feature": self.feature, "what": "price", "number": self.price}

    def changes(self, market: Market) -> bool:
        return bool(market.base.price[market.features.index(self.feature)] != self.price)

    def events(self, market: Market, time: float, place: str) -> Iterable[Event]:
        data = {"price": self.price}
        yield Event(time, Priority.RULE, place, "price", self.feature, data)

    def describe(self) -> str:
        return f"price {self.price:g} USD a month"


@dataclass(frozen=True)
class RolloutAction:
    """A pause of a feature's rollout wherever it is placed, or its end."""

    feature: str
    action: str

    @property
    def entity(self) -> str:
        return self.feature

    @property
    def about(self) -> About:
        return {"feature": self.feature, "what": self.action}

    def changes(self, market: Market) -> bool:
        j = market.features.index(self.feature)
        paused = market.rollout.paused[j][market.rollout.placed[j]]
        return bool(np.any(paused) if self.action == "resume" else not np.all(paused))

    def events(self, market: Market, time: float, place: str) -> Iterable[Event]:
        data: dict[str, Any] = {
            "platforms": list(range(len(market.scenario.platforms))),
            "segments": list(range(len(market.scenario.segments))),
        }
        yield Event(time, Priority.RULE, place, self.action, self.feature, data)

    def describe(self) -> str:
        return f"rollout {self.action}"


def make_action(lab: str, then: Then) -> Action:
    """The action of a checked rule."""
    if then.tier is not None and then.level is not None:
        versions = then.versions or "latest"
        return LevelAction(lab, then.tier, then.level, versions != "new", versions != "latest")
    assert then.feature is not None, "checked when the scenario was loaded"
    if then.rollout is not None:
        return RolloutAction(then.feature, then.rollout)
    assert then.price is not None, "checked when the scenario was loaded"
    return PriceAction(then.feature, float(then.price))
