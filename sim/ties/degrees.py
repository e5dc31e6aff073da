"""How contacts are spread over people: degree distributions with a given mean.

Published: friendships on Facebook have mean 190 and median 99, with a limit of 5,000 (Ugander,
Karrer, Backstrom & Marlow 2011, "The anatomy of the Facebook social graph").
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import lgamma, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from sim.draws.permutation import KeyedPermutation
from sim.numbers import real_number, whole_number
from sim.ties.rows import I32, I64

F64 = NDArray[np.float64]

#: Facebook's limit of friends in 2011.
LARGEST = 5000
#: Contacts that anybody has at most: people in a layer.
LIMIT = 2.0**31
#: Standard deviation of the logarithm at which a lognormal is given up: half of all at 0.
WIDEST = 50.0


@dataclass(frozen=True)
class DegreeHistogram:
    """A distribution of degrees: `probability` (k,) of the ascending `degrees` (k,), which adds up
    to 1."""

    degrees: I64
    probability: F64

    def __post_init__(self) -> None:
        if self.degrees.size == 0 or self.degrees.shape != self.probability.shape:
            raise ValueError("a histogram needs one probability for each degree")
        if self.degrees[0] < 0 or (np.diff(self.degrees) <= 0).any():
            raise ValueError("degrees must ascend from 0 or more")
        if (self.probability < 0.0).any() or abs(self.probability.sum() - 1.0) > 1e-9:
            raise ValueError("probabilities must be positive and add up to 1")

    @property
    def mean(self) -> float:
        """Mean degree."""
        return float(self.degrees @ self.probability)

    @property
    def variance(self) -> float:
        """Variance of degrees."""
        return float((self.degrees - self.mean) ** 2 @ self.probability)

    def counts(self, people: int) -> I64:
        """How many of `people` have each degree: the quantiles at (i + 1/2) / people."""
        people = whole_number(people, "people", 0)
        below = np.floor(np.cumsum(self.probability) * people + 0.5).astype(np.int64)
        below[-1] = people
        return np.diff(below, prepend=0)


def degree_sequence(
    histogram: DegreeHistogram, people: int, *, seed: int, layer: str = "ties"
) -> I32:
    """Degrees (people,) of everybody: each quantile (i + 1/2) / people once, shared out by a keyed
    permutation.

    The mean is that of the histogram but for rounding, without the sampling error of independent
    draws.
    """
    people = whole_number(people, "people", 1)
    ordered = np.repeat(histogram.degrees.astype(np.int32), histogram.counts(people))
    sequence = np.empty(people, np.int32)
    sequence[KeyedPermutation(people, seed, f"degrees: {layer}").of(np.arange(people))] = ordered
    return sequence


def degree_histogram(kind: str, mean: float, **parameters: float) -> DegreeHistogram:
    """The distribution called `kind`: "regular", "poisson", "power_law" or "lognormal", with the
    parameters of the function of that name. Raises ValueError for other names."""
    if kind not in KINDS:
        raise ValueError(f"no degree distribution {kind!r}; there are {', '.join(KINDS)}")
    return KINDS[kind](mean, **parameters)


def regular(mean: float) -> DegreeHistogram:
    """Everybody has `mean` contacts; if it is no integer, some the one below and some the one
    above."""
    mean = _checked_mean(mean, 0.0, LIMIT)
    low = int(mean)
    return _histogram(low, np.array([low + 1 - mean, mean - low]))


def poisson(mean: float) -> DegreeHistogram:
    """Contacts as in a random graph: variance equal to the mean. Cut ten standard deviations from
    the mean, which changes nothing."""
    mean = _checked_mean(mean, 0.0, LIMIT)
    if mean == 0.0:
        return regular(0.0)
    low, high = max(0, int(mean - 10 * sqrt(mean))), int(mean + 10 * sqrt(mean)) + 20
    factorial = np.array([lgamma(k + 1.0) for k in range(low, high)])
    return _histogram(low, np.exp(np.arange(low, high) * log(mean) - mean - factorial))


def power_law(mean: float, exponent: float, largest: int = LARGEST) -> DegreeHistogram:
    """A share k**-exponent of people has k contacts, from a least degree to the `largest`.

    The least degree follows from the mean: two neighbouring ones are mixed. Raises ValueError for
    means below that of least degree 1, or above `largest`.

    Source: Barabasi & Albert 1999, "Emergence of scaling in random networks".
    """
    exponent = real_number(exponent, "exponent")
    largest = whole_number(largest, "largest", 1)
    k = np.arange(1, largest + 1)
    weight = k.astype(np.float64) ** -exponent
    # Means of the law cut below 1, 2, ..., largest.
    means = np.cumsum((k * weight)[::-1])[::-1] / np.cumsum(weight[::-1])[::-1]
    mean = _checked_mean(mean, float(means[0]), float(largest))
    least = min(int(np.searchsorted(means, mean, side="right")), largest - 1)
    low, high = (
        weight[least - 1 :] / weight[least - 1 :].sum(),
        weight[least:] / weight[least:].sum(),
    )
    share = (means[least] - mean) / (means[least] - means[least - 1])
    law = low * share
    law[1:] += high * (1.0 - share)
    return _histogram(least, law)


def lognormal(mean: float, median: float, largest: int = LARGEST) -> DegreeHistogram:
    """Contacts are a rounded lognormal variable with the given `median`; its spread gives the
    mean. Who would have more than `largest` has `largest`.

    lognormal(190, 99) are the friendships on Facebook. Raises ValueError unless
    0 < median <= mean, and for means out of reach below `largest`.

    Source of the form: Gjoka, Kurant, Butts & Markopoulou 2010 find the degrees of Facebook to be
    no power law.
    """
    mean, median = real_number(mean, "mean"), real_number(median, "median")
    largest = whole_number(largest, "largest", 1)
    if not 0.0 < median <= mean:
        raise ValueError(f"the median must be above 0 and at most the mean {mean}, not {median}")
    if median == mean:
        return regular(mean)
    # Without a largest the variance of the logarithm is 2 log(mean / median); more with one.
    low = high = 0.5 * sqrt(2.0 * log(mean / median))
    while _rounded_lognormal(median, high, largest).mean < mean:
        low, high = high, 1.25 * high
        if high > WIDEST:
            raise ValueError(
                f"no spread gives mean {mean} to median {median} with {largest} contacts at most"
            )
    for _ in range(100):
        middle = 0.5 * (low + high)
        if _rounded_lognormal(median, middle, largest).mean < mean:
            low = middle
        else:
            high = middle
    return _rounded_lognormal(median, high, largest)


KINDS: dict[str, Callable[..., DegreeHistogram]] = {
    "regular": regular,
    "poisson": poisson,
    "power_law": power_law,
    "lognormal": lognormal,
}


def _rounded_lognormal(median: float, spread: float, largest: int) -> DegreeHistogram:
    below = ndtr(np.log((np.arange(largest + 1) + 0.5) / median) / spread)
    below[-1] = 1.0
    return _histogram(0, np.diff(below, prepend=0.0))


def _histogram(least: int, weight: F64) -> DegreeHistogram:
    degrees = np.arange(least, least + weight.size, dtype=np.int64)
    return DegreeHistogram(degrees[weight > 0.0], weight[weight > 0.0] / weight.sum())


def _checked_mean(mean: float, least: float, most: float) -> float:
    number = real_number(mean, "mean_degree")
    if not least <= number <= most:
        raise ValueError(f"the mean degree must be {least:.3g} to {most:.5g}, not {number}")
    return number
