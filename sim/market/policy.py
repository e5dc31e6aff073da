"""Release policies that look at the market: rules evaluated at dated reviews."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

#: (metric, of) -> value: lag and quality in frontier-months, mau in people, shares in [0, 1], hhi
#: 0-10,000.
Measure = Callable[[str, str | None], float]

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass
class Rule:
    """When the metric compares true, the tier goes to the level. A rule with `once` acts a single
    time."""

    metric: str
    of: str | None
    op: str
    value: float
    tier: str
    level: str
    once: bool = True
    spent: bool = field(default=False)

    def holds(self, measure: Measure) -> bool:
        """Is the condition true now, and may the rule still act?"""
        return not self.spent and COMPARISONS[self.op](measure(self.metric, self.of), self.value)

    def describe(self) -> str:
        subject = f"{self.metric} of {self.of}" if self.of else self.metric
        return f"{subject} {self.op} {self.value:g}: {self.tier} -> {self.level}"
