"""The work that everybody gets: one list of ties, the same first adopters, one process.

Spreading: who has not adopted does so with hazard `rate` per active contact and day, in daily
steps: with n active contacts the chance of a day is 1 - exp(-rate n) = 1 - (1 - p)^n for
p = 1 - exp(-rate), which is what simulators with a chance per tie and day are given. Nobody
gives up. Cascade: each adopter gets one chance, `transmission`, at each contact.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]

SEED_SHARE = 0.001  # of the people have adopted at the start


@dataclass(frozen=True)
class Work:
    """Ties (`source`, `target`), each undirected pair once, and the ids of the first adopters."""

    people: int
    source: I64
    target: I64
    seeds: I64
    rate: float
    days: int
    transmission: float

    @property
    def chance(self) -> float:
        """Probability per tie and day."""
        return float(-np.expm1(-self.rate))

    def save(self, file: Path) -> None:
        """As .npz: every measurement is a process of its own."""
        np.savez(file, **vars(self))


def load_work(file: Path) -> Work:
    """What `Work.save` wrote."""
    with np.load(file) as stored:
        found = {name: stored[name] for name in stored.files}
    numbers = {name: value.item() for name, value in found.items() if value.ndim == 0}
    return Work(**(found | numbers))


def make_work(
    people: int, mean_degree: float, rate: float, days: int, transmission: float, seed: int
) -> Work:
    """The work for a number of people; the same arguments give the same ties and seeds."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    source, target = random_ties(people, round(people * mean_degree / 2), rng)
    count = max(1, round(people * SEED_SHARE))
    seeds = np.sort(rng.choice(people, count, replace=False)).astype(np.int64)
    return Work(people, source, target, seeds, rate, days, transmission)


def random_ties(people: int, ties: int, rng: np.random.Generator) -> tuple[I64, I64]:
    """Erdos-Renyi G(n, m): distinct pairs, all equally likely, sorted by source then target.

    Sorted, since that is how lists of ties come and it spares everybody's caches. Raises
    ValueError if there are not that many pairs.
    """
    if ties > people * (people - 1) // 2:
        raise ValueError(f"{people} people have no {ties} distinct ties")
    keys = np.empty(0, np.int64)
    while keys.size < ties:
        one, other = rng.integers(people, size=(2, ties - keys.size))
        low, high = np.minimum(one, other), np.maximum(one, other)
        fresh = (low * people + high)[low < high]
        keys = np.unique(np.concatenate([keys, fresh]))
    return keys // people, keys % people
