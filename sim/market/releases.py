"""Releases: new versions, the paths they walk, level changes, and turns of a lab's policy.

Each version keeps its own level. A dated level change and a rule speak of the latest version; a
path speaks of the version that began it, also after newer ones came out. A decision on a version by
a rule or a regulator ends its path. From a turn on (at a date or by a rule) new versions go to the
turn's level and no further: of a path the stages up to it are walked, and a later dated opening
stops at it. What is out already is not touched.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.clock import Clock, Event, Priority
from sim.market.agenda import release_event
from sim.market.labs import NEVER, Tier
from sim.market.levels import Level
from sim.scenario.labs import Release

if TYPE_CHECKING:
    from sim.market.market import Market

__all__ = ["Releases"]

Step = tuple[float, Level]


class Releases:
    """Carries out the events `release`, `level` and `turn` of a market."""

    def __init__(self, market: "Market") -> None:
        self._market = market

    def attach(self, clock: Clock) -> None:
        """Register the handlers."""
        clock.on("release", self._on_release)
        clock.on("level", self._on_level)
        clock.on("turn", self._on_turn)

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
        market.released_by(lab, event.time)
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
                f"level:{event.entity}:{event.data['slot']}:{event.data['n']}:{stage}",
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
        again = release_event(
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


def _at_most(level: Level, limit: Level | None) -> Level:
    return limit if limit is not None and limit.number < level.number else level
