"""The funnel: deals go through qualification, security review and procurement to a decision.

An account that wants another model family opens an opportunity and picks, among the labs that pass
its gates and that it does not have yet, one by logit. The deal then takes

    sales desk      waits its turn, then the desk works on it
    qualification   what is left of the account's own time before the review
    review desk     waits its turn, then the desk works on it; a lab that passes no longer is out
    procurement     what is left of the account's own time
    decision        won or lost

The account's own time runs while a desk works, not while the deal waits: without queues the whole
takes the account's cycle, and waiting comes on top. Deals are the accounts' openings by number.
Pending steps are data, (time, step, number), in one heap of their own: the clock calls once a day,
because tens of thousands of steps as events of the clock would cost more than the market.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from sim.market.enterprise.accounts import Accounts, Openings
from sim.market.enterprise.contracts import Contracts
from sim.market.enterprise.desks import Desk
from sim.market.enterprise.gates import Offers
from sim.market.labs.labs import NEVER
from sim.scenario.enterprise import GATES


class Step(IntEnum):
    """What happens next to a deal, or to a contract."""

    OPEN = 0
    SOLD = 1
    """The sales desk is done."""
    SUBMIT = 2
    """The account is ready for the security review."""
    REVIEWED = 3
    DECIDE = 4
    RENEW = 5
    """The number is account x labs + lab."""


@dataclass
class Counts:
    """Deals of one lab: the first three are those under way, the others all so far."""

    in_qualification: int = 0
    in_review: int = 0
    in_procurement: int = 0
    opened: int = 0
    qualified: int = 0
    reviewed: int = 0
    """Passed the security review."""
    won: int = 0
    lost: int = 0
    failed_review: int = 0
    """Lost because the lab no longer passed the account's gates."""


@dataclass(frozen=True)
class Work:
    """How long a desk works on a deal: always `mean` days, or exponential about it."""

    mean: float = 0.0
    fixed: bool = True

    def days(self, u: float) -> float:
        """Of a deal with the uniform u."""
        return self.mean if self.fixed else -self.mean * math.log(u)


@dataclass(frozen=True)
class Vendor:
    """How a lab works on deals."""

    sales: Desk
    review: Desk
    sales_work: Work = Work()
    review_work: Work = Work()


@dataclass
class Deals:
    """Deals under way and what became of the others."""

    desks: list[Desk]
    """Sales and review of every lab in turn."""
    counts: list[Counts]
    """By lab."""
    shut_out: list[list[int]]
    """Opportunities that a lab's offers could not enter, by gate."""
    unserved: list[int]
    """Opportunities of each group whose gates no lab passed."""
    lab_of: dict[int, int]
    """The lab of every deal under way."""
    pending: list[tuple[float, int, int]]
    """A heap of (time, step, number)."""


