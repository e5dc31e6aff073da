"""Releases: new versions, the paths they walk, level changes, and turns of a lab's policy.

Each version keeps its own level. A dated level change and a rule speak of the latest version; a
path speaks of the version that began it, also after newer ones came out. A decision on a version by
a rule or a regulator ends its path. From a turn on (at a date or by a rule) new versions go to the
turn's level and no further: of a path the stages up to it are walked, and a later dated opening
stops at it. What is out already is not touched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.clock import Clock, Event, Priority, event_id
from sim.market.actor import Actor
from sim.market.happening import EventKind
from sim.market.labs.labs import NEVER, Tier
from sim.market.labs.levels import LEVEL_NUMBER, Level
from sim.market.market import Market
from sim.rates.fields import Fields
from sim.scenario.labs import Release

__all__ = ["Releases"]

Step = tuple[float, Level]


@dataclass
class News:
    """The day of the latest release of each feature's lab, (J,); long ago before the first."""

    released: NDArray[np.float64]


class Releases(Actor):
    """Carries out the events `release`, `level` and `turn`."""

    name = "releases"
    kinds: ClassVar = {
        "release": EventKind("a new version", ("lab", "tier"), holds={"number": LEVEL_NUMBER}),
        "level": EventKind(
            "a version is opened or closed, or new ones will be",
            ("lab", "tier"),
            holds={
                "number": LEVEL_NUMBER,
                "what": "which versions: latest, before, earlier or new",
            },
        ),
    }

    def __init__(self, market: Market) -> None:
        self._market = market
        self._by = np.array([feature.lab for feature in market.scenario.features.values()])
        self.state = News(np.full(self._by.size, NEVER))

    @classmethod
    def of(cls, market: Market) -> "Releases":
        return cls(market)

    def attach(self, clock: Clock) -> None:
        clock.on("release", self._on_release)
        clock.on("level", self._on_level)
        clock.on("turn", self._on_turn)

    def agenda(self) -> Iterable[Event]:
        start = self._market.scenario.start
        for name, lab in self._market.scenario.labs.items():
            for tier, model in lab.models.items():
                for slot, release in enumerate(model.releases):
                    event = _release(start, name, tier, slot, release, 0)
                    if event is not None:
                        yield event
                if model.turn is not None:
                    yield Event(
                        float((model.turn.date - start).days),
                        Priority.TURN,
                        f"turn:{name}.{tier}",
                        "turn",
                        f"{name}.{tier}",
                        {"lab": name, "tier": tier, "level": model.turn.level},
                    )

    def shape(self, fields: Fields, day: float) -> None:
        fields.days_since_release[:] = day - self.state.released

    def _on_release(self, event: Event) -> Iterable[Event]:
        market, lab = self._market, event.data["lab"]
        tier, entry = market.labs[lab].tiers[event.data["tier"]], self._entry(event)
        capability = market.labs[lab].quality - tier.behind
        steps = self._steps(tier, event, entry)
        level = self._permitted(event, capability, steps[0][1])
        tier.ship(capability, level, event.time)
        market.note(
            event.time, event.kind, event.entity,
            f"new version at {level.name}, quality {tier.capability:.1f} frontier-months",
            lab=lab, tier=event.data["tier"], number=level.number,
        )  # fmt: skip
        self.state.released[self._by == lab] = event.time
        if entry is not None and entry.opens_previous is not None:
            self._open_previous(event, tier, market.levels[entry.opens_previous])
        return (*self._path(event, len(tier.versions) - 1, steps), *self._again(event, entry))

    def _on_level(self, event: Event) -> Iterable[Event]:
        tier, entry = self._market.labs[event.data["lab"]].tiers[event.data["tier"]], None
        level = self._market.levels[event.data["level"]]
        if "version" in event.data:
            self._walk(event, tier, event.data["version"], level)
        elif tier.capability > NEVER:
            latest, entry = tier.versions[-1], self._entry(event)
            before = latest.level.name
            if entry is None:
                latest.walking = False
            else:
                level = _at_most(level, latest.limit)
            tier.set_level(self._permitted(event, latest.capability, level))
            said = f"from {before} to {latest.level.name}"
            self._note_level(event, said, latest.level, "latest")
        else:
            entry = self._entry(event)
        return self._again(event, entry)

    def _on_turn(self, event: Event) -> Iterable[Event]:
        tier = self._market.labs[event.data["lab"]].tiers[event.data["tier"]]
        tier.standing = self._market.levels[event.data["level"]]
        said = f"from now on new versions go to {tier.standing.name}"
        self._note_level(event, said, tier.standing, "new")
        return ()

    # --- parts

    def _entry(self, event: Event) -> Release | None:
        """The entry of the schedule that an event comes from; None for a decision of its own."""
        if "slot" not in event.data:
            return None
        model = self._market.scenario.labs[event.data["lab"]].models[event.data["tier"]]
        entry: Release = model.releases[event.data["slot"]]
        return entry

    def _steps(self, tier: Tier, event: Event, entry: Release | None) -> list[Step]:
        """(days after the release, level) of a new version, with the turn that holds."""
        levels = self._market.levels
        steps = [(0.0, levels[event.data["level"]])]
        if entry is not None:
            steps = [(days, levels[name]) for days, name in entry.steps]
        if tier.standing is None:
            return steps
        if len(steps) > 1:
            steps = [s for s in steps if s[1].number <= tier.standing.number]
            return steps or [(0.0, tier.standing)]
        return [(0.0, tier.standing)]

    def _path(self, event: Event, version: int, steps: list[Step]) -> Iterable[Event]:
        """The stages after the first, as events of this version."""
        for stage, (days, level) in enumerate(steps[1:], start=1):
            yield Event(
                event.time + days,
                Priority.LEVEL,
                event_id("level", event.entity, event.data["slot"], event.data["n"], stage),
                "level",
                event.entity,
                {
                    "lab": event.data["lab"],
                    "tier": event.data["tier"],
                    "level": level.name,
                    "version": version,
                },
            )

    def _walk(self, event: Event, tier: Tier, number: int, level: Level) -> None:
        """The next stage of a version's path."""
        version = tier.versions[number]
        if not version.walking:
            return
        level = self._permitted(event, version.capability, level)
        if level.number > version.level.number:
            before = version.level.name
            tier.set_level_of(number, level)
            latest = number == len(tier.versions) - 1
            said = f"{'' if latest else 'an earlier version, '}from {before} to {level.name}"
            self._note_level(event, said, level, "latest" if latest else "earlier")

    def _open_previous(self, event: Event, tier: Tier, level: Level) -> None:
        """Open the version before the one that was just released."""
        if len(tier.versions) < 2:
            return
        number = len(tier.versions) - 2
        version = tier.versions[number]
        level = self._permitted(event, version.capability, _at_most(level, version.limit))
        if level.number > version.level.number:
            before = version.level.name
            tier.set_level_of(number, level)
            quality = f"quality {version.capability:.1f} frontier-months"
            said = f"the version before, {quality}, from {before} to {level.name}"
            self._note_level(event, said, level, "before")

    def _permitted(self, event: Event, capability: float, level: Level) -> Level:
        """The level that regulators leave."""
        for actor in self._market.actors:
            level = actor.permit(
                event.time, event.data["lab"], event.data["tier"], capability, level
            )
        return level

    def _again(self, event: Event, entry: Release | None) -> Iterable[Event]:
        """The next occurrence of an entry that repeats."""
        if entry is None:
            return ()
        data = event.data
        again = _release(
            self._market.scenario.start, data["lab"], data["tier"], data["slot"], entry,
            data["n"] + 1,
        )  # fmt: skip
        return () if again is None else (again,)

    def _note_level(self, event: Event, detail: str, level: Level, which: str) -> None:
        self._market.note(
            event.time,
            "level",
            event.entity,
            detail,
            lab=event.data["lab"],
            tier=event.data["tier"],
            number=level.number,
            what=which,
        )


def _release(start: date, lab: str, tier: str, slot: int, release: Release, n: int) -> Event | None:
    """The n-th occurrence of a release entry, or None when it has no n-th. Ids name the owner and
    the slot in the file, so that two scenarios that share a decision share its id."""
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
        event_id("release" if new else "level", f"{lab}.{tier}", slot, n),
        "release" if new else "level",
        f"{lab}.{tier}",
        {"lab": lab, "tier": tier, "slot": slot, "n": n, "level": release.steps[0][1]},
    )


def _at_most(level: Level, limit: Level | None) -> Level:
    return limit if limit is not None and limit.number < level.number else level
