"""The developer ecosystem: who builds on which family, the apps and derivatives that come of it.

Apps enter as a Poisson process and leave at a constant hazard; each period is one event:

    entry = e0 (1 + 4 a) (developers on f) (MAU / 1e8)^.5 exp(-chi V / Vcap)      per month

The cap 1 + 4a follows the study of handheld platforms (Boudreau 2010): granting access up to five
times the development. Derivatives are made of open families: with probability alpha a new base,
where the developers are, else built on an existing line in proportion to its size times its fitness
(`sim.market.developers.derivatives`). The lines of all open families compete for them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import uniform
from sim.draws.single import fastest_count
from sim.engines.population import Population
from sim.market.developers.derivatives import I64, Grown, Lines
from sim.market.labs.labs import Lab
from sim.market.labs.levels import IRREVOCABLE_FROM, Level
from sim.rates.developers import DeveloperHazards, DeveloperStates, FamilyUtility
from sim.units import DAYS_PER_MONTH

F64 = NDArray[np.float64]

#: A Poisson count is the limit of a binomial with this many trials (difference of law below 1e-9 of
#: a count at any entry rate the product reaches).
POISSON_TRIALS = 10**15


class FamilyOffer(NamedTuple):
    """One offer of a family: its attractiveness w, its level, and USD a month for a developer's
    tokens through its API."""

    weight: float
    level: Level
    api: float


@dataclass
class Built:
    """What developers have made. Arrays are (families,)."""

    apps: F64 | None
    """None until they are settled at the start."""
    derivatives: F64
    lines: list[Grown]
    latest: list[list[FamilyOffer]]
    """Each family's offers as developers last compared them; empty before the first tick."""


