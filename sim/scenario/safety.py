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

from sim.scenario.base import Date, Id, IdsOrAll, Part
from sim.scenario.quantity import MetricSpec, Quantity, Spec, default

__all__ = ["Detection", "Safety", "Scripted", "StopRule", "StopWhen"]

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

    date: Date
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


class Safety(Part):
    """Incidents and stop rules. Without this section there are none."""

    incidents: Literal["keyed", "none"] = "keyed"
    detection: Detection = Detection()
    patch: Annotated[Quantity, Spec("safety.patch")] = default("safety.patch")
    scripted: tuple[Scripted, ...] = ()
    stop: tuple[StopRule, ...] = ()
