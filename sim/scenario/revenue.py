"""Revenue of the labs by channel."""

from typing import Annotated

from sim.parameters.metrics import declare_metric
from sim.parameters.record import Parameter as P
from sim.parameters.registry import declare, declare_globals
from sim.scenario.base import Id, Part
from sim.scenario.checker import Checker
from sim.scenario.frozen import FrozenDict
from sim.scenario.nodes import Path
from sim.scenario.quantity import Quantity, Spec
from sim.scenario.section import Section

__all__ = ["FeatureRevenue", "Revenue"]

_ASSUMED = "modelling assumption, to be swept"

_REVENUE = (
    P("engagement_value", "USD per year", 2.0, 0.0, 200.0, "A",
      _ASSUMED + "; whole social platforms earn tens of USD a year with each daily user",
      "Advertising and engagement revenue from each daily user of a feature."),
    P("paying_share", "share", 0.056, 0.0, 1.0, "D",
      "fact chatgpt-paying-share-2026: 50 million subscribers over 900 million weekly users",
      "Share of a feature's weekly users who pay for a subscription."),
    P("subscription_price", "USD per month", 20.0, 0.0, 1000.0, "A",
      "list price of the usual entry plan, recalled; free and half-price plans are left out",
      "What a subscriber pays."),
    P("open_api_share", "share", 0.2, 0.0, 1.0, "A",
      _ASSUMED + ": anyone may host released weights",
      "Share of the hosted tokens of an open family that its own lab sells."),
)  # fmt: skip

_CHANNELS = (
    P("revenue.engagement", "USD per year", None, 0.0, 200.0, "A", "by engagement_value",
      "Advertising and engagement revenue from each daily user of the feature."),
    P("revenue.paying", "share", None, 0.0, 1.0, "A", "by paying_share",
      "Share of the feature's weekly users who pay for a subscription."),
    P("revenue.subscription", "USD per month", None, 0.0, 1000.0, "A", "by subscription_price",
      "What a subscriber of the feature pays."),
)  # fmt: skip

declare_globals(*_REVENUE)
declare(*_CHANNELS)
declare_metric(
    "revenue", "lab", "USD per year", 1e13, "Revenue over all channels", section="revenue"
)


class FeatureRevenue(Part):
    """What one feature earns; without a value here the parameter of the same meaning holds."""

    engagement: Annotated[Quantity, Spec("revenue.engagement")] | None = None
    paying: Annotated[Quantity, Spec("revenue.paying")] | None = None
    subscription: Annotated[Quantity, Spec("revenue.subscription")] | None = None


class Revenue(Section):
    """Revenue of the labs by channel; `{}` takes every value from the parameters."""

    features: FrozenDict[Id, FeatureRevenue] = FrozenDict()

    def check(self, c: Checker, at: Path) -> None:
        """Report features that there are not."""
        for name in self.features:
            c.refer((*at, "features", name), name, "features", key=True)