class Funnel:
    """All deals, queues and contracts. `on_win(time, lab, deal, value)` hears of every win."""

    def __init__(
        self,
        accounts: Accounts,
        openings: Openings,
        vendors: Sequence[Vendor],
        offers: Offers,
        contracts: Contracts,
        *,
        qualify: float,
        at_start: list[tuple[float, int, int]],
        on_win: Callable[[float, int, int, float], None],
    ) -> None:
        self.accounts, self.openings, self.vendors = accounts, openings, vendors
        self.offers, self.contracts = offers, contracts
        self._qualify, self.on_win = qualify, on_win
        self._win_rate = [float(terms.win_rate) for terms in accounts.terms]
        self._term = [float(terms.term) for terms in accounts.terms]
        labs = len(vendors)
        pending = [(time, int(Step.RENEW), account * labs + lab) for time, account, lab in at_start]
        if len(openings):
            pending.append((openings.time[0], int(Step.OPEN), 0))
        heapq.heapify(pending)
        self.state = Deals(
            desks=[desk for vendor in vendors for desk in (vendor.sales, vendor.review)],
            counts=[Counts() for _ in vendors],
            shut_out=[[0] * len(GATES) for _ in vendors],
            unserved=[0] * len(accounts.groups),
            lab_of={},
            pending=pending,
        )
        self._warming = False
        self._act: tuple[Callable[[float, int], None], ...] = (
            self._open, self._sold, self._submit, self._reviewed, self._decide, self._renew,
        )  # fmt: skip

    def warm_up(self, until: float) -> None:
        """Play what was before the start, `until`: what was decided by then is history and leaves
        only the deals under way, the queues and the waiting behind."""
        self._warming = True
        self.play(until)
        self._warming = False
        for counts in self.state.counts:
            under_way = counts.in_qualification + counts.in_review + counts.in_procurement
            counts.opened = under_way
            counts.qualified = under_way - counts.in_qualification
            counts.reviewed = counts.in_procurement
            counts.won = counts.lost = counts.failed_review = 0
        self.state.shut_out = [[0] * len(GATES) for _ in self.vendors]
        self.state.unserved = [0] * len(self.accounts.groups)

    def play(self, until: float) -> None:
        """Take every step up to and including the time `until`."""
        pending, act = self.state.pending, self._act
        while pending and pending[0][0] <= until:
            time, step, number = heapq.heappop(pending)
            act[step](time, number)

    def _plan(self, time: float, step: Step, number: int) -> None:
        heapq.heappush(self.state.pending, (time, step, number))

    def _open(self, time: float, deal: int) -> None:
        if deal + 1 < len(self.openings):
            self._plan(self.openings.time[deal + 1], Step.OPEN, deal + 1)
        account = self.openings.account[deal]
        held, talks = self.contracts.state.held[account], self.contracts.state.in_talks[account]
        if len(held) + len(talks) >= self.accounts.wanted[account]:
            return
        group = self.accounts.group[account]
        standing = self.offers.standing(group, self.accounts.gates[account])
        for lab, gate in standing.shut_out:
            if lab not in held:
                self.state.shut_out[lab][gate] += 1
        taste = self.openings.taste[deal]
        best, chosen, passing = NEVER, -1, False
        for lab, utility in enumerate(standing.utility):
            if utility == NEVER:
                continue
            passing = True
            if utility + taste[lab] > best and lab not in held and lab not in talks:
                best, chosen = utility + taste[lab], lab
        if not passing:
            self.state.unserved[group] += 1
        if chosen < 0:
            return
        talks.append(chosen)
        self.state.lab_of[deal] = chosen
        counts, vendor = self.state.counts[chosen], self.vendors[chosen]
        counts.opened += 1
        counts.in_qualification += 1
        if vendor.sales.join(time, deal):
            self._begin_sales(time, deal, vendor)

    def _begin_sales(self, time: float, deal: int, vendor: Vendor) -> None:
        work = vendor.sales_work.days(self.openings.sales[deal])
        self._plan(time + work, Step.SOLD, deal)

    def _sold(self, time: float, deal: int) -> None:
        vendor = self.vendors[self.state.lab_of[deal]]
        following = vendor.sales.leave(time)
        if following is not None:
            self._begin_sales(time, following, vendor)
        own = self._qualify * self.openings.cycle[deal]
        worked = vendor.sales_work.days(self.openings.sales[deal])
        self._plan(time + max(own - worked, 0.0), Step.SUBMIT, deal)

    def _submit(self, time: float, deal: int) -> None:
        lab = self.state.lab_of[deal]
        self.state.counts[lab].in_qualification -= 1
        self.state.counts[lab].in_review += 1
        self.state.counts[lab].qualified += 1
        if self.vendors[lab].review.join(time, deal):
            self._begin_review(time, deal, self.vendors[lab])

    def _begin_review(self, time: float, deal: int, vendor: Vendor) -> None:
        work = vendor.review_work.days(self.openings.review[deal])
        self._plan(time + work, Step.REVIEWED, deal)

    def _reviewed(self, time: float, deal: int) -> None:
        lab, account = self.state.lab_of[deal], self.openings.account[deal]
        vendor, counts = self.vendors[lab], self.state.counts[lab]
        following = vendor.review.leave(time)
        if following is not None:
            self._begin_review(time, following, vendor)
        counts.in_review -= 1
        if not self._passes(account, lab):
            counts.failed_review += 1
            self._lose(deal)
            return
        counts.reviewed += 1
        counts.in_procurement += 1
        own = (1.0 - self._qualify) * self.openings.cycle[deal]
        worked = vendor.review_work.days(self.openings.review[deal])
        self._plan(time + max(own - worked, 0.0), Step.DECIDE, deal)

    def _decide(self, time: float, deal: int) -> None:
        lab, account = self.state.lab_of[deal], self.openings.account[deal]
        self.state.counts[lab].in_procurement -= 1
        won = self.openings.decision[deal] < self._win_rate[self.accounts.group[account]]
        if not won or not self._passes(account, lab):
            self._lose(deal)
            return
        self.state.counts[lab].won += 1
        self._close(deal)
        if self._warming:
            return
        value = self.contracts.sign(account, lab)
        self._plan_renewal(time, account, lab)
        self.on_win(time, lab, deal, value)

    def _renew(self, time: float, number: int) -> None:
        account, lab = divmod(number, len(self.vendors))
        after = self.contracts.end_of_term(time, account, lab)
        if after is not None:
            self._plan_renewal(time, account, after)

    def _plan_renewal(self, time: float, account: int, lab: int) -> None:
        term = self._term[self.accounts.group[account]]
        self._plan(time + term, Step.RENEW, account * len(self.vendors) + lab)

    def _passes(self, account: int, lab: int) -> bool:
        group, gates = self.accounts.group[account], self.accounts.gates[account]
        return self.offers.standing(group, gates).utility[lab] > NEVER

    def _lose(self, deal: int) -> None:
        self.state.counts[self.state.lab_of[deal]].lost += 1
        self._close(deal)

    def _close(self, deal: int) -> None:
        account = self.openings.account[deal]
        self.contracts.state.in_talks[account].remove(self.state.lab_of.pop(deal))
