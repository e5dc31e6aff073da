"""Stop rules and the kill switch: measured conditions that hold up a rollout.

Conditions are looked at every day. A rule that holds acts through the rollout's own events, so that
its waves, pauses and resumptions stand in the log like planned ones, beside a line of kind `stop`.
While rules hold a feature it stays paused; the last one to let go resumes it and takes places that
were cut back to the share they had, unless a wave fell due meanwhile: then that one holds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sim.clock import Clock, Event, Priority, event_id
from sim.market.market import Market
from sim.market.policy.actor import COMPARISONS
from sim.scenario.safety import StopRule

#: (rule, feature, day, since) -> value: incidents count from the day `since` on, exclusive.
Measured = Callable[[StopRule, int, float, float], float]
Place = tuple[int, int]


@dataclass
class Held:
    """What the rules that hold a feature did to it; places are (platform, segment)."""

    rules: dict[int, int] = field(default_factory=dict)
    """Rule and the number of its stop."""
    paused: set[Place] = field(default_factory=set)
    shares: dict[Place, float] = field(default_factory=dict)
    """Shares that were cut, as they would be without the rules."""
    most: dict[Place, float] = field(default_factory=dict)
    """The lowest share that a rule cut a place to."""


@dataclass
class Stopped:
    """What stop rules have done."""

    held: dict[int, Held]
    """By feature."""
    fired: dict[tuple[int, int], float]
    """The day on which a rule last stopped a feature."""
    count: int = 0
    """Stops so far."""


class Stops:
    """Watches the stop rules of a scenario."""

    def __init__(self, market: Market, rules: Sequence[StopRule], measured: Measured) -> None:
        self._market, self._rules, self._measured = market, tuple(rules), measured
        self._compare = [COMPARISONS[rule.when.op] for rule in self._rules]
        self._value = [float(rule.when.value) for rule in self._rules]
        self.state = Stopped({}, {})
        segments = range(len(market.scenario.segments))
        self._places = [
            [(p, g) for p in range(len(market.scenario.platforms)) if placed[p] for g in segments]
            for placed in market.rollout.placed
        ]
        #: (rule, feature): which features each rule can stop.
        self._watched = [
            (r, j)
            for r, rule in enumerate(self._rules)
            for j, name in enumerate(market.features)
            if self._places[j] and (rule.features == "all" or name in rule.features)
        ]

    def attach(self, clock: Clock) -> None:
        """Register the handlers."""
        clock.on("stops", self._on_check)
        clock.on("stop-end", self._on_end)

    def agenda(self) -> Iterable[Event]:
        """The first look."""
        yield _check(0)

    def _on_check(self, event: Event) -> Iterable[Event]:
        self._forget_lifted()
        followed = [_check(event.data["n"] + 1)]
        for r, j in self._watched:
            held = self.state.held.get(j)
            if held is not None and r in held.rules:
                continue
            since = self.state.fired.get((r, j), float("-inf"))
            value = self._measured(self._rules[r], j, event.time, since)
            if self._compare[r](value, self._value[r]):
                followed += self._stop(event.time, r, j, value)
        return followed

    def _stop(self, day: float, r: int, j: int, value: float) -> list[Event]:
        rule, feature = self._rules[r], self._market.features[j]
        self.state.count += 1
        self.state.fired[r, j] = day
        held = self.state.held.setdefault(j, Held())
        held.rules[r] = self.state.count
        target = 0.0 if rule.share is None else float(rule.share)
        self._market.note(
            day,
            "stop",
            feature,
            _words(rule, value),
            feature=feature,
            number=None if rule.then == "pause" else target,
            what=rule.then,
            reason=_condition(rule),
        )
        # What another rule did a moment ago is on the clock and not yet carried out.
        paused = self._paused(j) | held.paused
        held.paused.update(place for place in self._places[j] if place not in paused)
        cut = [] if rule.then == "pause" else self._above(target, j, held)
        steps: list[tuple[str, Sequence[Place], float | None]] = []
        if cut:
            waiting = self._market.rollout.waiting
            for p, g in cut:
                if (j, p, g) in waiting:  # a wave fell due since the first cut
                    held.shares[p, g] = waiting[j, p, g]
                else:
                    before = float(self._market.rollout.share[j, p, g])
                    held.shares.setdefault((p, g), before)
                held.most[p, g] = target
            # A wave waits where the rollout is paused; this one must not.
            steps.append(("resume", [place for place in cut if place in paused], None))
            steps.append(("wave", cut, target))
        steps.append(("pause", self._places[j], None))
        events = _events(event_id("stop", feature, self.state.count), day, feature, steps)
        if rule.resume_after is not None:
            data = {"rule": r, "feature": feature, "stop": self.state.count}
            end = day + float(rule.resume_after)
            name = event_id("stop-end", feature, self.state.count)
            events.append(Event(end, Priority.ROLLOUT, name, "stop-end", feature, data))
        return events

    def _above(self, target: float, j: int, held: Held) -> list[Place]:
        """Places whose share is more than a rule leaves."""
        share = self._market.rollout.share[j]
        return [at for at in self._places[j] if min(share[at], held.most.get(at, 1.0)) > target]

    def _on_end(self, event: Event) -> Iterable[Event]:
        self._forget_lifted()
        j, r = self._market.features.index(event.entity), event.data["rule"]
        held = self.state.held.get(j)
        if held is None or held.rules.get(r) != event.data["stop"]:
            return ()
        del held.rules[r]
        if held.rules:
            return ()
        del self.state.held[j]
        waiting = {(p, g) for k, p, g in self._market.rollout.waiting if k == j}
        by_share: dict[float, list[Place]] = {}
        for place, share in sorted(held.shares.items()):
            if place not in waiting and share > self._market.rollout.share[j, *place]:
                by_share.setdefault(share, []).append(place)
        ours = [place for place in self._places[j] if place in held.paused & self._paused(j)]
        steps: list[tuple[str, Sequence[Place], float | None]] = [("resume", ours, None)]
        steps += [("wave", places, share) for share, places in by_share.items()]
        name = event_id("stop-end", event.entity, event.data["stop"], "resume")
        return _events(name, event.time, event.entity, steps)

    def _paused(self, j: int) -> set[Place]:
        paused = self._market.rollout.paused
        return {(p, g) for p, g in self._places[j] if paused[j, p, g]}

    def _forget_lifted(self) -> None:
        """Let go of places that something else resumed; a stop without any left has ended."""
        for j, held in list(self.state.held.items()):
            lifted = held.paused - self._paused(j)
            held.paused -= lifted
            for place in lifted:
                held.shares.pop(place, None)
                held.most.pop(place, None)
            if lifted and not held.paused:
                del self.state.held[j]


def _check(n: int) -> Event:
    return Event(float(n), Priority.REVIEW, event_id("stops", n), "stops", "market", {"n": n})


def _events(
    name: str,
    day: float,
    feature: str,
    steps: Iterable[tuple[str, Sequence[Place], float | None]],
) -> list[Event]:
    """Rollout events that happen at once and in this order: ids of one instant sort by number."""
    events: list[Event] = []
    for kind, places, share in steps:
        for platforms, segments in _blocks(places):
            data: dict[str, object] = {"platforms": platforms, "segments": segments}
            if share is not None:
                data["share"] = share
            place = event_id(name, len(events))
            events.append(Event(day, Priority.ROLLOUT, place, kind, feature, data))
    return events


def _blocks(places: Iterable[Place]) -> list[tuple[list[int], list[int]]]:
    """Places as few products of platforms and segments."""
    segments_of: dict[int, list[int]] = {}
    for p, g in sorted(places):
        segments_of.setdefault(p, []).append(g)
    platforms_of: dict[tuple[int, ...], list[int]] = {}
    for p, segments in segments_of.items():
        platforms_of.setdefault(tuple(segments), []).append(p)
    return [(platforms, list(segments)) for segments, platforms in platforms_of.items()]


def _condition(rule: StopRule) -> str:
    return f"{rule.when.metric} {rule.when.op} {rule.when.value.text}"


def _words(rule: StopRule, value: float) -> str:
    when = rule.when
    found: Mapping[str, str] = {"churn": f"{value:.2%} a day", "incidents": f"{value:.0f}"}
    text = f"{_condition(rule)} ({found.get(when.metric, f'{value:.2f}')}): {rule.then}"
    if rule.share is not None:
        text += f" to {rule.share.text}"
    return text if rule.resume_after is None else f"{text} for {rule.resume_after.text}"
