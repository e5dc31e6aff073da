"""Enterprise and government accounts, the desks that serve them, and revenue by channel."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.base import Id, IdsOrAll, Part, Title
from sim.scenario.frozen import FrozenDict
from sim.scenario.quantity import Quantity, Spec, default

__all__ = [
    "DELIVERIES",
    "GATES",
    "AccountGroup",
    "Desk",
    "Enterprise",
    "FeatureRevenue",
    "Revenue",
    "Vendor",
]

Gate = Literal["authorised-cloud", "audit-logs", "indemnity", "residency", "air-gap"]
Delivery = Literal["api", "weights"]

GATES: tuple[Gate, ...] = ("authorised-cloud", "audit-logs", "indemnity", "residency", "air-gap")
DELIVERIES: tuple[Delivery, ...] = ("api", "weights")

_FAMILIES = "fact enterprises-three-families-2026: 81 % run three or more; the split is assumed"


def _families() -> tuple[Quantity, ...]:
    shares = (0.09, 0.10, 0.45, 0.36)
    return tuple(Quantity(s, "account.families", "share", "D", _FAMILIES) for s in shares)


class AccountGroup(Part):
    """Accounts of one kind, e.g. mid-size, large, government.

    `families` are the shares of accounts that want one, two, three ... model families; they add up
    to 100 %. `vendors` are the labs that they may buy from at all. `gates` are shares of accounts,
    each gate for itself. `at_start` says what share of the accounts that a lab can serve have a
    contract with it.
    """

    title: Title | None = None
    count: Annotated[Quantity, Spec("account.count")]
    contract: Annotated[Quantity, Spec("account.contract")]
    cycle: Annotated[Quantity, Spec("account.cycle")] = default("account.cycle")
    spread: Annotated[Quantity, Spec("account.spread")] = default("account.spread")
    win_rate: Annotated[Quantity, Spec("account.win_rate")] = default("account.win_rate")
    demand: Annotated[Quantity, Spec("account.demand")] = default("account.demand")
    vendors: IdsOrAll = "all"
    families: tuple[Annotated[Quantity, Spec("account.families")], ...] = Field(
        default_factory=_families
    )
    gates: FrozenDict[Gate, Annotated[Quantity, Spec("account.gate")]] = FrozenDict()
    switching: Annotated[Quantity, Spec("account.switching")] = default("account.switching")
    term: Annotated[Quantity, Spec("account.term")] = default("account.term")
    tokens: Annotated[Quantity, Spec("account.tokens")] = default("account.tokens")
    at_start: FrozenDict[Id, Annotated[Quantity, Spec("account.held")]] = FrozenDict()


class Desk(Part):
    """People of a lab who work on deals, first come, first served.

    `law` is the distribution of the time they work on one: exponential, or the same for all.
    """

    servers: Annotated[Quantity, Spec("desk.servers")]
    work: Annotated[Quantity, Spec("desk.work")]
    law: Literal["exponential", "fixed"] = "exponential"


class Vendor(Part):
    """How a lab sells. Without a desk nobody waits for it.

    `also` are gates that its offers pass by other means than its models' levels, e.g. a partner's
    cloud in the country.
    """

    sales: Desk | None = None
    review: Desk | None = None
    also: tuple[Gate, ...] = ()


class Enterprise(Part):
    """Accounts, by group, and how labs sell to them; a lab not named has desks without limit.

    `gates` says which kind of offer passes each gate where it differs from the usual: a controlled
    API passes authorised-cloud, audit-logs and indemnity, released weights residency and air-gap.
    """

    accounts: FrozenDict[Id, AccountGroup]
    vendors: FrozenDict[Id, Vendor] = FrozenDict()
    gates: FrozenDict[Gate, tuple[Delivery, ...]] = FrozenDict()
    deals_at_start: bool = Field(
        True, strict=True, description="false: no deals are under way on the start date."
    )


class FeatureRevenue(Part):
    """What one feature earns; without a value here the parameter of the same meaning holds."""

    engagement: Annotated[Quantity, Spec("revenue.engagement")] | None = None
    paying: Annotated[Quantity, Spec("revenue.paying")] | None = None
    subscription: Annotated[Quantity, Spec("revenue.subscription")] | None = None


class Revenue(Part):
    """Revenue of the labs by channel; `{}` takes every value from the parameters."""

    features: FrozenDict[Id, FeatureRevenue] = FrozenDict()
