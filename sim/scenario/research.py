"""What a lab does for quality besides growing: investment, research bets, distillation."""

from typing import Annotated

from sim.parameters.record import Parameter as P
from sim.parameters.record import fixed
from sim.parameters.registry import declare, declare_globals
from sim.scenario.base import Date, IdsOrAll, Instead, Part
from sim.scenario.quantity import Quantity, Spec, default
from sim.units import DAYS_PER_YEAR

__all__ = ["Distillation", "Duration", "Investment", "Research", "Size"]

_GIVEN = "the scenario gives it"
_ASSUMED = "modelling assumption, to be swept"

_EFFORT: tuple[P, ...] = (
    *fixed(
    "a lab's effort is measured by it from the start on",
    P("invest_quality", "share", 0.8, 0.05, 1.0, "A", _ASSUMED,
      "Share of effort for quality at which a lab grows at its given pace."),
    P("invest_usability", "share", 0.15, 0.01, 1.0, "A", _ASSUMED,
      "Share of effort for usability at which it keeps up with what people expect."),
    P("invest_latency", "share", 0.05, 0.01, 1.0, "A", _ASSUMED,
      "Share of effort for latency at which larger models answer as fast as smaller ones did."),
    ),
    P("usability_gain", "per day", 0.3 / DAYS_PER_YEAR, 0.0, 2.0 / DAYS_PER_YEAR, "A", _ASSUMED,
      "Utility that twice the usual effort for usability adds in a given time."),
    P("usability_most", "number", 1.0, 0.01, 5.0, "A", _ASSUMED,
      "Utility that usability can add, or that its neglect can take, in the end."),
    P("latency_gain", "per day", 0.4 / DAYS_PER_YEAR, 0.0, 2.0 / DAYS_PER_YEAR, "A", _ASSUMED,
      "Rate at which twice the usual effort for latency shortens it."),
    P("latency_most", "number", 5.0, 1.01, 100.0, "A", _ASSUMED,
      "Factor by which latency can fall, or rise through neglect, in the end."),
)  # fmt: skip

_BETS: tuple[P, ...] = (
    P("investment.quality", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of a lab's effort that goes into quality."),
    P("investment.usability", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of a lab's effort that goes into usability."),
    P("investment.latency", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of a lab's effort that goes into latency."),
    P("research.share", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of a lab's own growth that a research bet takes while it runs."),
    P("research.success", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Probability that a research bet comes to anything."),
    P("research.duration", "days", None, 1.0, 36525.0, "A", _GIVEN,
      "Median time until a research bet ends, in success or not."),
    P("research.size", "frontier-months", None, 0.0, 240.0, "A", _GIVEN,
      "Median jump in quality that a successful research bet gives."),
    P("research.spread", "number", 0.5, 0.0, 3.0, "A", _ASSUMED,
      "Standard deviation of the logarithm of a bet's duration or size."),
    P("distillation.rate", "per month", 0.05, 0.0, 1.0, "A",
      _ASSUMED + "; about the spillover of an open API, on top of it",
      "Rate at which a lab closes its gap to a model behind an API by training on its answers."),
    P("distillation.most", "frontier-months per month", 0.5, 0.0, 20.0, "A", _ASSUMED,
      "Quality that distillation can give at most, however large the gap."),
)  # fmt: skip

declare_globals(*_EFFORT)
declare(*_BETS)

_FROM_START = Instead("leave `start` out for what goes on from the start of the run")


class Investment(Part):
    """How a lab splits its effort, from a date (or the start) on; the shares add up to 100 %.

    The split of the parameters `invest_*` is the one that keeps everything as it is.
    """

    quality: Annotated[Quantity, Spec("investment.quality")]
    usability: Annotated[Quantity, Spec("investment.usability")]
    latency: Annotated[Quantity, Spec("investment.latency")]
    start: Annotated[Date | None, _FROM_START] = None


class Duration(Part):
    """A lognormal time: its median and the standard deviation of its logarithm."""

    median: Annotated[Quantity, Spec("research.duration")]
    spread: Annotated[Quantity, Spec("research.spread")] = default("research.spread")


class Size(Part):
    """A lognormal jump in quality: its median and the standard deviation of its logarithm."""

    median: Annotated[Quantity, Spec("research.size")]
    spread: Annotated[Quantity, Spec("research.spread")] = default("research.spread")


class Research(Part):
    """A bet: a share of own growth for a jump in quality at an uncertain later date, or for none.

    The share is taken from the start of the bet (the scenario's, if not given) until it ends.
    """

    share: Annotated[Quantity, Spec("research.share")]
    start: Annotated[Date | None, _FROM_START] = None
    duration: Duration
    success: Annotated[Quantity, Spec("research.success")]
    size: Size


class Distillation(Part):
    """Training on what others' models answer through their APIs.

    It closes the gap to the best of them at a rate, by at most so much a month.
    """

    of: IdsOrAll = "all"
    rate: Annotated[Quantity, Spec("distillation.rate")] = default("distillation.rate")
    most: Annotated[Quantity, Spec("distillation.most")] = default("distillation.most")
