"""Regulation: what regulators may do, how likely, and what they do on given dates.

    regulation:
      regulators:
        eu:                                   # a regime that segments name
          base: 0.2 per year                  # else the parameters `regulator_*`
          incidents: own                      # or all
          responses:                          # one is drawn by weight when the regulator acts
            - {action: delay, for: 6 months, weight: 2}
            - {action: threshold, capability: 45 frontier-months, for: 2 years}
      actions:
        - {date: 2026-09-01, regime: eu, action: choice-screen, for: 3 years}
        - {date: 2027-01-01, regime: eu, action: access-order, platforms: [whatsapp],
           surface: search-bar, features: [chatgpt]}

Every regime that segments name has a regulator (`none` is no regime); one without responses never
acts by itself.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.parameters.metrics import declare_metric
from sim.parameters.record import Parameter as P
from sim.parameters.registry import declare, declare_globals
from sim.scenario.base import Date, IdsOrAll, Instead, Part
from sim.scenario.checker import Checker
from sim.scenario.frozen import FrozenDict
from sim.scenario.nodes import Path
from sim.scenario.quantity import Quantity, Spec, default
from sim.scenario.section import Section

__all__ = ["Action", "DatedAction", "Regulation", "Regulator", "Response"]

_ASSUMED = "modelling assumption, to be swept"
_GIVEN = "the scenario gives it"
_GLOBAL = "the parameter of the same purpose, unless the regulator has its own"

_GLOBALS = (
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

_FIELDS = (
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

declare_globals(*_GLOBALS)
declare(*_FIELDS)
declare_metric(
    "regulatory_hazard", "regime", "per year", 1000.0, "Rate of regulators' decisions",
    section="regulation",
)  # fmt: skip
declare_metric(
    "actions_in_force", "regime", "number", 1e6, "Number of regulators' actions in force",
    section="regulation", whole=True,
)  # fmt: skip


class Action(Part):
    """What a regulator orders in the segments of its regime, `for` a time or without an end.

    delay: waves and launches of `features` (all) that would widen a rollout wait until the end.
    choice-screen: on `platforms` (all) no feature is the default any more, and for a while people
    who use what was are asked to choose. access-order: `features` get a place on `platforms` (all)
    at `surface` (menu) where their lab has no other feature; without `features` it is on each
    platform the one with the most users that has no place yet. threshold: versions of `labs` (all)
    above `capability` are held at `api` where they would be released as weights, everywhere,
    because weights know no borders.
    """

    action: Literal["delay", "choice-screen", "access-order", "threshold"]
    for_: Annotated[Quantity, Spec("regulation.for")] | None = Field(None, alias="for")
    features: IdsOrAll | None = None
    platforms: IdsOrAll | None = None
    surface: Literal["search-bar", "menu", "app"] | None = None
    capability: Annotated[Quantity, Spec("regulation.capability")] | None = None
    labs: IdsOrAll | None = None


class DatedAction(Action):
    """An action on a date."""

    date: Annotated[Date, Instead("what held at the start goes into placements and levels")]
    regime: str


class Response(Action):
    """An action that a regulator may take by itself."""

    weight: Annotated[Quantity, Spec("regulator.weight")] = default("regulator.weight")


class Regulator(Part):
    """A regime's regulator. Rates not given here are the parameters `regulator_*`.

    `incidents`: own counts those of labs whose features can be had in the regime, all those of
    every lab.
    """

    base: Annotated[Quantity, Spec("regulator.base")] | None = None
    severity: Annotated[Quantity, Spec("regulator.severity")] | None = None
    concentration: Annotated[Quantity, Spec("regulator.concentration")] | None = None
    incidents: Literal["own", "all"] = "own"
    responses: tuple[Response, ...] = ()


class Regulation(Section):
    """Regulators and their actions. Without this section there are none."""

    regulators: FrozenDict[str, Regulator] = FrozenDict()
    actions: tuple[DatedAction, ...] = ()

    def check(self, c: Checker, at: Path) -> None:
        """Report references to what is not there and actions without effect."""
        for name, regulator in self.regulators.items():
            here = (*at, "regulators", name)
            _regime(c, here, name, key=True)
            for index, response in enumerate(regulator.responses):
                _action(c, (*here, "responses", index), response)
            if (
                regulator.responses
                and sum(response.weight for response in regulator.responses) == 0
            ):
                c.report((*here, "responses"), "all weights are 0", "one weight above 0", key=True)
        for index, action in enumerate(self.actions):
            here = (*at, "actions", index)
            _regime(c, (*here, "regime"), action.regime)
            _action(c, here, action)


# The keys that say what each action acts on.
_KEYS = {
    "delay": ("features",),
    "choice-screen": ("platforms",),
    "access-order": ("features", "platforms", "surface"),
    "threshold": ("capability", "labs"),
}
_ALL_KEYS = tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))


def _regime(c: Checker, path: Path, name: str, *, key: bool = False) -> None:
    if "segments" in c.unknown:
        return
    regimes = dict.fromkeys(s.regime for s in c.scenario.segments.values() if s.regime != "none")
    if not regimes:
        expected = "a segment with a `regime`"
        c.report(path, f"no segment has the regime `{name}`", expected, key=key)
    else:
        c.known(path, name, regimes, "regime", key=key)


def _action(c: Checker, at: Path, action: Action) -> None:
    c.listed((*at, "features"), action.features, "features")
    c.listed((*at, "platforms"), action.platforms, "platforms")
    c.listed((*at, "labs"), action.labs, "labs")
    for key in _ALL_KEYS:
        if getattr(action, key) is not None and key not in _KEYS[action.action]:
            fitting = [name for name, keys in _KEYS.items() if key in keys]
            c.report(
                (*at, key),
                f"`{key}` with the action {action.action}",
                f"`{key}` only with {' and '.join(fitting)}",
            )
    if action.action == "threshold" and action.capability is None:
        expected = "`capability`, e.g. `capability: 45 frontier-months`"
        c.report((*at, "action"), "a threshold without a capability", expected)
    if action.action == "access-order" and not c.ids["platforms"]:
        c.report((*at, "action"), "an access order where there are no platforms", "a platform")
    if action.action == "choice-screen" and not c.unknown & {"features", "platforms"}:
        chosen = action.platforms if isinstance(action.platforms, tuple) else c.ids["platforms"]
        placements = [f.placements.get(p) for f in c.scenario.features.values() for p in chosen]
        if not any(placed is not None and placed.surface == "default" for placed in placements):
            c.report(
                (*at, "action"),
                f"a choice screen, but no feature is the default on {', '.join(chosen) or 'any'}",
                "a placement with `surface: default`",
            )