class Ecosystem:
    """Developers, apps and derivatives of every family. Arrays are (families,), in the labs'
    order."""

    def __init__(
        self,
        *,
        parameters: Mapping[str, float],
        states: DeveloperStates,
        population: Population,
        seed: int,
        whole: bool,
        apps: F64 | None = None,
        derivatives: F64 | None = None,
        uses_open: NDArray[np.bool_],
        tied: bool = False,
    ) -> None:
        """`uses_open` (families, families): may the row's lab use apps made for the column's
        family, where that is open? `tied`: the population knows who follows whom."""
        self.parameters, self.states, self.population = parameters, states, population
        self._hazards = DeveloperHazards(states, parameters)
        self._tied = tied
        self._seed, self._whole = seed, whole
        self._builds = states.builds.astype(float)
        families = len(states.families)
        self._may_use = uses_open & ~np.eye(families, dtype=bool)
        made = np.zeros(families) if derivatives is None else derivatives.astype(float)
        unequal = parameters["derivative_inequality"]
        fresh = parameters["derivative_new_base"]
        # What there is at the start is laid out as if the process had made it.
        self.lines = [
            Lines.laid_out(seed, family, unequal, int(count), fresh)
            for family, count in zip(states.families, made, strict=True)
        ]
        self.state = Built(apps, made, [lines.state for lines in self.lines], [])

    @property
    def apps(self) -> F64 | None:
        return self.state.apps

    @property
    def derivatives(self) -> F64:
        return self.state.derivatives

    def developers(self) -> F64:
        """People who build on each family; who builds on two counts in both."""
        counts: F64 = self._builds @ self.population.people.sum(axis=1)
        return counts

    def building(self) -> float:
        """People who build on anything, each counted once."""
        return float(self.population.people[1:].sum())

    def advance(
        self, labs: Mapping[str, Lab], reachable: F64, day: float, dt: float, tick: int
    ) -> None:
        """One tick of the developers' population."""
        self.state.latest = self.compared(labs, reachable, day)
        weight = attractiveness(self.state.latest)
        table = self._hazards.table(weight, self.population.people, tied=self._tied)
        self.population.advance(table, dt, tick)

    def compared(
        self, labs: Mapping[str, Lab], reachable: F64, day: float
    ) -> list[list[FamilyOffer]]:
        """The offers of each family as developers see them on a day."""
        return [self.offers(lab, i, reachable[i], day) for i, lab in enumerate(labs.values())]

    def offers(self, lab: Lab, i: int, reachable: float, day: float) -> list[FamilyOffer]:
        """What developers can build on of the i-th lab, `reachable` being its users."""
        p, offers = self.parameters, []
        fall, tokens, own = p["price_fall"], p["dev_tokens"], self.self_host()
        derivatives = float(self.derivatives[i])
        utility = FamilyUtility(p, reachable=float(reachable), derivatives=derivatives)
        for tier in lab.tiers.values():
            for offer in tier.offers():
                level = offer.level
                api = tier.api_price(day, fall, offer.released) * tokens
                cost = min(api, own) if level.irrevocable else api
                worth = utility(offer.capability, level.customise, cost, level.licence_friction)
                weight = level.access * offer.use * math.exp(worth)
                offers.append(FamilyOffer(weight, level, api))
        return offers

    def self_host(self) -> float:
        """USD a month to run released weights for a developer's tokens."""
        p = self.parameters
        return float(p["self_host_fixed"] + p["self_host_marginal"] * p["dev_tokens"])

    def settle_apps(self, labs: Mapping[str, Lab], reachable: F64) -> None:
        """Start the apps where entry and exit balance, unless the scenario gave them."""
        if self.apps is not None:
            return
        apps = np.zeros(len(self.states.families))
        uncrowded = self._uncrowded_entry(labs, reachable)
        for _ in range(500):
            target = self._entry_per_month(uncrowded, apps) / self.parameters["app_exit"]
            apps = 0.5 * apps + 0.5 * target
        self.state.apps = np.rint(apps) if self._whole else apps

    def app_period(self, labs: Mapping[str, Lab], reachable: F64, index: int, days: float) -> None:
        """One period of app entry and exit and of new derivatives; `index` numbers the period."""
        assert self.apps is not None, "settle_apps comes first"
        months = days / DAYS_PER_MONTH
        uncrowded = self._uncrowded_entry(labs, reachable)
        entry = self._entry_per_month(uncrowded, self.apps) * months
        leave = -np.expm1(-self.parameters["app_exit"] * months)
        made, new_base = self._derivatives_per_month(labs)
        made = made * months
        for i, family in enumerate(self.states.families):
            gone = self._count("app exit", index, family, self.apps[i], leave)
            self.apps[i] += self._poisson("app entry", index, family, entry[i]) - gone
            self.derivatives[i] += self._poisson("derivatives", index, family, made[i])
            self.lines[i].grow_to(int(self.derivatives[i]), float(new_base[i]))

    def variety(self, labs: Mapping[str, Lab]) -> F64:
        """Thousands of apps that each lab's features can use: its own and part of the open
        families'.

        Derivatives count for a part of an app, and go where apps go.
        """
        if self.apps is None:
            return np.zeros(len(self.states.families))
        made = self.apps + self.parameters["derivative_apps"] * self.derivatives
        uses_open = self._may_use & self._open(labs)
        portable = self.parameters["app_portability"] * (uses_open @ made)
        total: F64 = (made + portable) / 1e3
        return total

    def line_sizes(self) -> dict[str, I64]:
        """Derivatives in each line of each family that has any, the largest line first."""
        families = zip(self.states.families, self.lines, strict=True)
        return {family: lines.ranked for family, lines in families if len(lines)}

    def _open(self, labs: Mapping[str, Lab]) -> NDArray[np.bool_]:
        """(families,) whose weights are out."""
        return np.array([lab.most_open.number >= IRREVOCABLE_FROM for lab in labs.values()])

    def _uncrowded_entry(self, labs: Mapping[str, Lab], reachable: F64) -> F64:
        """New apps a month of each family where there are none yet."""
        p = self.parameters
        access = np.array([lab.most_open.access for lab in labs.values()])
        entry: F64 = (
            p["app_entry"]
            * (1.0 + p["app_openness"] * access)
            * self.developers()
            * np.sqrt(reachable / 1e8)
        )
        return entry

    def _entry_per_month(self, uncrowded: F64, apps: F64) -> F64:
        p = self.parameters
        entry: F64 = uncrowded * np.exp(-p["app_crowding"] * apps / p["app_capacity"])
        return entry

    def _derivatives_per_month(self, labs: Mapping[str, Lab]) -> tuple[F64, F64]:
        """New derivatives of each family, and the share of them that are new bases."""
        is_open = self._open(labs)
        builders = self.developers() * is_open
        size = self.derivatives * is_open * [lines.state.mean_fitness for lines in self.lines]
        if builders.sum() <= 0.0:
            return np.zeros(builders.size), np.zeros(builders.size)
        fresh = self.parameters["derivative_new_base"]
        by_builders = builders / builders.sum()
        by_size = size / size.sum() if size.sum() > 0.0 else by_builders
        spread = fresh * by_builders + (1.0 - fresh) * by_size
        made: F64 = self.parameters["derivative_rate"] * builders.sum() * spread
        new_base = np.divide(
            fresh * by_builders, spread, out=np.zeros_like(spread), where=made > 0.0
        )
        return made, new_base

    def _poisson(self, purpose: str, index: int, family: str, mean: float) -> float:
        if not self._whole:
            return mean
        return self._count(purpose, index, family, POISSON_TRIALS, mean / POISSON_TRIALS)

    def _count(self, purpose: str, index: int, family: str, n: float, p: float) -> float:
        if not self._whole:
            return n * p
        u = uniform(self._seed, purpose, index, family)
        return float(fastest_count()(u, round(n), p))


def attractiveness(offers: list[list[FamilyOffer]]) -> F64:
    """w of each family: that of its best offer, zero where outsiders cannot build."""
    return np.array([max((o.weight for o in of_family), default=0.0) for of_family in offers])
