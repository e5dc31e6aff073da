"""Parameters of regulators: how likely they act, and what a choice screen does."""

from sim.parameters.record import Parameter as P

__all__ = ["GLOBALS", "SECTION"]

_ASSUMED = "modelling assumption, to be swept"
_GIVEN = "the scenario gives it"
_GLOBAL = "the parameter of the same purpose, unless the regulator has its own"

#: What a scenario may set under `parameters:`.
GLOBALS = (
    P("regulator_base", "per year", 0.05, 0.0, 10.0, "A", _ASSUMED,
      "Rate at which a regulator acts with no incidents and no concentration (r0)."),
    P("regulator_severity", "per year", 0.1, 0.0, 10.0, "A", _ASSUMED,
      "Rise of that rate for each unit of severity of incidents in 12 months (r1)."),
    P("regulator_concentration", "per year", 0.05, 0.0, 10.0, "A",
      _ASSUMED + "; 2500 is the threshold of a highly concentrated market in merger guidelines",
      "Rise of that rate for each 1000 points of the Herfindahl index of use above 2500 (r2)."),
    P("regulator_ceiling", "per year", 12.0, 1.0, 366.0, "A",
      "far above any plausible rate; scenarios with one ceiling share their decision dates",
      "Highest rate at which a regulator can act: that of the dates on which it may decide.",
      fixed="the dates on which regulators may decide follow from it"),
    P("choice_reach", "share", 0.5, 0.0, 1.0, "A", _ASSUMED,
      "Share of the users of a default feature whom a choice screen brings to choose anew."),
    P("choice_window", "days", 30.0, 1.0, 366.0, "A", _ASSUMED,
      "Time over which a choice screen is shown to them."),
)  # fmt: skip

#: What the section `regulation` describes.
SECTION = (
    P("regulator.base", "per year", None, 0.0, 10.0, "A", _GLOBAL,
      "Rate at which this regulator acts with no incidents and no concentration."),
    P("regulator.severity", "per year", None, 0.0, 10.0, "A", _GLOBAL,
      "Rise of this regulator's rate for each unit of severity in 12 months."),
    P("regulator.concentration", "per year", None, 0.0, 10.0, "A", _GLOBAL,
      "Rise of this regulator's rate for each 1000 points of the Herfindahl index above 2500."),
    P("regulator.weight", "number", 1.0, 0.0, 1e6, "A", "responses are equally likely unless said",
      "How likely the regulator is to choose this response, next to the others."),
    P("regulation.for", "days", None, 0.01, 36525.0, "A", _GIVEN,
      "How long the action is in force."),
    P("regulation.capability", "frontier-months", None, 0.0, 12_000.0, "A", _GIVEN,
      "Capability above which weights may not be released."),
)  # fmt: skip
