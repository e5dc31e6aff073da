"""Accounts: who they are, what they require, and when each of them opens an opportunity.

Nothing here depends on what vendors do. An account's opportunities are a Poisson process of its own
and every draw is keyed by the account's id and the opportunity's number, so a lab that comes in
leaves the needs of all accounts as they are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import combine_ids, entity_id
from sim.draws.philox import U64
from sim.market.enterprise.draws import exponential, gumbel, lognormal, uniforms
from sim.scenario.enterprise import GATES, AccountGroup
from sim.units import DAYS_PER_YEAR

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Accounts:
    """All accounts, group after group. Arrays are (accounts,) unless said."""

    groups: tuple[str, ...]
    terms: tuple[AccountGroup, ...]
    """What the scenario says of each group."""
    ids: U64
    group: list[int]
    gates: list[int]
    """Required gates, as bits in the order of GATES."""
    wanted: list[int]
    """Model families the account wants to run."""
    size: list[float]
    """USD a year that a contract with the account is worth."""
    first: tuple[int, ...]
    """Place of each group's first account, and after the last group the number of accounts."""

    def __len__(self) -> int:
        return len(self.group)

    @classmethod
    def of(cls, groups: Mapping[str, AccountGroup], seed: int, size_spread: float) -> "Accounts":
        """The accounts of a scenario. Traits are keyed by group and number within it: a group
        that grows keeps those it had."""
        counts = [round(float(terms.count)) for terms in groups.values()]
        ids = np.array(
            [
                entity_id("account", name, str(number))
                for name, count in zip(groups, counts, strict=True)
                for number in range(count)
            ],
            np.uint64,
        )
        group = np.repeat(np.arange(len(counts)), counts)
        terms = tuple(groups.values())
        gates = np.zeros(ids.size, np.int64)
        for bit, gate in enumerate(GATES):
            share = np.array([float(t.gates.get(gate, 0.0)) for t in terms])[group]
            needs = uniforms(seed, f"account gate {gate}", ids, 0) < share
            gates |= needs.astype(np.int64) << bit
        u = uniforms(seed, "account families", ids, 0)
        wanted = np.ones(ids.size, np.int64)
        for g, t in enumerate(terms):
            edges = np.cumsum([float(share) for share in t.families])[:-1]
            wanted[group == g] += np.searchsorted(edges, u[group == g], side="right")
        spread = np.full(ids.size, size_spread)
        # The mean of a lognormal is exp(spread^2 / 2) medians: divided out, the mean is as given.
        mean = np.array([float(t.contract) for t in terms])[group]
        scale = mean * float(np.exp(-0.5 * size_spread**2))
        size = scale * lognormal(uniforms(seed, "account size", ids, 0), spread)
        return cls(
            groups=tuple(groups),
            terms=terms,
            ids=ids,
            group=group.tolist(),
            gates=gates.tolist(),
            wanted=wanted.tolist(),
            size=size.tolist(),
            first=tuple(int(n) for n in np.cumsum([0, *counts])),
        )


@dataclass(frozen=True)
class Openings:
    """Opportunities in the order in which accounts open them; every field one value each.

    `cycle` is the account's own time until its decision in days, `sales` and `review` scale the
    mean time that a desk works on the deal, `decision` decides whether it is won, and `taste`
    (one for each lab) is added to the labs' utilities.
    """

    time: list[float]
    account: list[int]
    cycle: list[float]
    sales: list[float]
    review: list[float]
    decision: list[float]
    taste: list[list[float]]

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def of(
        cls, accounts: Accounts, labs: U64, seed: int, days: float, *, before: bool
    ) -> "Openings":
        """Every opening up to the day `days`; `labs` are the labs' ids.

        With `before` also those before the start, far enough back that of the deals under way on
        the start date few are missing. They have draws of their own: what comes after the start
        does not depend on how far back they go.
        """
        parts = [_Draft(accounts, labs, seed, "account").until(np.full(len(accounts), days))]
        if before:
            back = [_long_cycle(terms) for terms in accounts.terms]
            past = _Draft(accounts, labs, seed, "account before")
            account, at, *rest = past.until(np.array(back)[np.array(accounts.group)])
            parts.append((account, -at, *rest))
        account, at, cycle, sales, review, decision, taste = (
            np.concatenate(columns) for columns in zip(*parts, strict=True)
        )
        order = np.lexsort((accounts.ids[account], at))
        return cls(
            time=at[order].tolist(),
            account=account[order].tolist(),
            cycle=cycle[order].tolist(),
            sales=sales[order].tolist(),
            review=review[order].tolist(),
            decision=decision[order].tolist(),
            taste=taste[order].tolist(),
        )


class _Draft:
    """The openings of every account as they are drawn, n-th after n-th."""

    def __init__(self, accounts: Accounts, labs: U64, seed: int, purpose: str) -> None:
        self._accounts, self._labs, self._seed, self._purpose = accounts, labs, seed, purpose
        group = np.array(accounts.group, np.int64)
        terms = accounts.terms
        self._rate = np.array([float(t.demand) / DAYS_PER_YEAR for t in terms])[group]
        self._median = np.array([float(t.cycle) for t in terms])[group]
        self._spread = np.array([float(t.spread) for t in terms])[group]

    def until(self, days: F64) -> tuple[Any, ...]:
        """The columns account, time, cycle, sales, review, decision and taste of every opening
        within `days` (accounts,)."""
        time = np.zeros(len(self._accounts))
        alive = np.flatnonzero(self._rate > 0.0)
        found: list[tuple[Any, ...]] = [self._columns(alive[:0], time, 0)]
        n = 0
        while alive.size:
            gap = exponential(self._uniforms("demand", self._accounts.ids[alive], n))
            time[alive] += gap / self._rate[alive]
            alive = alive[time[alive] <= days[alive]]
            found.append(self._columns(alive, time, n))
            n += 1
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))

    def _columns(self, alive: I64, time: F64, n: int) -> tuple[Any, ...]:
        ids = self._accounts.ids[alive]
        cycle = lognormal(self._uniforms("cycle", ids, n), self._spread[alive])
        return (
            alive,
            time[alive],
            self._median[alive] * cycle,
            self._uniforms("sales", ids, n),
            self._uniforms("review", ids, n),
            self._uniforms("decision", ids, n),
            gumbel(self._uniforms("taste", combine_ids(ids, self._labs), n)),
        )

    def _uniforms(self, what: str, ids: U64, n: int) -> F64:
        return uniforms(self._seed, f"{self._purpose} {what}", ids, n)


def _long_cycle(terms: AccountGroup) -> float:
    """Days within which 95 % of a group's deals are decided where nobody waits for a desk."""
    return float(terms.cycle) * math.exp(1.645 * float(terms.spread))
