"""The agenda: every dated decision of a scenario as an event of the clock.

Ids name the owner and the slot in the file, never the order of creation, so that two scenarios that
share a decision share its id and its draws.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sim.clock import Event, Priority
from sim.scenario import Scenario
from sim.scenario.features import Feature
from sim.scenario.labs import Lab, Release


def agenda(scenario: Scenario) -> Iterator[Event]:
    """Events known at the start: first occurrences only; a handler schedules what repeats."""
    for name, lab in scenario.labs.items():
        yield from _releases(scenario.start, name, lab)
    for name, feature in scenario.features.items():
        yield from _rollout(scenario, name, feature)
        yield from _prices(scenario.start, name, feature)
    if scenario.developers is not None:
        period = float(scenario.parameters["app_period"])
        yield Event(
            period, Priority.APPS, "apps:1", "apps", "market", {"period": 1, "days": period}
        )


def release_event(
    start: date, lab: str, tier: str, slot: int, release: Release, n: int
) -> Event | None:
    """The n-th occurrence of a release entry, or None when it has no n-th."""
    day = float((release.date - start).days)
    if n > 0:
        if release.every is None:
            return None
        day += n * float(release.every)
        if release.until is not None and day > (release.until - start).days:
            return None
    new = release.new_version
    return Event(
        day,
        Priority.RELEASE if new else Priority.LEVEL,
        f"{'release' if new else 'level'}:{lab}.{tier}:{slot}:{n}",
        "release" if new else "level",
        f"{lab}.{tier}",
        {"lab": lab, "tier": tier, "slot": slot, "n": n, "level": release.steps[0][1]},
    )


def review_event(lab: str, first: float, every: float, n: int) -> Event:
    """The n-th policy review of a lab."""
    return Event(
        first + n * every,
        Priority.REVIEW,
        f"review:{lab}:{n}",
        "review",
        lab,
        {"lab": lab, "first": first, "every": every, "n": n},
    )


def _releases(start: date, name: str, lab: Lab) -> Iterator[Event]:
    for tier, model in lab.models.items():
        for slot, release in enumerate(model.releases):
            event = release_event(start, name, tier, slot, release, 0)
            if event is not None:
                yield event
        if model.turn is not None:
            yield Event(
                float((model.turn.date - start).days),
                Priority.RELEASE - 1,
                f"turn:{name}.{tier}",
                "turn",
                f"{name}.{tier}",
                {"lab": name, "tier": tier, "level": model.turn.level},
            )


def _rollout(scenario: Scenario, name: str, feature: Feature) -> Iterator[Event]:
    platforms, segments = list(scenario.platforms), list(scenario.segments)
    for slot, step in enumerate(feature.rollout or ()):
        data: dict[str, Any] = {
            "platforms": _indices(platforms, step.platforms),
            "segments": _indices(segments, step.segments),
        }
        if step.action == "wave":
            data["share"] = float(step.share)
        yield Event(
            float((step.date - scenario.start).days),
            Priority.ROLLOUT,
            f"{step.action}:{name}:{slot}",
            step.action,
            name,
            data,
        )
    standalone = feature.standalone
    if (
        standalone is not None
        and standalone.launch is not None
        and standalone.launch > scenario.start
    ):
        yield Event(
            float((standalone.launch - scenario.start).days),
            Priority.ROLLOUT,
            f"launch:{name}",
            "launch",
            name,
        )


def _prices(start: date, name: str, feature: Feature) -> Iterator[Event]:
    for slot, change in enumerate(feature.prices):
        yield Event(
            float((change.date - start).days),
            Priority.PRICE,
            f"price:{name}:{slot}",
            "price",
            name,
            {"price": float(change.price)},
        )


def _indices(ids: list[str], chosen: object) -> list[int]:
    if chosen == "all":
        return list(range(len(ids)))
    assert isinstance(chosen, list | tuple)
    return [ids.index(item) for item in chosen]
