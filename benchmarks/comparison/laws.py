"""What each simulator should find, by other code: numpy and scipy, one law each.

Agreement is judged against the law that a simulator states for itself, on the same ties with the
same first adopters, within the noise between repeats of the law. The laws:

- `daily`: with n active contacts, 1 - (1 - p)^n a day. Ours and most peers'.
- `pooled odds`: n r / (1 + n r) with r = p / (1 - p): one draw among "nobody" and the n contacts
  (epiworld's documented transmission). The same for n = 1, lower for more: it lags a little.
- `continuous`: the same hazard in continuous time (EoN), as first passage over ties with
  exponential delays. Whoever adopts passes it on at once, not from the next day: it runs ahead.
- `cascade`: each tie is open with the chance of transmission; whoever is joined to a seed by open
  ties adopts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, dijkstra

from benchmarks.comparison.work import Work

F64 = NDArray[np.float64]
Generator = np.random.Generator

REPEATS = 8
BOUND = 5.0  # standard deviations between repeats that still count as noise


@dataclass(frozen=True)
class Outcome:
    """What is compared of a run: shares of the people, and a day (nan if half never adopt)."""

    final: float
    half_day: float
    midway: float


@dataclass(frozen=True)
class Expected:
    """Mean and bounds, for one run, of what a law gives; `midway` is the share on `midday`."""

    law: str
    midday: int
    mean: Outcome
    bound: Outcome

    def differences(self, found: Outcome) -> list[str]:
        """What is outside its bound, in words; empty if the run agrees."""
        wrong = []
        for name in ("final", "half_day", "midway"):
            off = getattr(found, name) - getattr(self.mean, name)
            if abs(off) > getattr(self.bound, name) or np.isnan(off) != self._no_half(name):
                wrong.append(f"{name} off by {off:+.4g}, bound {getattr(self.bound, name):.2g}")
        return wrong

    def _no_half(self, name: str) -> bool:
        return name == "half_day" and bool(np.isnan(self.mean.half_day))


def outcome_of(curve: F64, people: int, midday: int) -> Outcome:
    """Of adopters by day, or in a cascade of the adopters at the end alone."""
    share = np.asarray(curve, np.float64) / people
    midway = float(share[min(midday, share.size - 1)])
    return Outcome(float(share[-1]), half_day(share), midway)


def half_day(share: F64) -> float:
    """Day by which half have adopted, between two days by a straight line; nan if never."""
    after = int(np.argmax(share >= 0.5))
    if after == 0:
        return float("nan")
    before = share[after - 1]
    return float(after - 1 + (0.5 - before) / (share[after] - before))


def expect(law: str, work: Work, seed: int) -> Expected:
    """Run a law some times; its seeds are not those of any simulator."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 1 + list(LAWS).index(law)]))
    curves = np.array(LAWS[law](work, rng, REPEATS), np.float64)
    middle = half_day(curves.mean(axis=0) / work.people)
    midday = 0 if np.isnan(middle) else round(middle)
    found = [outcome_of(curve, work.people, midday) for curve in curves]
    values = np.array([(one.final, one.half_day, one.midway) for one in found])
    spread = values.std(axis=0, ddof=1)
    # Eight repeats can lie close by chance: never below what counting people alone gives.
    counting = np.sqrt(
        values[:, (0, 2)].mean(axis=0) / work.people * (1 - values[:, (0, 2)].mean(axis=0))
    )
    spread[[0, 2]] = np.maximum(spread[[0, 2]], counting)
    bound = BOUND * spread * np.sqrt(1 + 1 / REPEATS)
    return Expected(law, midday, Outcome(*values.mean(axis=0)), Outcome(*bound))


def _adjacency(work: Work, weights: F64) -> sp.csr_array:
    both = (np.r_[work.source, work.target], np.r_[work.target, work.source])
    return sp.csr_array((np.r_[weights, weights], both), shape=(work.people, work.people))


def _stepped(work: Work, rng: Generator, repeats: int, odds: bool) -> list[F64]:
    adjacency = _adjacency(work, np.ones(work.source.size)).astype(np.float32)
    contacts = np.arange(int(adjacency.sum(axis=1).max()) + 1)
    ratio = work.chance / (1 - work.chance)
    daily = -np.expm1(contacts * np.log1p(-work.chance))
    chances = contacts * ratio / (1 + contacts * ratio) if odds else daily
    curves = []
    for _ in range(repeats):
        adopted = np.zeros(work.people, bool)
        adopted[work.seeds] = True
        curve = [adopted.sum()]
        for _ in range(work.days):
            active = (adjacency @ adopted.astype(np.float32)).astype(np.intp)
            adopted |= rng.random(work.people) < chances[active]
            curve.append(adopted.sum())
        curves.append(np.array(curve, np.float64))
    return curves


def _daily(work: Work, rng: Generator, repeats: int) -> list[F64]:
    return _stepped(work, rng, repeats, odds=False)


def _pooled_odds(work: Work, rng: Generator, repeats: int) -> list[F64]:
    return _stepped(work, rng, repeats, odds=True)


def _continuous(work: Work, rng: Generator, repeats: int) -> list[F64]:
    curves = []
    for _ in range(repeats):
        # One delay a tie serves both directions: who adopts second cannot pass it back.
        delays = _adjacency(work, rng.exponential(1 / work.rate, work.source.size))
        times = dijkstra(delays, indices=work.seeds, min_only=True, limit=float(work.days))
        counted = np.searchsorted(np.sort(times), np.arange(work.days + 1), side="right")
        curves.append(counted.astype(np.float64))
    return curves


def _cascade(work: Work, rng: Generator, repeats: int) -> list[F64]:
    curves = []
    for _ in range(repeats):
        is_open = rng.random(work.source.size) < work.transmission
        ends = (work.source[is_open], work.target[is_open])
        ties = sp.coo_array((np.ones(ends[0].size, np.int8), ends), shape=(work.people,) * 2)
        _, group = connected_components(ties, directed=False)
        curves.append(np.array([np.isin(group, group[work.seeds]).sum()], np.float64))
    return curves


LAWS: dict[str, Callable[[Work, Generator, int], list[F64]]] = {
    "daily": _daily,
    "pooled odds": _pooled_odds,
    "continuous": _continuous,
    "cascade": _cascade,
}
