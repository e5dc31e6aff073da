"""Enterprise and government accounts, and the desks that serve them."""

from typing import Annotated, Literal

from pydantic import Field

from sim import units
from sim.parameters.metrics import declare_metric
from sim.parameters.record import Parameter as P
from sim.parameters.record import fixed
from sim.parameters.registry import declare, declare_globals
from sim.scenario.base import Id, IdsOrAll, Part, Title
from sim.scenario.checker import Checker
from sim.scenario.frozen import FrozenDict
from sim.scenario.nodes import Path
from sim.scenario.quantity import Quantity, Spec, default
from sim.scenario.section import Section
from sim.units import DAYS_PER_MONTH, DAYS_PER_YEAR

__all__ = ["DELIVERIES", "GATES", "AccountGroup", "Desk", "Enterprise", "Vendor"]

_SLACK = 1e-6
# A run of two years then takes seconds; far more accounts than any group of large companies has.
_MAX_ACCOUNTS = 200_000

_ASSUMED = "modelling assumption, to be swept"
_GIVEN = "the scenario gives it"
_CYCLES = (
    "published sales cycles: 6 to 9 months for mid-size contracts, 12 to 18 for large ones, "
    "6 to 18 for government"
)

_CHOICE = fixed(
    "accounts, their deals and contracts are made with it at the start",
    P("account_b_quality", "number", 4.0, 0.0, 10.0, "A", _ASSUMED,
      "Weight of perceived quality in an account's choice of vendor."),
    P("account_b_customise", "number", 0.5, 0.0, 5.0, "A", _ASSUMED,
      "Weight of being able to change the model."),
    P("account_b_cost", "number", 0.3, 0.0, 5.0, "A", _ASSUMED,
      "Weight of ln(cost a month) against an offer."),
    P("account_b_trust", "number", 1.0, 0.0, 5.0, "A", _ASSUMED,
      "Utility an account loses when trust in a lab falls from its normal level of 1 to 0."),
    P("account_qualify", "share", 0.4, 0.0, 1.0, "A", _ASSUMED,
      "Share of an account's own time that passes before the security review."),
    P("account_size_spread", "number", 0.75, 0.0, 2.0, "A", _ASSUMED,
      "Standard deviation of ln(contract value) among the accounts of a group."),
    P("account_host_fixed", "USD per month", 15_000.0, 0.0, 1e7, "A",
      _ASSUMED + ": a server with eight accelerators",
      "Fixed cost to an account of running released weights itself."),
    P("account_host_marginal", "USD per million tokens", 0.2, 0.0, 100.0, "A", _ASSUMED,
      "Cost of tokens to an account that runs released weights itself."),
    P("account_self_hosted_value", "share", 0.3, 0.0, 1.0, "A",
      _ASSUMED + ": support and licences without the tokens",
      "What a contract on weights pays the lab, as a share of one on its API."),
)  # fmt: skip

_ACCOUNTS = (
    P("account.count", "number", None, 1.0, 1e5, "A", _GIVEN,
      "Accounts in the group, to the nearest whole number."),
    P("account.contract", "USD per year", None, 0.0, 1e10, "A", _GIVEN,
      "Mean value of one contract in the group."),
    P("account.cycle", "days", 7.5 * DAYS_PER_MONTH, 1.0, 3652.5, "S", _CYCLES,
      "Median time from the first contact to the decision where nobody waits for a desk."),
    P("account.spread", "number", 0.3, 0.0, 2.0, "D",
      "derived from published sales cycles, taken as the middle half: ln(9/6) / (2 x .674)",
      "Standard deviation of ln(cycle), which is lognormal."),
    P("account.win_rate", "share", 0.2, 0.1, 0.3, "S",
      "published win rates of qualified enterprise opportunities: 10 to 30 %",
      "Share of decisions that go the vendor's way.", off=0.0),
    P("account.demand", "per year", 1.0, 0.0, 24.0, "A", _ASSUMED,
      "Rate at which an account that wants another model family opens an opportunity."),
    P("account.families", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of the accounts that want one, two, three ... model families."),
    P("account.gate", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of the accounts that require the gate."),
    P("account.switching", "share", 0.11, 0.0, 0.9, "S",
      "survey of enterprises: 11 % switched their vendor within a year",
      "Share of contracts a year that go to another vendor when its best rival is as good."),
    P("account.term", "days", DAYS_PER_YEAR, 30.0, 3652.5, "A",
      _ASSUMED + "; a year is the usual term",
      "Time after which a contract is renewed or goes to another vendor."),
    P("account.tokens", "million tokens", 5000.0, 0.001, 1e9, "A",
      _ASSUMED + "; 200 k USD a year buys as much at 3.4 USD per million tokens",
      "Tokens an account uses in a month, for comparing the costs of offers."),
    P("account.held", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of the accounts that a lab can serve that have a contract with it on the start date."),
    P("desk.servers", "number", None, 1.0, 1e6, "A", _GIVEN,
      "Deals that a desk works on at the same time, to the nearest whole number."),
    P("desk.work", "days", None, 0.01, 3652.5, "A", _GIVEN,
      "Mean time that a desk works on one deal."),
)  # fmt: skip

declare_globals(*_CHOICE)
declare(*_ACCOUNTS)
declare_metric(
    "account_share", "lab", "share", 1.0, "Share of accounts under contract", section="enterprise"
)
declare_metric(
    "contract_revenue", "lab", "USD per year", 1e13, "Revenue from contracts", section="enterprise"
)

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


class Enterprise(Section):
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

    def check(self, c: Checker, at: Path) -> None:
        """Report unknown labs, shares that do not add up, and too many accounts."""
        for lab in self.vendors:
            c.refer((*at, "vendors", lab), lab, "labs", key=True)
        for gate, deliveries in self.gates.items():
            if not deliveries:
                c.report((*at, "gates", gate), "an empty list", "api, weights or both")
        if "enterprise" in c.unknown:  # parts of it were left out: sums over the rest mean nothing
            return
        if not self.accounts:
            c.report((*at, "accounts"), "there are no accounts", "at least one group")
        total = sum(group.count for group in self.accounts.values())
        if total > _MAX_ACCOUNTS:
            most = f"at most {_MAX_ACCOUNTS}"
            c.report((*at, "accounts"), f"{total:.0f} accounts", most, key=True)
        for name, group in self.accounts.items():
            here = (*at, "accounts", name)
            if name in c.ids["labs"]:
                c.report(here, f"`{name}` is a lab too", "another id for the accounts", key=True)
            c.listed((*here, "vendors"), group.vendors, "labs")
            for lab in group.at_start:
                c.refer((*here, "at_start", lab), lab, "labs", key=True)
            shares = float(sum(group.families))
            if not group.families:
                c.report((*here, "families"), "an empty list", "shares that add up to 100 %")
            elif abs(shares - 1) > _SLACK:
                said = units.human(shares, "share", 6)
                c.report((*here, "families"), f"the shares of families add up to {said}", "100 %")
