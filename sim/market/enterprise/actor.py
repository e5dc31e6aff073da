"""The mechanism `enterprise`: accounts on the clock, rows of the market table, measures."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from sim.clock import Clock, Event, Priority, event_id
from sim.draws.keyed import entity_id
from sim.market.actor import Actor, Measure, Row
from sim.market.enterprise.accounts import Accounts, Openings
from sim.market.enterprise.contracts import Book, Contracts
from sim.market.enterprise.desks import Desk
from sim.market.enterprise.funnel import Counts, Deals, Funnel, Vendor, Work
from sim.market.enterprise.gates import Offers
from sim.market.happening import EventKind
from sim.market.market import Market
from sim.scenario.enterprise import GATES
from sim.scenario.enterprise import Desk as DeskTerms
from sim.scenario.enterprise import Enterprise as Section
from sim.units import DAYS_PER_MONTH


@dataclass
class EnterpriseState:
    """What moves in the accounts of a scenario."""

    deals: Deals
    book: Book
    noted: list[int]
    """Opportunities opened, won, lost and contracts switched, as of the latest line of the log."""


class EnterpriseActor(Actor):
    """Accounts, deals, desks and contracts of one scenario."""

    name = "enterprise"
    kinds: ClassVar = {
        "accounts": EventKind("a month of deals", holds={"number": "contracts under way"}),
        "contract": EventKind(
            "a lab's largest contract so far",
            ("lab",),
            holds={"number": "USD a year", "what": "group of accounts"},
        ),
    }

    def __init__(self, market: Market, section: Section) -> None:
        self._market = market
        parameters = market.parameters
        seed, names = market.scenario.seed, list(market.labs)
        self._labs = names
        people = np.array([float(s.people) for s in market.scenario.segments.values()])
        self._people = people / people.sum()
        made_by = [feature.lab for feature in market.scenario.features.values()]
        self._features = [[j for j, lab in enumerate(made_by) if lab == n] for n in names]
        labs = np.array([entity_id("lab", name) for name in names], np.uint64)
        self.accounts = Accounts.of(section.accounts, seed, parameters["account_size_spread"])
        self.offers = Offers(section, market.labs, parameters)
        self.offers.read(0.0, self._trust())
        self.contracts = Contracts(
            self.accounts, labs, self.offers, seed, parameters["account_self_hosted_value"]
        )
        at_start = self.contracts.terms_at_start(
            [
                [float(terms.at_start.get(name, 0.0)) for name in names]
                for terms in self.accounts.terms
            ]
        )
        vendors = []
        for name in names:
            given = section.vendors.get(name)
            sales, review = (None, None) if given is None else (given.sales, given.review)
            vendors.append(Vendor(_desk(sales), _desk(review), _work(sales), _work(review)))
        self.funnel = Funnel(
            self.accounts,
            Openings.of(
                self.accounts,
                labs,
                seed,
                market.scenario.days,
                before=section.deals_at_start,
            ),
            vendors,
            self.offers,
            self.contracts,
            qualify=parameters["account_qualify"],
            at_start=at_start,
            on_win=self._note_win,
        )
        self.funnel.warm_up(0.0)
        self.state = EnterpriseState(self.funnel.state, self.contracts.state, list(self._sums()))
        #: Names of the rows never change; their values are put beside them once a day.
        self._names = list(self._row_names())

    @classmethod
    def of(cls, market: Market) -> "EnterpriseActor | None":
        section = market.scenario.enterprise
        return None if section is None else cls(market, section)

    # --- on the clock

    def attach(self, clock: Clock) -> None:
        clock.on("accounts", self._on_day)
        clock.on("account-summary", self._on_summary)

    def agenda(self) -> Iterable[Event]:
        yield from self._next_day()
        yield _summary(1)

    def _on_day(self, event: Event) -> Iterable[Event]:
        self.offers.read(event.time, self._trust())
        self.funnel.play(event.time)
        return self._next_day()

    def _next_day(self) -> Iterable[Event]:
        """The end of the next day on which an account takes a step."""
        if not self.funnel.state.pending:
            return ()
        day = float(math.ceil(self.funnel.state.pending[0][0]))
        # Steps are taken at the end of their day, so before anything that the next day begins with:
        # every step meets the offers of its own day.
        return (
            Event(day, Priority.ACCOUNTS, event_id("accounts", int(day)), "accounts", "market"),
        )

    def _on_summary(self, event: Event) -> Iterable[Event]:
        now = self._sums()
        opened, won, lost, switched = (
            after - before for after, before in zip(now, self.state.noted, strict=True)
        )
        self.state.noted[:] = now
        total = sum(map(sum, self.contracts.state.count))
        self._market.note(
            event.time,
            "accounts",
            "market",
            f"{opened} opportunities opened, {won} won, {lost} lost, {switched} contracts changed "
            f"vendor; {total} contracts",
            number=total,
        )
        return (_summary(event.data["month"] + 1),)

    def _sums(self) -> tuple[int, int, int, int]:
        counts = self.funnel.state.counts
        return (
            sum(c.opened for c in counts),
            sum(c.won for c in counts),
            sum(c.lost for c in counts),
            sum(self.contracts.state.switched_in),
        )

    def _note_win(self, time: float, lab: int, deal: int, value: float) -> None:
        """Write down a win that is the lab's largest so far: their number grows like a
        logarithm."""
        largest = self.contracts.state.largest
        if value <= largest[lab]:
            return
        largest[lab] = value
        account = self.funnel.openings.account[deal]
        group = self.accounts.groups[self.accounts.group[account]]
        self._market.note(
            time,
            "contract",
            self._labs[lab],
            f"largest so far: {value / 1e6:.3g} million USD a year ({group})",
            lab=self._labs[lab],
            number=value,
            what=group,
        )

    # --- what others may look at

    def rows(self, day: float) -> Iterable[Row]:
        named = zip(self._names, self._values(day), strict=True)
        return [(entity, metric, float(value)) for (entity, metric), value in named]

    def measures(self) -> Mapping[str, Measure]:
        return {"account_share": self._account_share, "contract_revenue": self.contract_revenue}

    def contract_revenue(self, lab: str | None) -> float:
        """USD a year from contracts under way, of one lab or of all."""
        revenue = self.contracts.state.revenue
        return sum(revenue) if lab is None else revenue[self._labs.index(lab)]

    def _account_share(self, lab: str | None) -> float:
        """Share of all accounts under contract, with one lab or with any."""
        if lab is None:
            return sum(self.contracts.state.served) / len(self.accounts)
        i = self._labs.index(lab)
        return sum(of_group[i] for of_group in self.contracts.state.count) / len(self.accounts)

    def _row_names(self) -> Iterable[tuple[str, str]]:
        for lab in self._labs:
            yield from ((lab, metric) for metric in _LAB_METRICS)
        for group in self.accounts.groups:
            yield from ((group, metric) for metric in ("contracts", "served", "unserved"))
            yield from ((f"{group}.{lab}", "account_share") for lab in self._labs)

    def _values(self, day: float) -> Iterable[float]:
        """The values of a day in the order of the names."""
        contracts, funnel = self.contracts, self.funnel
        total = len(self.accounts)
        for i, vendor in enumerate(funnel.vendors):
            held = sum(of_group[i] for of_group in contracts.state.count)
            yield from vars(funnel.state.counts[i]).values()
            yield from funnel.state.shut_out[i]
            for desk in (vendor.sales, vendor.review):
                yield len(desk.queue)
                yield desk.waiting(day)
            yield from (
                held,
                held / total,
                contracts.state.switched_in[i],
                contracts.state.switched_out[i],
                contracts.state.ended[i],
                contracts.state.revenue[i],
            )
        for g, counts in enumerate(contracts.state.count):
            size = self.accounts.first[g + 1] - self.accounts.first[g]
            yield from (sum(counts), contracts.state.served[g] / size, funnel.state.unserved[g])
            yield from (count / size for count in counts)

    def _trust(self) -> tuple[float, ...]:
        """Trust in each lab: that in its features, averaged over people; 1 without features."""
        by_feature = (self._market.fields.trust @ self._people).tolist()
        return tuple(
            sum(by_feature[j] for j in own) / len(own) if own else 1.0 for own in self._features
        )


_LAB_METRICS = (
    *(f"deals_{field.name}" for field in fields(Counts)),
    *(f"shut_out_{gate.replace('-', '_')}" for gate in GATES),
    *(f"{desk}_{what}" for desk in ("sales", "review") for what in ("queue", "waiting")),
    "contracts",
    "account_share",
    "switched_in",
    "switched_out",
    "contracts_ended",
    "revenue_contracts",
)


def _summary(month: int) -> Event:
    return Event(
        month * DAYS_PER_MONTH,
        Priority.SUMMARY,
        event_id("account-summary", month),
        "account-summary",
        "market",
        {"month": month},
    )


def _desk(terms: DeskTerms | None) -> Desk:
    return Desk(None if terms is None else max(round(float(terms.servers)), 1))


def _work(terms: DeskTerms | None) -> Work:
    """Days of work on a deal; none at a desk nobody waits for."""
    return Work() if terms is None else Work(float(terms.work), terms.law == "fixed")
