"""What the section `safety` must fit: features, labs, segments, dates, and rules that can act."""

from typing import TYPE_CHECKING

from sim.scenario.nodes import Path
from sim.scenario.safety import Scripted, StopRule

if TYPE_CHECKING:
    from sim.scenario.checks import Checker

__all__ = ["safety"]

_OVER_TIME = ("incidents", "severity")


def safety(c: "Checker") -> None:
    """Report references to what is not there, dates before the start and rules that cannot act."""
    section = c.scenario.safety
    if section is None:
        return
    for index, incident in enumerate(section.scripted):
        _scripted(c, ("safety", "scripted", index), incident)
    for index, rule in enumerate(section.stop):
        _stop(c, ("safety", "stop", index), rule)


def _scripted(c: "Checker", at: Path, incident: Scripted) -> None:
    if "start" not in c.unknown and incident.date < c.scenario.start:
        c.report(
            (*at, "date"),
            f"{incident.date} is before the start, {c.scenario.start}",
            "a later date; trust at the start is the segments' `trust`",
        )
    if (incident.lab is None) == (incident.feature is None):
        said = "neither `lab` nor `feature`" if incident.lab is None else "`lab` and `feature`"
        c.report(at, said, "one of them: whom the incident hits")
    if incident.lab is not None:
        c.refer((*at, "lab"), incident.lab, "labs")
    if incident.feature is not None:
        c.refer((*at, "feature"), incident.feature, "features")
    c.listed((*at, "segments"), incident.segments, "segments")


def _stop(c: "Checker", at: Path, rule: StopRule) -> None:
    c.listed((*at, "features"), rule.features, "features")
    if isinstance(rule.features, tuple):
        for index, name in enumerate(rule.features):
            feature = c.scenario.features.get(name)
            if feature is not None and not feature.placements:
                c.report(
                    (*at, "features", index),
                    f"`{name}` is placed on no platform, so it has no rollout to stop",
                    "a feature with placements",
                )
    if rule.then == "rollback" and rule.share is None:
        c.report(at, "a rollback without a share", "`share`, e.g. `share: 10 %`")
    if rule.then != "rollback" and rule.share is not None:
        c.report((*at, "share"), f"a share in a rule that says `{rule.then}`", "`then: rollback`")
    if rule.when.metric not in _OVER_TIME:
        given = {"within": rule.when.within is not None, "channel": rule.when.channel != "all"}
        for key in (key for key, there in given.items() if there):
            c.report(
                (*at, "when", key),
                f"`{key}` with the metric {rule.when.metric}",
                f"`{key}` only with {' and '.join(_OVER_TIME)}",
            )
