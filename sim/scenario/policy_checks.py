"""Rules of a policy: what they refer to, and that they neither contradict each other nor loop.

At a review all rules that hold act at once; after that, rules that look at a level or a price hold
or not by what was just set, and each rule acts at most once. Within one review all other metrics
stand still. From this follow two criteria, both on the safe side: they may refuse rules that would
never meet in a given run, and no pair they let through can meet.

Contradiction: two rules set the same thing to different values, and there are values of the metrics
for which both hold. Conditions on different metrics can always hold together.

Loop: draw an arrow from rule X to rule Y when X sets what Y looks at to a value for which Y's
condition holds, or when X undoes what Y did and leaves Y's condition true; in both cases only if
the conditions on what stands still can hold together. Rules on a circle of arrows, with at least
one arrow of the first kind, that set one thing to different values could act without end.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.parameters.market import LEVELS
from sim.parameters.metrics import METRICS
from sim.scenario.checker import Checker
from sim.scenario.labs import Lab
from sim.scenario.nodes import Path, locate
from sim.scenario.policy import Rule, Then, When

__all__ = ["MAX_RULES", "policies"]

_ACTIONS = (
    {"tier", "level"},
    {"tier", "level", "versions"},
    {"feature", "price"},
    {"feature", "rollout"},
)

# Every rule is compared with every other; nobody can follow a policy of more rules than this.
MAX_RULES = 50

#: What a condition looks at or an action sets: a metric (or `rollout`) and the names it is of.
Thing = tuple[str, ...]


def policies(c: Checker) -> None:
    """Report rules that refer to nothing, contradict each other or loop."""
    for name, lab in c.scenario.labs.items():
        if lab.policy is None:
            continue
        at: Path = ("labs", name, "policy", "rules")
        if len(lab.policy.rules) > MAX_RULES:
            c.report(at, f"{len(lab.policy.rules)} rules", f"at most {MAX_RULES}")
            continue
        sound = []
        for index, rule in enumerate(lab.policy.rules):
            known = len(c.problems)
            for path, when in _conditions((*at, index), rule):
                _condition(c, path, name, when)
            _action(c, (*at, index, "then"), name, lab, rule.then)
            if len(c.problems) == known and (seen := _seen(name, index, rule)) is not None:
                sound.append(seen)
        looping = _loops(c, at, sound)
        _contradictions(c, at, sound, looping)


# ------------------------------------------------------------------------------------- references


def _conditions(at: Path, rule: Rule) -> Iterator[tuple[Path, When]]:
    if not isinstance(rule.when, tuple):
        yield (*at, "when"), rule.when
        return
    for i, when in enumerate(rule.when):
        yield (*at, "when", i), when


def _condition(c: Checker, at: Path, lab: str, when: When) -> None:
    metric = METRICS[when.metric]
    section = metric.section
    if section is not None and not c.given(section):
        c.report(
            (*at, "metric"),
            f"`{when.metric}` cannot be measured: the scenario has no section `{section}`",
            f"`{section}:` in the scenario, or another metric",
        )
    match metric.of:
        case "feature":
            if when.of is not None:
                c.refer((*at, "of"), when.of, "features")
            elif "of" not in c.valued(at):
                known = f"`of:` one of {', '.join(c.ids['features'])}"
                c.report(at, f"`{when.metric}` of which feature?", known)
        case "regime":
            if when.of is not None:
                named = dict.fromkeys(s.regime for s in c.scenario.segments.values())
                c.known((*at, "of"), when.of, [name for name in named if name != "none"], "regime")
        case "market":
            if when.of is not None:
                said = f"`{when.metric}` is of the market as a whole"
                c.report((*at, "of"), said, "no `of` beside it")
        case _:
            fits = when.of is None or c.refer((*at, "of"), when.of, "labs")
            if metric.of == "tier" and fits:
                _tier_of(c, at, when.of or lab, when)
    if when.tier is not None and metric.of != "tier":
        said = f"`{when.metric}` is not of a tier"
        c.report((*at, "tier"), said, "`tier` with the metric `level` only", key=True)


def _tier_of(c: Checker, at: Path, lab: str, when: When) -> None:
    if when.tier is not None:
        c.known((*at, "tier"), when.tier, _tiers(c, lab), f"tier of {lab}")
    elif "tier" not in c.valued(at):
        said = f"`{when.metric}` of which tier of {lab}?"
        c.report(at, said, f"`tier:` one of {', '.join(_tiers(c, lab))}")


def _tiers(c: Checker, lab: str) -> list[str]:
    given = c.scenario.labs[lab].models if lab in c.scenario.labs else {}
    return list(dict.fromkeys([*given, *c.written(("labs", lab, "models"))]))


def _action(c: Checker, at: Path, name: str, lab: Lab, then: Then) -> None:
    keys = {key for key in type(then).model_fields if getattr(then, key) is not None}
    keys |= c.valued(at)
    if keys not in _ACTIONS:
        c.report(
            at,
            f"an action of {', '.join(sorted(keys)) if keys else 'nothing'}",
            "one of `{tier, level}`, `{feature, price}`, `{feature, rollout}`",
        )
    if then.tier is not None:
        c.known((*at, "tier"), then.tier, _tiers(c, name), f"tier of {name}")
    if then.feature is not None and c.refer((*at, "feature"), then.feature, "features"):
        feature = c.scenario.features.get(then.feature)
        if feature is not None and feature.lab != name:
            own = [key for key, f in c.scenario.features.items() if f.lab == name]
            c.report(
                (*at, "feature"),
                f"`{then.feature}` is a feature of {feature.lab}",
                f"a feature of {name}: {', '.join(own)}" if own else f"a feature of {name}",
            )
        elif feature is not None and then.rollout is not None and not feature.placements:
            c.report(
                (*at, "feature"),
                f"`{then.feature}` is on no platform, so it has no rollout to {then.rollout}",
                "a feature with placements",
            )


# -------------------------------------------------------------------------------- contradictions


@dataclass(frozen=True)
class _Range:
    """Values of one metric for which conditions hold; a bound that is out of it is `open`."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def __and__(self, other: "_Range") -> "_Range":
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        return _Range(low, high, low_open, not closed)

    def __contains__(self, value: float) -> bool:
        return not (self & _Range(value, value)).empty

    @property
    def empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


