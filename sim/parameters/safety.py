"""Parameters of incidents, trust and the guards against misuse."""

from sim.parameters.record import Parameter as P
from sim.parameters.record import fixed

__all__ = ["GLOBALS", "SECTION"]

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

#: What a scenario may set under `parameters:`.
GLOBALS = _INCIDENTS + _EFFECTS

#: What the section `safety` describes.
SECTION = (
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
