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

from sim.scenario.base import Date, IdsOrAll, Part
from sim.scenario.frozen import FrozenDict
from sim.scenario.quantity import Quantity, Spec, default

__all__ = ["Action", "DatedAction", "Regulation", "Regulator", "Response"]


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

    date: Date
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


class Regulation(Part):
    """Regulators and their actions. Without this section there are none."""

    regulators: FrozenDict[str, Regulator] = FrozenDict()
    actions: tuple[DatedAction, ...] = ()
