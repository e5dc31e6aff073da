"""What is recorded of a run: which metrics, of which groups, how often, and which further tables.

A plan never changes the course of a run: any two plans give the same people and the same market on
every day, and where both record a number it is the same number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sim.record.tables import OPTIONAL
from sim.units import nearest

__all__ = ["FULL", "PLANS", "SUMMARY", "WEEKLY", "Plan", "named_plan"]

ALL = "all"
Names = tuple[str, ...] | None


@dataclass(frozen=True)
class Plan:
    """What to keep. None stands for all there is.

    `every` is the time between two readings in days, at least a tick; the start and the last day
    are always read. Flows (`new`, `lapsed`) are a day's mean since the reading before.
    """

    every: float = 1.0
    metrics: Names = None
    """Consumer metrics: `mau`, `dau`, `new`, ..."""
    features: Names = None
    """Ids of features; `all` is the row that counts every person once."""
    platforms: Names = None
    segments: Names = None
    """Ids of platforms and segments; `all` is everybody."""
    market: Names = None
    """Metrics of the market table: `share`, `quality`, `developers`, ..."""
    tables: Names = None
    """Further tables, of those in `sim.record.tables.OPTIONAL`."""

    def __post_init__(self) -> None:
        if not self.every > 0.0:
            raise ValueError(f"a reading every {self.every:g} days; expected more than 0")
        for name in self.tables or ():
            if name not in OPTIONAL:
                raise ValueError(f"no table {name!r}; expected some of {', '.join(OPTIONAL)}")

    def chosen(self) -> dict[str, Any]:
        """What the plan chose, by field; nothing where it is all there is."""
        values = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        return {name: value for name, value, default in values if value != default}

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> "Plan":
        """The plan that chose so, lists standing for tuples. Raises TypeError or ValueError."""
        named: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in chosen.items()
        }
        return cls(**named)

    def require(self, field: str, present: Iterable[str]) -> None:
        """Raises ValueError, with the nearest name, where `field` names what is not `present`."""
        known = list(present)
        for name in getattr(self, field) or ():
            if name not in known:
                near = nearest(name, known)
                hint = f"; did you mean {near!r}?" if near else ""
                expected = ", ".join(known)
                raise ValueError(f"no {name!r} among {field}; expected some of {expected}{hint}")

    def wants_table(self, name: str) -> bool:
        """Is the further table `name` kept?"""
        return self.tables is None or name in self.tables

    def due(self, day: float, last: bool, dt: float) -> bool:
        """Is `day`, at which a tick of `dt` days begins, one to read?"""
        if last or day <= 0.0:
            return True
        # The reading falls on the first tick at or after each multiple, free of rounding.
        return int((day + 1e-9) / self.every) > int((day - dt + 1e-9) / self.every)


def wanted(names: Names, present: Iterable[str]) -> tuple[str, ...]:
    """Those of `present` that a plan names, in their own order."""
    return tuple(name for name in present if names is None or name in names)


#: Every metric of every group on every day.
FULL: Final = Plan()
#: What studies of many runs compare: once a week, totals by feature.
WEEKLY: Final = Plan(
    every=7.0,
    metrics=("mau", "dau", "new", "lapsed", "ever"),
    platforms=(ALL,),
    segments=(ALL,),
    market=("share", "hhi", "quality", "lag", "developer_share", "apps", "derivatives", "revenue",
            "surplus", "trust", "incidents_own", "incidents_wild", "incidents_marginal", "price"),
    tables=(),
)  # fmt: skip
#: What the closing table of a run needs.
SUMMARY: Final = Plan(
    metrics=("mau", "dau"),
    platforms=(ALL,),
    segments=(ALL,),
    market=("share", "hhi", "developer_share"),
    tables=(),
)
PLANS: Final = {"full": FULL, "weekly": WEEKLY, "summary": SUMMARY}


def named_plan(name: str) -> Plan:
    """One of `PLANS`. Raises ValueError, with the nearest name, for another."""
    if name in PLANS:
        return PLANS[name]
    near = nearest(name, list(PLANS))
    hint = f"; did you mean {near!r}?" if near else ""
    raise ValueError(f"no plan {name!r}; expected one of {', '.join(PLANS)}{hint}")
