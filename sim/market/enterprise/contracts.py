"""Contracts: signed, renewed at the end of each term, or taken over by another vendor.

At the end of a term of tau years an account compares its vendor with the best rival it could sign.
Between equals the share s of contracts changes hands in a year; a better rival moves the odds as in
a logit with incumbency,

    odds of leaving = odds(1 - (1 - s)^tau) exp(U_rival - U_vendor)

and whoever leaves chooses among the rivals by logit. A vendor that passes the account's gates no
longer is left, or the contract ends where nobody else passes.
"""

import math
from dataclasses import dataclass

import numpy as np

from sim.draws.keyed import combine_ids
from sim.draws.philox import U64
from sim.market.enterprise.accounts import Accounts
from sim.market.enterprise.draws import gumbel, uniforms
from sim.market.enterprise.gates import Offers, Standing
from sim.market.labs.labs import NEVER
from sim.units import DAYS_PER_YEAR

#: Beyond this difference of utilities a choice is certain, and its exponential would overflow.
_CERTAIN = 500.0


@dataclass
class Book:
    """Who has a contract with whom, and what became of contracts so far."""

    held: list[dict[int, float]]
    """USD a year by lab, for each account."""
    in_talks: list[list[int]]
    """Labs whose deals with the account are open."""
    count: list[list[int]]
    """Contracts by group and lab."""
    served: list[int]
    """Accounts of each group with at least one contract."""
    revenue: list[float]
    """USD a year by lab, as are the counts below."""
    switched_in: list[int]
    switched_out: list[int]
    ended: list[int]
    renewals: list[int]
    largest: list[float]
    """The largest contract that a lab has won, USD a year."""

    @classmethod
    def empty(cls, accounts: int, groups: int, vendors: int) -> "Book":
        """Before the first contract."""
        return cls(
            held=[{} for _ in range(accounts)],
            in_talks=[[] for _ in range(accounts)],
            count=[[0] * vendors for _ in range(groups)],
            served=[0] * groups,
            revenue=[0.0] * vendors,
            switched_in=[0] * vendors,
            switched_out=[0] * vendors,
            ended=[0] * vendors,
            renewals=[0] * vendors,
            largest=[0.0] * vendors,
        )


class Contracts:
    """Signs, renews and ends contracts. Accounts, labs and groups are given by index."""

    def __init__(
        self, accounts: Accounts, labs: U64, offers: Offers, seed: int, self_hosted_value: float
    ) -> None:
        self.accounts, self.offers = accounts, offers
        self._labs, self._seed, self._self_hosted = labs, seed, self_hosted_value
        self.state = Book.empty(len(accounts), len(accounts.groups), len(labs))
        self._odds = [
            _odds(1.0 - (1.0 - float(t.switching)) ** (float(t.term) / DAYS_PER_YEAR))
            for t in accounts.terms
        ]
        self._window: dict[int, tuple[int, list[list[float]], list[list[float]]]] = {}

    def sign(self, account: int, lab: int) -> float:
        """A new contract at today's offers; its value in USD a year."""
        value = self._value(account, lab)
        group = self.accounts.group[account]
        if not self.state.held[account]:
            self.state.served[group] += 1
        self.state.held[account][lab] = value
        self.state.count[group][lab] += 1
        self.state.revenue[lab] += value
        return value

    def terms_at_start(self, shares: list[list[float]]) -> list[tuple[float, int, int]]:
        """Contracts on the start date: `shares` (groups, labs) of the accounts that a lab can
        serve. Returns (end of the term under way, account, lab)."""
        ends = []
        for g, of_labs in enumerate(shares):
            if not any(of_labs):
                continue
            first, last = self.accounts.first[g], self.accounts.first[g + 1]
            pairs = combine_ids(self.accounts.ids[first:last], self._labs)
            drawn = uniforms(self._seed, "account start", pairs, 0)
            under_way = uniforms(self._seed, "account term", pairs, 0)
            term = float(self.accounts.terms[g].term)
            for i, lab in zip(*np.nonzero(drawn < np.array(of_labs)), strict=True):
                account = first + int(i)
                if self._standing(account).utility[lab] > NEVER:
                    value = self.sign(account, int(lab))
                    self.state.largest[lab] = max(self.state.largest[lab], value)
                    ends.append((float(under_way[i, lab]) * term, account, int(lab)))
        return ends

    def end_of_term(self, time: float, account: int, lab: int) -> int | None:
        """Renew, change or end a contract; the lab that has the next term, if any."""
        standing, group = self._standing(account), self.accounts.group[account]
        closed = {*self.state.held[account], *self.state.in_talks[account]}
        rivals = [m for m, u in enumerate(standing.utility) if u > NEVER and m not in closed]
        own = standing.utility[lab]
        stay, taste = self._draws(group, time, account - self.accounts.first[group])
        leaves = own == NEVER
        if not leaves and rivals:
            gain = max(standing.utility[m] for m in rivals) - own
            odds = self._odds[group] * math.exp(min(gain, _CERTAIN))
            leaves = stay[lab] * (1.0 + odds) < odds
        if not leaves:
            value = self._value(account, lab)
            self.state.revenue[lab] += value - self.state.held[account][lab]
            self.state.held[account][lab] = value
            self.state.renewals[lab] += 1
            return lab
        self._drop(account, lab)
        if not rivals:
            self.state.ended[lab] += 1
            return None
        winner = max(rivals, key=lambda m: standing.utility[m] + taste[m])
        self.state.switched_out[lab] += 1
        self.state.switched_in[winner] += 1
        self.sign(account, winner)
        return winner

    def _value(self, account: int, lab: int) -> float:
        """USD a year that a lab has from the account on the offer of today."""
        on_weights = self._standing(account).on_weights[lab]
        return self.accounts.size[account] * (self._self_hosted if on_weights else 1.0)

    def _drop(self, account: int, lab: int) -> None:
        group = self.accounts.group[account]
        value = self.state.held[account].pop(lab)
        self.state.count[group][lab] -= 1
        self.state.revenue[lab] -= value
        if not any(of_group[lab] for of_group in self.state.count):
            self.state.revenue[lab] = 0.0  # and with it the rounding of the sum
        if not self.state.held[account]:
            self.state.served[group] -= 1

    def _standing(self, account: int) -> Standing:
        return self.offers.standing(self.accounts.group[account], self.accounts.gates[account])

    def _draws(self, group: int, time: float, number: int) -> tuple[list[float], list[float]]:
        """Uniforms and tastes by lab of a group's account for the term that ends now.

        Time is divided into windows as long as a term: in each of them a contract ends one term,
        so the window's number makes the draws of a whole group at once.
        """
        window = int(time // float(self.accounts.terms[group].term))
        if self._window.get(group, (-1,))[0] != window:
            first, last = self.accounts.first[group], self.accounts.first[group + 1]
            pairs = combine_ids(self.accounts.ids[first:last], self._labs)
            self._window[group] = (
                window,
                uniforms(self._seed, "account renewal", pairs, window).tolist(),
                gumbel(uniforms(self._seed, "account rival", pairs, window)).tolist(),
            )
        _, stay, taste = self._window[group]
        return stay[number], taste[number]


def _odds(share: float) -> float:
    return share / (1.0 - share)
