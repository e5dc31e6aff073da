"""Metrics that rules may look at: what each is measured in, what `of` names, what it needs.

A rule compares a metric with a value (`rule.<metric>`). The table is here and not with the actors
that measure, because a scenario must be checked before any actor exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sim.parameters.record import Parameter as P

__all__ = ["METRICS", "PARAMETERS", "Metric", "MetricName"]

MetricName = Literal[
    "lag", "quality", "mau", "share", "developer_share", "hhi", "level", "price", "latency",
    "usability", "trust", "incidents", "severity", "account_share", "contract_revenue", "revenue",
    "regulatory_hazard", "actions_in_force",
]  # fmt: skip

#: What `of` names. A tier is a lab's: `of: meta, tier: large`. A regime is one that segments name;
#: without `of`, all regimes together. The market as a whole takes no `of`.
Subject = Literal["lab", "feature", "tier", "regime", "market"]

_GIVEN = "the scenario gives it"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `section` is the part of a scenario without which it does not exist.

    `whole` marks a metric of whole numbers. `instant` marks what rules themselves can set, so that
    it may change within one review.
    """

    of: Subject
    parameter: P
    section: str | None = None
    whole: bool = False
    instant: bool = False


def _metric(
    name: str, of: Subject, unit: str, high: float, about: str, *, section: str | None = None,
    whole: bool = False, instant: bool = False,
) -> tuple[str, Metric]:  # fmt: skip
    low = -high if name == "usability" else 0.0
    value = P(f"rule.{name}", unit, None, low, high, "A", _GIVEN, f"{about} at which a rule acts.")
    return name, Metric(of, value, section, whole, instant)


METRICS: Mapping[str, Metric] = MappingProxyType(dict((
    _metric("quality", "lab", "frontier-months", 12_000.0, "Quality"),
    _metric("lag", "lab", "frontier-months", 12_000.0, "Lag behind the leader"),
    _metric("mau", "lab", "people", 1e11, "Monthly users"),
    _metric("share", "lab", "share", 1.0, "Share of all features' monthly users"),
    _metric("developer_share", "lab", "share", 1.0, "Share of building developers",
            section="developers"),
    _metric("hhi", "market", "number", 10_000.0, "Concentration (Herfindahl index, 0 to 10 000)"),
    _metric("level", "tier", "number", 6.0, "Level of release (0 closed to 6 open)", whole=True,
            instant=True),
    _metric("price", "feature", "USD per month", 10_000.0, "Price", instant=True),
    _metric("latency", "feature", "seconds", 600.0, "Time to answer"),
    _metric("usability", "feature", "number", 20.0, "Utility from usability"),
    _metric("trust", "lab", "number", 2.0, "Trust in the lab's features", section="safety"),
    _metric("incidents", "lab", "number", 1e6, "Incidents over the last 12 months",
            section="safety"),
    _metric("severity", "lab", "number", 1e6, "Severity of incidents over the last 12 months",
            section="safety"),
    _metric("account_share", "lab", "share", 1.0, "Share of accounts under contract",
            section="enterprise"),
    _metric("contract_revenue", "lab", "USD per year", 1e13, "Revenue from contracts",
            section="enterprise"),
    _metric("revenue", "lab", "USD per year", 1e13, "Revenue over all channels",
            section="revenue"),
    _metric("regulatory_hazard", "regime", "per year", 1000.0, "Rate of regulators' decisions",
            section="regulation"),
    _metric("actions_in_force", "regime", "number", 1e6, "Number of regulators' actions in force",
            section="regulation", whole=True),
)))  # fmt: skip

PARAMETERS: tuple[P, ...] = tuple(metric.parameter for metric in METRICS.values())
