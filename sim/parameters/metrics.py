"""Metrics that rules may look at: what each is measured in, what `of` names, what it needs.

A rule compares a metric with a value (`rule.<metric>`). A metric is declared here or, when it is of
a mechanism, beside the mechanism's section, and not with the actors that measure: a scenario must
be checked before any actor exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sim.parameters.record import Parameter
from sim.parameters.registry import adopt

__all__ = ["METRICS", "Metric", "declare_metric"]

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
    parameter: Parameter
    section: str | None = None
    whole: bool = False
    instant: bool = False


_metrics: dict[str, Metric] = {}

#: All metrics by name; complete once `sim.scenario` is imported.
METRICS: Mapping[str, Metric] = MappingProxyType(_metrics)


def declare_metric(
    name: str,
    of: Subject,
    unit: str,
    high: float,
    about: str,
    *,
    low: float = 0.0,
    section: str | None = None,
    whole: bool = False,
    instant: bool = False,
) -> None:
    """Make a metric known to rules: `about` says what it is, from `low` to `high` in `unit`.

    Raises ValueError for a name that another section's metric has.
    """
    known = _metrics.get(name)
    if known is not None and known.section != section:
        raise ValueError(f"metric {name} is declared twice")
    text = f"{about} at which a rule acts."
    value = Parameter(f"rule.{name}", unit, None, low, high, "A", _GIVEN, text)
    adopt(value)
    _metrics[name] = Metric(of, value, section, whole, instant)


declare_metric("lag", "lab", "frontier-months", 12_000.0, "Lag behind the leader")
declare_metric("quality", "lab", "frontier-months", 12_000.0, "Quality")
declare_metric("mau", "lab", "people", 1e11, "Monthly users")
declare_metric("share", "lab", "share", 1.0, "Share of all features' monthly users")
declare_metric("hhi", "market", "number", 1e4, "Concentration (Herfindahl index, 0 to 10 000)")
declare_metric(
    "level", "tier", "number", 6.0, "Level of release (0 closed to 6 open)",
    whole=True, instant=True,
)  # fmt: skip
declare_metric("price", "feature", "USD per month", 10_000.0, "Price", instant=True)
declare_metric("latency", "feature", "seconds", 600.0, "Time to answer")
declare_metric("usability", "feature", "number", 20.0, "Utility from usability", low=-20.0)
