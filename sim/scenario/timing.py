"""Dates: nothing happens before the start, nothing ends before it begins."""

from datetime import date

from sim.scenario.base import ANY_TIME, Instead
from sim.scenario.changes import Change
from sim.scenario.checker import Checker
from sim.scenario.features import Feature
from sim.scenario.model import Scenario
from sim.scenario.nodes import Path, locate
from sim.scenario.walk import leaves

__all__ = ["dates"]


def dates(c: Checker, scenario: Scenario) -> None:
    """Report dates before the start, and sequences that make no sense.

    A date after the end is fine: it lies beyond this run and is never reached.
    """
    if "start" not in c.unknown:
        _from_start(c, scenario)
    for name, lab in c.scenario.labs.items():
        for tier, model in lab.models.items():
            for index, release in enumerate(model.releases):
                at: Path = ("labs", name, "models", tier, "releases", index, "until")
                if release.until is None:
                    continue
                if release.every is None:
                    c.report(at, "`until` without `every`", "`every`, the time between repeats")
                elif release.until < release.date:
                    c.report(at, f"{release.until} is before the release, {release.date}")
    _changes(c, scenario.changes)
    stops = scenario.safety.stop if scenario.safety is not None else ()
    for name, feature in scenario.features.items():
        if not any(rule.features == "all" or name in rule.features for rule in stops):
            _pauses(c, ("features", name, "rollout"), feature)


def _from_start(c: Checker, scenario: Scenario) -> None:
    """No date lies before the start, whichever section it is in."""
    start = scenario.start
    # Ten years are kept free at the end of the calendar, for windows that look ahead.
    if scenario.days > (date.max - start).days - 3653:
        c.report(("start",), f"{start} is too late for a calendar of four-digit years")
    for path, day, marks in leaves(scenario):
        if type(day) is date and day < start and ANY_TIME not in marks:
            instead = [f"; {mark.text}" for mark in marks if isinstance(mark, Instead)]
            expected = f"a later date{''.join(instead)}"
            c.report(path, f"{day} is before the start, {start}", expected)


def _changes(c: Checker, changes: tuple[Change, ...]) -> None:
    """What sets nothing, or one parameter twice on one date."""
    seen: dict[tuple[date, str], int] = {}
    for index, change in enumerate(changes):
        at: Path = ("changes", index, "set")
        if not change.set and not c.written(at):
            c.report(at, "nothing is set", "`parameters.NAME: value`")
        for key in change.set:
            first = seen.setdefault((change.date, key), index)
            if first != index:
                line = locate(c.tree, ("changes", first, "set", key), key=True)[0].line
                where = f" (first on line {line})" if line else ""
                said = f"`{key}` is set twice on {change.date}{where}"
                c.report((*at, key), said, "one value for each date", key=True)


def _pauses(c: Checker, at: Path, feature: Feature) -> None:
    """A resume needs a pause before it, where no stop rule may pause."""
    waves = sorted(enumerate(feature.rollout or ()), key=lambda pair: pair[1].date)
    paused = False
    for index, wave in waves:
        if wave.action == "resume" and not paused:
            c.report((*at, index, "action"), "a resume without a pause before it", "`pause` first")
        paused = wave.action == "pause" or (paused and wave.action != "resume")
