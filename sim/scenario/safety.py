"""Safety: incidents, when they become known, and rules that stop a rollout.

    safety:
      incidents: keyed                        # none: only those that are scripted
      detection: {own: 2 d, wild: 14 d}       # mean time until one is known
      patch: 7 d                              # mean time from there until it is mended
      scripted:
        - {date: 2026-09-01, lab: meta, severity: 1}
        - {date: 2027-01-10, feature: gemini, severity: 0.6, segments: [europe]}
      stop:
        - features: [meta-ai]                 # all, unless given
          when: {metric: severity, op: ">=", value: 0.5, within: 30 d}
          then: pause                         # or rollback (with `share`), or kill
          resume_after: 60 d

How often incidents happen, how severe they are and what they do to trust and churn are parameters
(`incident_*`, `guard*`, `severity_*`, `trust_*`, `acute_*`).
"""

from typing import Annotated, Literal

from sim.parameters.metrics import declare_metric
from sim.parameters.record import Parameter as P
from sim.parameters.record import fixed
from sim.parameters.registry import declare, declare_globals
from sim.scenario.base import Date, Id, IdsOrAll, Instead, Part
from sim.scenario.checker import Checker
from sim.scenario.nodes import Path
from sim.scenario.quantity import MetricSpec, Quantity, Spec, default
from sim.scenario.section import Section

__all__ = ["Detection", "Safety", "Scripted", "StopRule", "StopWhen"]

_ASSUMED = "modelling assumption, to be swept"
_DECISIVE = _ASSUMED + "; decisive and not identifiable from data: run as an ensemble"
_GIVEN = "the scenario gives it"

_INCIDENTS = (
    P("incident_rate", "per year", 20.0, 5.0, 80.0, "S",
      "public incident databases, major providers; biased by what gets reported",
      "Incidents a year of a released model of base capability whose products reach a billion "
      "people, with nobody watching.", off=0.0),
    P("incident_capability", "frontier-months", 36.0, 1.0, 1200.0, "A", _ASSUMED,
      "Base capability K0, at which the incident rate is stated."),
    P("incident_gamma", "number", 1.5, 0.0, 3.0, "A", _DECISIVE,
      "How incidents grow with capability: times (K / K0)^incident_gamma."),
    P("incident_eta", "number", 0.7, 0.3, 1.0, "A", _DECISIVE,
      "How incidents grow with reach: times reach^incident_eta."),
    P("incident_developers", "people", 1e7, 1e5, 1e9, "A", _ASSUMED,
      "Developers with full access who count as much as a billion users of products."),
    P("guard", "share", 0.8, 0.0, 1.0, "A", _ASSUMED,
      "Share of misuse that a lab's guards stop where it sees all use (G)."),
    P("guard_life", "days", 3.0, 0.1, 30.0, "S",
      "guards of downloadable models were taken out within days of their release",
      "Mean life of the guards of weights that are out."),
    P("guard_hole", "share", 0.1, 0.0, 1.0, "A", _ASSUMED,
      "Share of the guard that an incident not yet patched takes away."),
    P("severity_median", "number", 0.03, 0.001, 0.5, "A", _ASSUMED,
      "Median severity of an incident; 1 is one after which many people uninstall."),
    P("severity_spread", "number", 1.2, 0.0, 3.0, "A", _ASSUMED,
      "Standard deviation of the logarithm of severity."),
    P("severity_most", "number", 2.0, 0.1, 10.0, "A", _ASSUMED,
      "Severities drawn above this are cut down to it."),
)  # fmt: skip

_EFFECTS = (
    *fixed(
    "trust and acute churn follow one course from an incident on",
    P("trust_loss", "share", 0.3, 0.0, 1.0, "A", _ASSUMED,
      "Share of trust that an incident of severity 1 takes away (tau)."),
    P("trust_recovery", "days", 180.0, 7.0, 1461.0, "A", _ASSUMED,
      "Time in which lost trust falls to 1/e; its half-life is .69 of that (tau_T)."),
    P("trust_spill", "share", 0.1, 0.0, 1.0, "A", _ASSUMED,
      "Share of a loss of trust that falls on everybody else's features too."),
    P("acute_churn", "number", 3.0, 0.0, 6.0, "S",
      "uninstalls of one assistant rose to 3 to 4 times their level for days after a scandal, 2026",
      "Extra churn on the first day after an incident of severity 1: times 1 + acute_churn."),
    P("acute_life", "days", 2.0, 0.5, 14.0, "A", _ASSUMED,
      "Mean life of the extra churn after an incident (tau_a)."),
    ),
    P("wild_blame", "share", 0.5, 0.0, 1.0, "A", _ASSUMED,
      "How far a lab is blamed for what others do with its released weights."),
)  # fmt: skip

