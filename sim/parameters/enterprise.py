"""Parameters of enterprise and government accounts, and of revenue by channel."""

from sim.parameters.record import Parameter as P
from sim.parameters.record import fixed
from sim.units import DAYS_PER_MONTH, DAYS_PER_YEAR

__all__ = ["GLOBALS", "SECTION"]

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

GLOBALS = _CHOICE + _REVENUE

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

_CHANNELS = (
    P("revenue.engagement", "USD per year", None, 0.0, 200.0, "A", "by engagement_value",
      "Advertising and engagement revenue from each daily user of the feature."),
    P("revenue.paying", "share", None, 0.0, 1.0, "A", "by paying_share",
      "Share of the feature's weekly users who pay for a subscription."),
    P("revenue.subscription", "USD per month", None, 0.0, 1000.0, "A", "by subscription_price",
      "What a subscriber of the feature pays."),
)  # fmt: skip

#: Quantities of the sections `enterprise:` and `revenue:` of a scenario.
SECTION = _ACCOUNTS + _CHANNELS
