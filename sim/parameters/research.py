"""Parameters of the quality race: investment, research bets, distillation, staged paths."""

from sim.parameters.record import Parameter as P
from sim.parameters.record import fixed
from sim.units import DAYS_PER_YEAR

__all__ = ["GLOBALS", "PARAMETERS"]

_GIVEN = "the scenario gives it"
_ASSUMED = "modelling assumption, to be swept"

GLOBALS: tuple[P, ...] = (
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

PARAMETERS: tuple[P, ...] = (
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
    P("path.lag", "days", 91.3125, 1.0, 3652.5, "S",
      "published staged releases: about 3 months between stages",
      "Time between two stages of a staged release."),
    P("substitution.api", "days", 180.0, 0.0, 3652.5, "A",
      _ASSUMED + "; interfaces are withdrawn some months after notice",
      "Mean time in which the API of a superseded version goes out of use."),
    P("substitution.products", "days", 14.0, 0.0, 3652.5, "A", _ASSUMED,
      "Mean time in which the lab's own products move to a new version."),
    P("rule.for", "days", None, 0.0, 36525.0, "A", _GIVEN,
      "Time that a condition must have held without a break."),
)  # fmt: skip