_FIELDS = (
    P("scripted.severity", "number", None, 0.0, 10.0, "A", _GIVEN,
      "Severity of the incident; 1 is one after which many people uninstall."),
    P("safety.detection.own", "days", 2.0, 0.0, 1461.0, "A", _ASSUMED,
      "Mean time until an incident in a lab's own products or API is known."),
    P("safety.detection.wild", "days", 14.0, 0.0, 1461.0, "A", _ASSUMED,
      "Mean time until an incident with released weights is known."),
    P("safety.patch", "days", 7.0, 0.0, 1461.0, "A", _ASSUMED,
      "Mean time from the day an incident is known until its cause is patched."),
    P("scripted.detection", "days", 0.0, 0.0, 1461.0, "A", "known at once unless given",
      "Time until this incident is known."),
    P("stop.incidents", "number", None, 0.0, 1e6, "A", _GIVEN,
      "Number of incidents at which a rollout stops."),
    P("stop.severity", "number", None, 0.0, 1e6, "A", _GIVEN,
      "Summed severity of incidents at which a rollout stops."),
    P("stop.trust", "number", None, 0.0, 2.0, "A", _GIVEN,
      "Trust at which a rollout stops."),
    P("stop.churn", "per day", None, 0.0, 1.0, "A", _GIVEN,
      "People who leave a feature in a day, per monthly user, at which a rollout stops."),
    P("stop.within", "days", 30.0, 1.0, 3653.0, "A", "a month unless given",
      "Days back over which incidents count."),
    P("stop.share", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share to which a rollback goes."),
    P("stop.resume_after", "days", None, 1.0, 36525.0, "A", _GIVEN,
      "Time after which a stopped rollout goes on."),
)  # fmt: skip

declare_globals(*_INCIDENTS, *_EFFECTS)
declare(*_FIELDS)
declare_metric("trust", "lab", "number", 2.0, "Trust in the lab's features", section="safety")
declare_metric(
    "incidents", "lab", "number", 1e6, "Incidents over the last 12 months", section="safety"
)
declare_metric(
    "severity", "lab", "number", 1e6, "Severity of incidents over the last 12 months",
    section="safety",
)  # fmt: skip

Channel = Literal["own", "wild"]


class Detection(Part):
    """Mean time until an incident is known: in a lab's own products and API, and with weights."""

    own: Annotated[Quantity, Spec("safety.detection.own")] = default("safety.detection.own")
    wild: Annotated[Quantity, Spec("safety.detection.wild")] = default("safety.detection.wild")


class Scripted(Part):
    """An incident on a date, of a lab (all its features are hit) or of one feature.

    `detection` is the time until it is known, when its effects begin; `patch` the time from there
    until its cause is mended. Trust and churn change in `segments` only.
    """

    date: Annotated[Date, Instead("trust at the start is the segments' `trust`")]
    lab: Id | None = None
    feature: Id | None = None
    severity: Annotated[Quantity, Spec("scripted.severity")]
    segments: IdsOrAll = "all"
    channel: Channel = "own"
    detection: Annotated[Quantity, Spec("scripted.detection")] = default("scripted.detection")
    patch: Annotated[Quantity, Spec("safety.patch")] = default("safety.patch")


class StopWhen(Part):
    """What is measured every day for each feature of a stop rule.

    incidents and severity: number and summed severity of the incidents that hit the feature and
    became known `within` the last days (30 unless given); `channel` narrows them. trust: of the
    feature, averaged over people. churn: people who left it in the last day, per monthly user.
    """

    metric: Literal["incidents", "severity", "trust", "churn"]
    op: Literal[">", ">=", "<", "<="]
    value: Annotated[Quantity, MetricSpec("stop", "metric")]
    within: Annotated[Quantity, Spec("stop.within")] | None = None
    channel: Literal["own", "wild", "all"] = "all"


class StopRule(Part):
    """Stops the rollout of features while a measured condition holds.

    `pause`: waves that fall due wait. `rollback`: back to `share` wherever it was more, and pause.
    `kill`: back to nothing, and pause. With `resume_after` the rollout then goes on from where it
    stood, or where waves that waited would have it; an incident stops a rollout once only. Without
    it, dated entries `resume` and `wave` in the feature's rollout are the way out.
    """

    features: IdsOrAll = "all"
    when: StopWhen
    then: Literal["pause", "rollback", "kill"]
    share: Annotated[Quantity, Spec("stop.share")] | None = None
    resume_after: Annotated[Quantity, Spec("stop.resume_after")] | None = None


class Safety(Section):
    """Incidents and stop rules. Without this section there are none."""

    incidents: Literal["keyed", "none"] = "keyed"
    detection: Detection = Detection()
    patch: Annotated[Quantity, Spec("safety.patch")] = default("safety.patch")
    scripted: tuple[Scripted, ...] = ()
    stop: tuple[StopRule, ...] = ()

    def check(self, c: Checker, at: Path) -> None:
        """Report references to what is not there, and rules that cannot act."""
        for index, incident in enumerate(self.scripted):
            _scripted(c, (*at, "scripted", index), incident)
        for index, rule in enumerate(self.stop):
            _stop(c, (*at, "stop", index), rule)


def _scripted(c: Checker, at: Path, incident: Scripted) -> None:
    if (incident.lab is None) == (incident.feature is None):
        said = "neither `lab` nor `feature`" if incident.lab is None else "`lab` and `feature`"
        c.report(at, said, "one of them: whom the incident hits")
    if incident.lab is not None:
        c.refer((*at, "lab"), incident.lab, "labs")
    if incident.feature is not None:
        c.refer((*at, "feature"), incident.feature, "features")
    c.listed((*at, "segments"), incident.segments, "segments")


_OVER_TIME = ("incidents", "severity")


def _stop(c: Checker, at: Path, rule: StopRule) -> None:
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
