"""Consumer surplus: what people would pay, over the price, for the features they can have.

With U the utilities of the features, U0 that of having none (the threshold of acceptance), a the
share of a person's visits at which a feature is offered, and b the price coefficient, the logit
gives a person of a class

    surplus         (1 / b) ln(1 + S),   S = sum over features of a exp(U - U0)     USD per month

(Small & Rosen 1981), which is the area under the demand for any feature at all, S exp(-b p) / (1 +
S exp(-b p)), over every rise p in prices however large. No demand has been seen at prices far above
those of today, and that tail is an assumption about the distribution of tastes; the robust variant
ends the area at a ceiling c on the rise:

    surplus_robust  (1 / b) (ln(1 + S) - ln(1 + S exp(-b c))),   at most c a person

Both are proxies. They measure what people could have if they chose freely and knew everything on
offer, not what those who use a feature enjoy: a feature counts for people who have not met it yet.
They scale with 1 / b, which is an assumption. Every further feature adds, alike or not, since a
logit takes features for independent; the ceiling dampens that too. Utility from trust, placement
and a person's own taste is turned into dollars like any other. Compare them over time, segments and
scenarios of the same parameters; do not read them as dollars earned. People who have opted out
count as having nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.market.actor import Row
from sim.observing.observer import Observer, View
from sim.people.world import World
from sim.rates.consumer_states import ConsumerStates

F64 = NDArray[np.float64]


def log_attraction(utility: F64, available: F64, outside: float) -> F64:
    """ln S by class, for utilities and availability in [0, 1], both (J, C); -inf where nothing can
    be had."""
    with np.errstate(divide="ignore"):
        terms = utility - outside + np.log(available)
    total: F64 = np.logaddexp.reduce(terms, axis=0, initial=-np.inf)
    return total


def surplus(log_s: F64, price_coefficient: float) -> F64:
    """USD per month and person, for ln S; `price_coefficient` per USD a month, above 0."""
    value: F64 = np.logaddexp(0.0, log_s) / price_coefficient
    return value


def surplus_robust(log_s: F64, price_coefficient: float, ceiling: float) -> F64:
    """USD per month and person up to a rise in prices of `ceiling` USD per month."""
    tail = np.logaddexp(0.0, log_s - price_coefficient * ceiling)
    value: F64 = (np.logaddexp(0.0, log_s) - tail) / price_coefficient
    return value


@dataclass(frozen=True)
class SurplusMeter:
    """Reads the surplus of a population, by segment and in total, in USD per month.

    There are no rows where price plays no part in utility (a price coefficient of 0).
    """

    segments: tuple[str, ...]
    in_segment: F64
    """(G, C) as 0/1."""
    people: F64
    """(C,)"""
    opted_out: int
    outside: float
    price_coefficient: float
    ceiling: float

    @classmethod
    def of(
        cls, world: World, states: ConsumerStates, parameters: Mapping[str, float]
    ) -> "SurplusMeter":
        """The meter of a world under a scenario's parameters."""
        return cls(
            segments=world.segments,
            in_segment=world.in_segment.astype(float),
            people=world.people.astype(float),
            opted_out=states.opted_out,
            outside=float(parameters["utility_threshold"]),
            price_coefficient=float(parameters["b_price"]),
            ceiling=float(parameters["surplus_ceiling"]),
        )

    def under(self, parameters: Mapping[str, float]) -> "SurplusMeter":
        """The same meter under other parameters."""
        return replace(
            self,
            outside=float(parameters["utility_threshold"]),
            price_coefficient=float(parameters["b_price"]),
            ceiling=float(parameters["surplus_ceiling"]),
        )

    def rows(self, people: NDArray[Any], utility: F64, available: F64) -> list[Row]:
        """Rows for the market table: entity a segment or `market`. `people` (states, classes);
        utilities and availability (J, C)."""
        if self.price_coefficient <= 0.0:
            return []
        log_s = log_attraction(utility, available, self.outside)
        weight = self.in_segment * (self.people - people[self.opted_out])
        rows: list[Row] = []
        for metric, per_person in (
            ("surplus", surplus(log_s, self.price_coefficient)),
            ("surplus_robust", surplus_robust(log_s, self.price_coefficient, self.ceiling)),
        ):
            by_segment = weight @ per_person
            rows.append(("market", metric, float(by_segment.sum())))
            rows += [(s, metric, float(v)) for s, v in zip(self.segments, by_segment, strict=True)]
        return rows


class SurplusRows(Observer):
    """What people would pay for the features they met."""

    name = "surplus"
    gives = ("surplus", "surplus_robust")

    def __init__(self, view: View) -> None:
        self._view = view
        self._meter = SurplusMeter.of(view.world, view.states, view.parameters)

    def rows(self, day: float) -> Iterable[Row]:
        view = self._view
        # Some of the parameters may have moved since.
        meter = self._meter.under(view.parameters)
        if self._meter.price_coefficient <= 0.0:
            return []  # the same rows every day, so none for good
        utility, available = view.hazards.utilities(view.market.met, view.people)
        if meter.price_coefficient <= 0.0:
            rows = self._meter.rows(view.people, utility, available)
            return [(entity, metric, math.nan) for entity, metric, _ in rows]
        return meter.rows(view.people, utility, available)
