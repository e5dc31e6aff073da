"""Rollouts on the clock: waves, pauses and resumptions of placed features, launches of apps."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from sim.clock import Clock, Event, Priority, event_id
from sim.market.actor import Actor
from sim.market.happening import EventKind, only
from sim.market.labs.opening import launch
from sim.market.market import Market

_PLACES = ("platform", "segment")


class Rollouts(Actor):
    """Carries out the events `wave`, `pause`, `resume` and `launch`. What moves in a rollout is the
    market's, since safety and regulation act on it too."""

    name = "rollout"
    kinds: ClassVar = {
        "wave": EventKind(
            "a rollout reaches a share",
            ("feature",),
            _PLACES,
            {"number": "share, 0 to 1", "what": "of people or of visits"},
        ),
        "pause": EventKind("a rollout is held up", ("feature",), _PLACES),
        "resume": EventKind("a rollout goes on", ("feature",), _PLACES),
        "launch": EventKind("a standalone app", ("feature",)),
    }

    def __init__(self, market: Market) -> None:
        self._market = market
        self._platforms = list(market.scenario.platforms)
        self._segments = list(market.scenario.segments)

    @classmethod
    def of(cls, market: Market) -> "Rollouts":
        return cls(market)

    def attach(self, clock: Clock) -> None:
        for action in ("wave", "pause", "resume"):
            clock.on(action, self._on_step)
        clock.on("launch", self._on_launch)

    def agenda(self) -> Iterable[Event]:
        scenario = self._market.scenario
        for name, feature in scenario.features.items():
            for slot, step in enumerate(feature.rollout or ()):
                data: dict[str, Any] = {
                    "platforms": _indices(self._platforms, step.platforms),
                    "segments": _indices(self._segments, step.segments),
                }
                if step.action == "wave":
                    data["share"] = float(step.share)
                day = float((step.date - scenario.start).days)
                place = event_id("rollout", name, slot)
                yield Event(day, Priority.ROLLOUT, place, step.action, name, data)
            app = feature.standalone
            if app is not None and app.launch is not None and app.launch > scenario.start:
                day = float((app.launch - scenario.start).days)
                yield Event(day, Priority.ROLLOUT, f"launch:{name}", "launch", name)

    def _on_step(self, event: Event) -> Iterable[Event]:
        rollout, j = self._market.rollout, self._market.features.index(event.entity)
        rollout.apply(event.kind, j, event.data)
        platforms = [self._platforms[p] for p in event.data["platforms"]]
        segments = [self._segments[g] for g in event.data["segments"]]
        share, of = "", None
        if "share" in event.data:
            by_person = self._market.scenario.features[event.entity].ramp is not None
            of = "people" if by_person else "visits"
            share = f"{100.0 * event.data['share']:.3g}% of {of} on "
        late = [self._segments[g] for g in rollout.late_in(j, event.data)]
        self._market.note(
            event.time,
            event.kind,
            event.entity,
            f"{share}{', '.join(platforms)} in {', '.join(segments)}{_waits(late)}",
            feature=event.entity,
            platform=only(platforms),
            segment=only(segments),
            number=event.data.get("share"),
            what=of,
        )
        return ()

    def _on_launch(self, event: Event) -> Iterable[Event]:
        market, j = self._market, self._market.features.index(event.entity)
        delayed = market.rollout.delayed[j]
        app = market.scenario.features[event.entity].standalone
        launch(app, self._segments, market.base, j, ~delayed)
        market.rollout.late |= {(j, int(g)) for g in np.flatnonzero(delayed)}
        late = [self._segments[g] for g in np.flatnonzero(delayed)]
        said = f"standalone app{_waits(late)}"
        market.note(event.time, event.kind, event.entity, said, feature=event.entity)
        return ()


def _waits(segments: list[str]) -> str:
    return f"; waits in {', '.join(segments)}" if segments else ""


def _indices(ids: list[str], chosen: object) -> list[int]:
    if chosen == "all":
        return list(range(len(ids)))
    assert isinstance(chosen, list | tuple)
    return [ids.index(item) for item in chosen]
