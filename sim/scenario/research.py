"""What a lab does for quality besides growing: investment, research bets, distillation."""

from typing import Annotated

from sim.scenario.base import Date, IdsOrAll, Part
from sim.scenario.quantity import Quantity, Spec, default

__all__ = ["Distillation", "Duration", "Investment", "Research", "Size"]


class Investment(Part):
    """How a lab splits its effort, from a date (or the start) on; the shares add up to 100 %.

    The split of the parameters `invest_*` is the one that keeps everything as it is.
    """

    quality: Annotated[Quantity, Spec("investment.quality")]
    usability: Annotated[Quantity, Spec("investment.usability")]
    latency: Annotated[Quantity, Spec("investment.latency")]
    start: Date | None = None


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
    start: Date | None = None
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
