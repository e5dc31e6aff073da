"""Gates: which labs an account can buy from today, and what their offers are worth to it.

A lab sells every tier that is out at an API level and every set of weights it has released. An
account's gates may be passed by different offers of one lab, and its work is then bound by the one
that is worth least to it:

    U = min over the gates of max over the lab's offers that pass it of U(offer)
    U(offer) = b_q q + b_u customise - b_c ln(cost a month) + b_T (T - 1),    q = 1 - exp(-Q / Qsat)

A lab passes when it has an offer for every gate; who asks for none takes the best offer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sim.market.labs.labs import NEVER, Lab
from sim.market.labs.levels import ORDER
from sim.scenario.enterprise import DELIVERIES, GATES, Delivery, Enterprise, Gate
from sim.units import DAYS_PER_MONTH

#: The first level at which a lab sells access to outsiders.
SOLD_FROM = ORDER.index("api")
#: What passes each gate unless a scenario says otherwise: a controlled API can be watched and
#: vouched for, released weights can be run anywhere.
PASSED_BY: Mapping[Gate, tuple[Delivery, ...]] = {
    "authorised-cloud": ("api",),
    "audit-logs": ("api",),
    "indemnity": ("api",),
    "residency": ("weights",),
    "air-gap": ("weights",),
}


@dataclass(frozen=True)
class Standing:
    """How the labs stand with accounts of one kind, in the labs' order."""

    utility: tuple[float, ...]
    """NEVER where the lab does not pass."""
    on_weights: tuple[bool, ...]
    """Is the binding offer one of released weights?"""
    shut_out: tuple[tuple[int, int], ...]
    """(lab, gate) for each gate that a lab does not pass."""


class Offers:
    """What every lab sells. Standings are worked out when first asked for.

    List prices are read once a month; everything else counts from the day on which it changes.
    """

    def __init__(
        self, section: Enterprise, labs: Mapping[str, Lab], parameters: Mapping[str, float]
    ) -> None:
        self._labs, self._parameters = labs, parameters
        passed = {gate: section.gates.get(gate, PASSED_BY[gate]) for gate in GATES}
        #: For each lab and gate the deliveries that pass.
        self._passes: list[list[tuple[Delivery, ...]]] = []
        for name in labs:
            vendor = section.vendors.get(name)
            also = () if vendor is None else vendor.also
            self._passes.append([DELIVERIES if gate in also else passed[gate] for gate in GATES])
        self._seen: object = None
        self._prices_of = 0.0
        self._trust: tuple[float, ...] = ()
        groups = section.accounts.values()
        self._tokens = [float(group.tokens) for group in groups]
        #: For each group of accounts, which labs it may buy from at all.
        self._admitted = [
            [group.vendors == "all" or name in group.vendors for name in labs] for group in groups
        ]
        self._standings: dict[tuple[int, int], Standing] = {}
        self._best: dict[float, list[_Best]] = {}

    def read(self, day: float, trust: tuple[float, ...]) -> None:
        """Take the labs' offers as they are now; `trust` is one figure for each lab."""
        # Trust recovers a little every day: steps of a hundredth are enough to compare vendors.
        trust = tuple(round(t, 2) for t in trust)
        month = math.floor(day / DAYS_PER_MONTH)
        on_sale = [
            (offer.capability, offer.level.number, offer.released, tier.list_price)
            for lab in self._labs.values()
            for tier in lab.tiers.values()
            for offer in tier.offers()
        ]
        seen = (month, trust, on_sale)
        if seen == self._seen:
            return
        self._seen, self._trust, self._prices_of = seen, trust, month * DAYS_PER_MONTH
        self._standings.clear()
        self._best.clear()

    def standing(self, group: int, gates: int) -> Standing:
        """How the labs stand with accounts of a group that require `gates` (bits in the order of
        GATES)."""
        key = (group, gates)
        found = self._standings.get(key)
        if found is None:
            found = self._standings[key] = self._compare(group, gates)
        return found

    def _compare(self, group: int, gates: int) -> Standing:
        tokens = self._tokens[group]
        if tokens not in self._best:
            self._best[tokens] = [
                self._best_of(i, lab, tokens) for i, lab in enumerate(self._labs.values())
            ]
        required = [g for g in range(len(GATES)) if gates >> g & 1]
        bound, shut_out = [], []
        for i, best in enumerate(self._best[tokens]):
            if not self._admitted[group][i]:
                bound.append((NEVER, False))
                continue
            bound.append(min((best.at[g] for g in required), default=best.free))
            shut_out += [(i, g) for g in required if best.at[g][0] == NEVER]
        return Standing(
            utility=tuple(utility for utility, _ in bound),
            on_weights=tuple(on_weights for _, on_weights in bound),
            shut_out=tuple(shut_out),
        )

    def _best_of(self, i: int, lab: Lab, tokens: float) -> "_Best":
        offers = self._offers(lab, self._trust[i], tokens)
        none = (NEVER, False)
        return _Best(
            at=[
                max(((u, kind == "weights") for u, kind in offers if kind in passing), default=none)
                for passing in self._passes[i]
            ],
            free=max(((u, kind == "weights") for u, kind in offers), default=none),
        )

    def _offers(self, lab: Lab, trust: float, tokens: float) -> list[tuple[float, Delivery]]:
        p = self._parameters
        own = p["account_host_fixed"] + p["account_host_marginal"] * tokens
        offers: list[tuple[float, Delivery]] = []
        for tier in lab.tiers.values():
            for offer in tier.offers():
                level, released = offer.level, offer.released
                if level.number < SOLD_FROM:
                    continue
                day = max(self._prices_of, released)
                hired = tokens * tier.api_price(day, p["price_fall"], released)
                # What costs next to nothing is not worth infinitely much.
                cost = max(own if level.irrevocable else hired, 1.0)
                utility = (
                    -p["account_b_quality"] * math.expm1(-offer.capability / p["q_saturation"])
                    + p["account_b_customise"] * level.customise
                    - p["account_b_cost"] * math.log(cost)
                    + p["account_b_trust"] * (trust - 1.0)
                )
                offers.append((utility, "weights" if level.irrevocable else "api"))
        return offers


class _Best(NamedTuple):
    """A lab's best offer at each gate and without any: (utility, on weights)."""

    at: list[tuple[float, bool]]
    free: tuple[float, bool]
