"""Release policies that look at the market: rules evaluated at dated reviews.

At a review all rules whose conditions hold act, each on what stood before any of them acted. Then
rules that look at a level or a price are looked at again, since these may just have been set, until
no more rules act; each acts at most once in a review. A rule whose action would change nothing does
not act. A condition with `for` must have held at every tick since so long ago, and at the review.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from sim.clock import Clock, Event, Priority, event_id
from sim.market.actor import Actor
from sim.market.happening import About, EventKind
from sim.market.market import Market
from sim.market.policy.actions import Action, make_action
from sim.parameters.market import LEVELS
from sim.parameters.metrics import METRICS
from sim.scenario.policy import Rule as Given
from sim.scenario.policy import When

__all__ = ["Condition", "Policies", "Rule"]

#: (metric, of) -> value: lag and quality in frontier-months, mau in people, shares in [0, 1], hhi
#: 0-10,000.
Measure = Callable[[str, str | None], float]

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
#: Days are sums of ticks; a condition that held for 60 days must not miss it by a rounding.
_SLACK = 1e-6


@dataclass(frozen=True)
class Condition:
    """A metric compared with a value; `lasting` is how many days it must have held.

    `since` is the day since which it has held at every tick; None while it does not.
    """

    metric: str
    of: str | None
    op: str
    value: float
    lasting: float = 0.0

    def is_true(self, measure: Measure) -> bool:
        """Does it hold now?"""
        return COMPARISONS[self.op](measure(self.metric, self.of), self.value)

    def held_since(self, since: float | None, day: float, measure: Measure) -> float | None:
        """`since` after a tick on `day`."""
        if not self.is_true(measure):
            return None
        return day if since is None else since

    def holds(self, since: float | None, day: float, measure: Measure) -> bool:
        """Does it hold now, and has it for as long as it must?"""
        if not self.is_true(measure):
            return False
        if self.lasting <= 0.0:
            return True
        return since is not None and day - since >= self.lasting - _SLACK

    def describe(self) -> str:
        subject = f"{self.metric} of {self.of}" if self.of else self.metric
        value = LEVELS[round(self.value)] if self.metric == "level" else f"{self.value:g}"
        lasting = f" for {self.lasting:g} d" if self.lasting > 0.0 else ""
        return f"{subject} {self.op} {value}{lasting}"


@dataclass
class Watched:
    """What moves in a rule: whether it is spent, and since when each condition has held."""

    since: list[float | None]
    spent: bool = False


@dataclass(frozen=True)
class Rule:
    """When all conditions hold, the action is carried out. With `once` a single time in a run."""

    slot: int
    conditions: tuple[Condition, ...]
    action: Action
    once: bool
    state: Watched

    @property
    def instant(self) -> bool:
        """May it come to hold within a review, through what other rules set?"""
        return any(METRICS[c.metric].instant for c in self.conditions)

    def holds(self, day: float, measure: Measure) -> bool:
        """Do its conditions hold now, and may the rule still act?"""
        if self.state.spent:
            return False
        pairs = zip(self.conditions, self.state.since, strict=True)
        return all(condition.holds(since, day, measure) for condition, since in pairs)

    def observe(self, day: float, measure: Measure) -> None:
        """Note at a tick which of the conditions that must last hold."""
        for i, condition in enumerate(self.conditions):
            if condition.lasting > 0.0:
                self.state.since[i] = condition.held_since(self.state.since[i], day, measure)

    @property
    def about(self) -> About:
        """What it does to whom and under which conditions, as data of the event log."""
        return self.action.about | {"reason": self._reason()}

    def describe(self) -> str:
        return f"{self._reason()}: {self.action.describe()}"

    def _reason(self) -> str:
        return " and ".join(c.describe() for c in self.conditions)


@dataclass
class PolicyState:
    """What moves in the rules of each lab."""

    rules: dict[str, list[Watched]]


class Policies(Actor):
    """The policies of all labs that have one."""

    name = "policy"
    kinds: ClassVar = {
        "review": EventKind(
            "a lab looks at its policy", ("lab",), holds={"number": "rules that act"}
        ),
        "rule": EventKind(
            "a rule of a policy acts",
            (),
            ("lab", "tier", "feature"),
            {
                "what": "level, price, pause or resume",
                "number": "number of the level, or USD a month",
                "reason": "its conditions",
            },
        ),
    }

    def __init__(self, market: Market) -> None:
        self._market = market
        self.rules: dict[str, list[Rule]] = {
            name: [_rule(name, slot, given) for slot, given in enumerate(lab.policy.rules)]
            for name, lab in market.scenario.labs.items()
            if lab.policy is not None
        }
        self.state = PolicyState(
            {name: [rule.state for rule in rules] for name, rules in self.rules.items()}
        )

    @classmethod
    def of(cls, market: Market) -> "Policies | None":
        asked = any(lab.policy is not None for lab in market.scenario.labs.values())
        return cls(market) if asked else None

    def attach(self, clock: Clock) -> None:
        clock.on("review", self._on_review)

    def agenda(self) -> Iterable[Event]:
        scenario = self._market.scenario
        for name, lab in scenario.labs.items():
            if lab.policy is not None:
                every, begin = float(lab.policy.review.every), lab.policy.review.from_
                first = every if begin is None else float((begin - scenario.start).days)
                yield _review(name, first, every, 0)

    def watch(self, day: float) -> None:
        for rules in self.rules.values():
            for rule in rules:
                rule.observe(day, self._market.measure)

    def _on_review(self, event: Event) -> Iterable[Event]:
        lab, n = event.data["lab"], event.data["n"]
        rules, acted = self.rules[lab], list(event.data.get("acted", ()))
        again = "acted" in event.data
        acting = [
            rule
            for rule in rules
            if rule.slot not in acted
            and (rule.instant or not again)
            and rule.holds(event.time, self._market.measure)
            and rule.action.changes(self._market)
        ]
        followed = []
        if not again:
            followed.append(_review(lab, event.data["first"], event.data["every"], n + 1))
        for rule in acting:
            rule.state.spent = rule.once
            acted.append(rule.slot)
            self._market.note(
                event.time,
                "rule",
                rule.action.entity,
                rule.describe(),
                **rule.about,
            )
            place = event_id("rule", lab, rule.slot, n)
            followed += rule.action.events(self._market, event.time, place)
        if acting and any(rule.instant and rule.slot not in acted for rule in rules):
            followed.append(
                Event(
                    event.time,
                    event.priority,
                    event_id("review", lab, n, len(acted)),
                    "review",
                    lab,
                    {**event.data, "acted": acted},
                )
            )
        if not again:
            said = f"{len(acting)} of {len(rules)} rules act"
            self._market.note(event.time, "review", lab, said, lab=lab, number=len(acting))
        return followed


def _review(lab: str, first: float, every: float, n: int) -> Event:
    """The n-th policy review of a lab."""
    data = {"lab": lab, "first": first, "every": every, "n": n}
    return Event(
        first + n * every, Priority.REVIEW, event_id("review", lab, n), "review", lab, data
    )


def _rule(lab: str, slot: int, given: Given) -> Rule:
    conditions = tuple(_condition(lab, when) for when in given.conditions)
    state = Watched([None] * len(conditions))
    return Rule(slot, conditions, make_action(lab, given.then), given.once, state)


def _condition(lab: str, when: When) -> Condition:
    match METRICS[when.metric].of:
        case "market":
            of = None
        case "tier":
            of = f"{when.of or lab}.{when.tier}"
        case "feature" | "regime":
            of = when.of
        case "lab":
            of = when.of or lab
    return Condition(when.metric, of, when.op, float(when.value), float(when.for_ or 0.0))