@dataclass(frozen=True)
class _Seen:
    """A rule as the criteria see it. `lasting` are things it must have seen for some time."""

    index: int
    rule: Rule
    wants: dict[Thing, _Range]
    lasting: frozenset[Thing]
    sets: frozenset[Thing]
    value: str | float

    def excludes(self, other: "_Seen", things: Iterable[Thing] | None = None) -> bool:
        """Can the two never hold at once (as far as `things` are concerned)?"""
        looked = self.wants.keys() | other.wants.keys()
        anything = _Range(-math.inf, math.inf)
        return any(
            (self.wants.get(thing, anything) & other.wants.get(thing, anything)).empty
            for thing in (looked if things is None else looked & set(things))
        )

    def disagrees(self, other: "_Seen") -> bool:
        """Do the two set one thing to different values?"""
        return bool(self.sets & other.sets) and self.value != other.value


def _seen(lab: str, index: int, rule: Rule) -> _Seen | None:
    wants: dict[Thing, _Range] = {}
    lasting = set()
    for when in rule.conditions:
        value = float(when.value)
        if math.isnan(value):
            return None
        thing = _thing(lab, when)
        wants[thing] = _range(when, value) & wants.get(thing, _Range(-math.inf, math.inf))
        if when.for_ is not None and when.for_ > 0:
            lasting.add(thing)
    then = rule.then
    if then.tier is not None and then.level is not None:
        scopes = {"all": ("level", "new level"), "new": ("new level",)}.get(
            then.versions or "latest", ("level",)
        )
        sets = frozenset((scope, lab, then.tier) for scope in scopes)
        return _Seen(index, rule, wants, frozenset(lasting), sets, float(LEVELS.index(then.level)))
    if then.feature is None or (then.price is not None and math.isnan(then.price)):
        return None
    what, set_to = ("rollout", then.rollout) if then.rollout else ("price", then.price)
    assert set_to is not None
    return _Seen(index, rule, wants, frozenset(lasting), frozenset({(what, then.feature)}), set_to)


def _thing(lab: str, when: When) -> Thing:
    match METRICS[when.metric].of:
        case "market":
            return (when.metric,)
        case "tier":
            return (when.metric, when.of or lab, when.tier or "")
        case "feature" | "regime":
            return (when.metric, when.of or "")
    return (when.metric, when.of or lab)


def _range(when: When, value: float) -> _Range:
    """The values for which a condition holds, within those that the metric can take."""
    metric = METRICS[when.metric]
    possible = _Range(metric.parameter.low, metric.parameter.high)
    if metric.whole:  # nothing lies between two levels
        step = {
            ">": _Range(math.floor(value) + 1, math.inf),
            ">=": _Range(math.ceil(value), math.inf),
            "<": _Range(-math.inf, math.ceil(value) - 1),
            "<=": _Range(-math.inf, math.floor(value)),
        }
        return possible & step[when.op]
    upward = when.op.startswith(">")
    strict = not when.op.endswith("=")
    held = (
        _Range(value, math.inf, low_open=strict)
        if upward
        else _Range(-math.inf, value, high_open=strict)
    )
    return possible & held


