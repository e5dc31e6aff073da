"""`sim.spread`: one thing spreading along one layer of ties, without a market around it.

For questions about networks alone, on the engine that runs the scenarios: people are susceptible or
have adopted. A susceptible person adopts at the hazard

    external + rate * n          with per="contact", n of its contacts having adopted
    external + rate * g(n / d)   with per="share", d being its number of contacts

and who has adopted gives it up at the hazard `leave`. A tick of dt days moves people with
probability 1 - exp(-H dt). The last tick is shorter where dt does not divide the days, so that the
end is reached exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, SupportsFloat, SupportsIndex, cast

import numpy as np
from numpy.typing import NDArray

from sim.engines.agents.population import AgentPopulation
from sim.numbers import checked_seed, real_number, whole_number
from sim.rates.contagion import LINEAR, Contagion, Response
from sim.rates.table import RateTable, Transitions
from sim.ties.layer import Layer

I64 = NDArray[np.int64]
SUSCEPTIBLE, ADOPTED = 0, 1


@dataclass(frozen=True)
class Spread:
    """How it went: arrays by tick, (ticks + 1,), and by person, (n,)."""

    day: NDArray[np.float64]
    """When each tick ended, from 0 to the last day."""
    adopted: I64
    """People who have adopted on each day."""
    adopted_at: NDArray[np.int32]
    """Tick in which each person first adopted; 0 for the seeds, -1 for never."""
    pushes: int
    """Ties along which an adoption was passed on."""

    @property
    def share(self) -> NDArray[np.float64]:
        """Adopted people as a share of all."""
        return self.adopted / self.adopted_at.size

    def by_degree(self, layer: Layer) -> Any:
        """Uptake by number of contacts: a data frame of degree, people, adopted, share."""
        import pandas as pd

        degree = layer.degrees()
        ever = self.adopted_at >= 0
        frame = pd.DataFrame({"degree": degree, "people": 1, "adopted": ever.astype(np.int64)})
        summed = frame.groupby("degree", as_index=False).sum()
        summed["share"] = summed.adopted / summed.people
        return summed


def spread(
    layer: Layer,
    *,
    rate: float,
    per: Literal["contact", "share"] = "contact",
    external: float = 0.0,
    leave: float = 0.0,
    seeds: Sequence[int] | NDArray[np.integer] | SupportsIndex = 0,
    days: float = 100.0,
    dt: float = 1.0,
    seed: int = 1,
    response: Response | None = None,
    groups: bool = False,
) -> Spread:
    """Spread along `layer` for `days` days in ticks of `dt`, the last one shorter where they do not
    fit; rates per day.

    `seeds` are people who have adopted at the start, or how many of them to draw. `response` is an
    influence form for per="share" (linear without). With `groups` the unconnected groups among
    those of its contacts who have adopted count, not the contacts (structural diversity). Raises
    ValueError for rates, days or seeds that cannot be, and for a layer of nobody.
    """
    rate, external, leave = (
        _rate(value, name)
        for name, value in (("rate", rate), ("external", external), ("leave", leave))
    )
    steps = _ticks(real_number(days, "days"), real_number(dt, "dt"))
    seed = checked_seed(seed)
    if not layer.people:
        raise ValueError("a layer of nobody, along which nothing can spread")
    if per not in ("contact", "share"):
        raise ValueError(f"per must be 'contact' or 'share', not {per!r}")
    if response is not None and per == "contact":
        raise ValueError("an influence form needs shares: per='share'")
    named = np.asarray(seeds)
    drawn = 0 if named.ndim else whole_number(cast(SupportsIndex, seeds), "seeds", 0)
    if drawn > layer.people:
        raise ValueError(f"{drawn:,} seeds cannot be drawn among {layer.people:,} people")

    table = _table(rate, external, leave, response or LINEAR)
    population = AgentPopulation(
        table.transitions,
        np.array([[layer.people - drawn], [drawn]], np.int64),
        seed=seed,
        purpose="spread",
        class_names=("everybody",),
        layers=(layer,),
        active=np.array([[False, True]]),
        divisor=np.ones(1) if per == "contact" else None,
        groups=groups,
    )
    if named.ndim:
        population.place(_given(named, layer.people), ADOPTED)
    ticks = steps.size
    adopted = np.zeros(ticks + 1, np.int64)
    adopted[0] = population.people[ADOPTED, 0]
    seeds_at_start = np.flatnonzero(population.state == ADOPTED)
    moved = [seeds_at_start]
    for tick, step in enumerate(steps.tolist()):
        population.advance(table, step, tick)
        adopted[tick + 1] = population.people[ADOPTED, 0]
        assert population.latest is not None
        moves = population.latest
        moved.append(moves.person[moves.way == 0] if leave else moves.person)
    adopted_at = np.full(layer.people, -1, np.int32)
    # Backwards, so that of several adoptions the first stays.
    for tick in range(ticks, -1, -1):
        adopted_at[moved[tick]] = tick
    assert population.exposure is not None
    ends = np.append(np.arange(float(ticks)) * dt, days) if ticks else np.zeros(1)
    return Spread(ends, adopted, adopted_at, population.exposure.pushes)


def _rate(value: SupportsFloat, name: str) -> float:
    rate = real_number(value, name)
    if not 0.0 <= rate < np.inf:
        raise ValueError(f"{name} must be a rate per day of at least 0, not {value}")
    return rate


def _ticks(days: float, dt: float) -> NDArray[np.float64]:
    """The length of each tick, in days."""
    if not (0.0 < dt < np.inf and 0.0 <= days < np.inf):
        raise ValueError(f"dt must be above 0 and days at least 0, not {dt} and {days}")
    whole = round(days / dt)
    # .3 days are three ticks of .1, although .1 * 3 > .3 in floats
    if abs(whole * dt - days) <= 1e-9 * max(days, dt):
        return np.full(whole, dt)
    whole = int(days / dt)
    return np.append(np.full(whole, dt), days - whole * dt)


def _table(rate: float, external: float, leave: float, response: Response) -> RateTable:
    return RateTable(
        Transitions(("susceptible", "adopted"), np.array([0, 1]), np.array([1, 0])),
        np.array([[external], [leave]], float),
        Contagion(
            channel=np.array([0, -1]),
            slope=np.array([[1.0], [0.0]]),
            weight=np.full((1, 1, 1), float(rate)),
            chi=0.0,
            response=response,
        ),
    )


def _given(given: NDArray[np.generic], people: int) -> I64:
    if given.size and not np.issubdtype(given.dtype, np.integer):
        raise ValueError("seeds must be whole numbers: people, or how many of them")
    given = given.astype(np.int64).ravel()
    outside = given[(given < 0) | (given >= people)]
    if outside.size:
        raise ValueError(f"seed {outside[0]} is nobody: people are 0 to {people - 1:,}")
    return np.unique(given)
