"""Dates: nothing happens before the start, nothing ends before it begins."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from sim.scenario.explaining import locate
from sim.scenario.features import Feature
from sim.scenario.labs import Lab
from sim.scenario.nodes import Path

if TYPE_CHECKING:
    from sim.scenario.checks import Checker

__all__ = ["dates"]

_FROM_START = "leave `start` out for what goes on from the start of the run"


def dates(c: "Checker") -> None:
    """Report dates before the start, and sequences that make no sense.

    A date after the end is fine: it lies beyond this run and is never reached.
    """
    start = c.scenario.start
    if "start" not in c.unknown:
        # Ten years are kept free at the end of the calendar, for windows that look ahead.
        if c.scenario.days > (date.max - start).days - 3653:
            c.report(("start",), f"{start} is too late for a calendar of four-digit years")
        for path, day, instead in _dates(c):
            if day < start:
                c.report(path, f"{day} is before the start, {start}", f"a later date; {instead}")
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
    _changes(c)
    for name, feature in c.scenario.features.items():
        _pauses(c, ("features", name, "rollout"), feature)


def _dates(c: "Checker") -> Iterator[tuple[Path, date, str]]:
    """Every date with its path, and where to say instead what held at the start."""
    for name, feature in c.scenario.features.items():
        at: Path = ("features", name)
        for index, wave in enumerate(feature.rollout or ()):
            instead = "what was rolled out by the start goes in `at_start: {rollout: ...}`"
            yield (*at, "rollout", index, "date"), wave.date, instead
        for index, change in enumerate(feature.prices):
            yield (*at, "prices", index, "date"), change.date, "the price at the start is `price`"
        if feature.standalone is not None and feature.standalone.launch is not None:
            instead = "leave `launch` out if it was launched by the start"
            yield (*at, "standalone", "launch"), feature.standalone.launch, instead
    for index, entry in enumerate(c.scenario.changes):
        instead = "values from the start on go into `parameters`"
        yield ("changes", index, "date"), entry.date, instead
    for name, lab in c.scenario.labs.items():
        yield from _lab_dates(("labs", name), lab)


def _changes(c: "Checker") -> None:
    """What sets nothing, or one parameter twice on one date."""
    seen: dict[tuple[date, str], int] = {}
    for index, change in enumerate(c.scenario.changes):
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


def _lab_dates(at: Path, lab: Lab) -> Iterator[tuple[Path, date, str]]:
    for tier, model in lab.models.items():
        for index, release in enumerate(model.releases):
            instead = "the level at the start is the tier's `level`"
            yield (*at, "models", tier, "releases", index, "date"), release.date, instead
        if model.turn is not None:
            instead = "the level at the start is the tier's `level`"
            yield (*at, "models", tier, "turn", "date"), model.turn.date, instead
    if lab.investment is not None and lab.investment.start is not None:
        yield (*at, "investment", "start"), lab.investment.start, _FROM_START
    for index, bet in enumerate(lab.bets):
        if bet.start is not None:
            one = isinstance(lab.research, tuple)
            where: Path = (*at, "research", index) if one else (*at, "research")
            yield (*where, "start"), bet.start, _FROM_START
    if lab.policy is not None and lab.policy.review.from_ is not None:
        instead = "leave `from` out to review from the start"
        yield (*at, "policy", "review", "from"), lab.policy.review.from_, instead


def _pauses(c: "Checker", at: Path, feature: Feature) -> None:
    """A resume needs a pause of the same places before it, or a stop rule that may pause."""
    name = at[1]
    rules = c.scenario.safety.stop if c.scenario.safety is not None else ()
    if any(rule.features == "all" or name in rule.features for rule in rules):
        return
    waves = sorted(enumerate(feature.rollout or ()), key=lambda pair: pair[1].date)
    paused = False
    for index, wave in waves:
        if wave.action == "resume" and not paused:
            c.report((*at, index, "action"), "a resume without a pause before it", "`pause` first")
        paused = wave.action == "pause" or (paused and wave.action != "resume")