def _contradictions(c: Checker, at: Path, rules: list[_Seen], looping: set[int]) -> None:
    for later in rules:
        for earlier in rules:
            if earlier.index >= later.index or {earlier.index, later.index} <= looping:
                continue
            if earlier.disagrees(later) and not earlier.excludes(later):
                c.report(
                    (*at, later.index),
                    f"contradicts rule {_where(c, at, earlier)}: {_effect(earlier.rule)} when "
                    f"{_said(earlier.rule)}, but {_effect(later.rule)} when {_said(later.rule)}, "
                    "and both can hold at one review",
                    "conditions of which at most one can hold, e.g. with a second condition in a "
                    "list under `when`",
                )


# ------------------------------------------------------------------------------------------ loops


def _loops(c: Checker, at: Path, rules: list[_Seen]) -> set[int]:
    """Report circles of rules; the indices of the rules that stand in one."""
    follows = {x.index: {y.index for y in rules if _enables(x, y) or _undoes(x, y)} for x in rules}
    reach = {index: _reachable(follows, index) for index in follows}
    looping: set[int] = set()
    for rule in rules:
        circle = [r for r in rules if r.index in reach[rule.index] and rule.index in reach[r.index]]
        if rule.index in looping or len(circle) < 2:
            continue
        if not any(_enables(x, y) for x in circle for y in circle if x is not y):
            continue
        if not any(x.disagrees(y) for x in circle for y in circle):
            continue
        looping |= {r.index for r in circle}
        told = "; ".join(
            f"rule {_where(c, at, r)} {_effect(r.rule)} when {_said(r.rule)}" for r in circle
        )
        c.report(
            (*at, circle[-1].index),
            f"rules that undo each other without end within one review: {told}",
            "rules that do not look at the level or price that they change back",
        )
    return looping


def _still(x: _Seen, y: _Seen) -> bool:
    """Can the conditions of both on what no rule sets hold at once?"""
    things = [thing for r in (x, y) for thing in r.wants if not METRICS[thing[0]].instant]
    return not x.excludes(y, things)


def _accepts(y: _Seen, x: _Seen) -> bool:
    """Do Y's conditions hold for what X sets, as far as they look at it?"""
    looked = x.sets & y.wants.keys()
    return all(x.value in y.wants[thing] for thing in looked if isinstance(x.value, float))


def _enables(x: _Seen, y: _Seen) -> bool:
    """X sets what Y looks at, to a value for which Y's condition holds at once."""
    looked = x.sets & y.wants.keys()
    return bool(looked) and not looked & y.lasting and _accepts(y, x) and _still(x, y)


def _undoes(x: _Seen, y: _Seen) -> bool:
    """X sets what Y has set to something else, and Y's condition goes on to hold."""
    return x.disagrees(y) and _accepts(y, x) and _still(x, y)


def _reachable(follows: dict[int, set[int]], index: int) -> set[int]:
    found: set[int] = set()
    waiting = [index]
    while waiting:
        for following in follows[waiting.pop()] - found:
            found.add(following)
            waiting.append(following)
    return found


# ------------------------------------------------------------------------------------------ words


def _where(c: Checker, at: Path, seen: _Seen) -> str:
    line = locate(c.tree, (*at, seen.index))[0].line
    return f"{seen.index + 1}" + (f" (line {line})" if line else "")


def _effect(rule: Rule) -> str:
    then = rule.then
    if then.tier is not None:
        new = " for new versions" if then.versions == "new" else ""
        return f"`{then.tier}` goes to {then.level}{new}"
    if then.rollout is not None:
        return f"`{then.feature}` gets a {then.rollout}"
    return f"`{then.feature}` costs {then.price.text if then.price is not None else '?'}"


def _said(rule: Rule) -> str:
    return " and ".join(_condition_text(when) for when in rule.conditions)


def _condition_text(when: When) -> str:
    of = ".".join(part for part in (when.of, when.tier) if part)
    value = LEVELS[round(when.value)] if when.metric == "level" else when.value.text
    lasting = f" for {when.for_.text}" if when.for_ is not None else ""
    return f"{when.metric}{f' of {of}' if of else ''} {when.op} {value}{lasting}"
