"""What the market table holds of one day of the market itself."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sim.market.actor import Row
from sim.market.developers.actor import Developers
from sim.market.guarded import Guarded
from sim.market.labs.labs import NEVER, lags
from sim.market.market import Market
from sim.observing.observer import Observer, View


class MarketRows(Observer):
    """Rows of the market: prices and rollouts as they stand, variety and trust as people met them
    since the day before. Names are made once."""

    name = "market"

    def __init__(self, view: View) -> None:
        self._market = market = view.market
        developers = market.mechanism(Developers.name)
        self._developers = developers if isinstance(developers, Developers) else None
        places = [
            (j, p, g)
            for j, feature in enumerate(market.scenario.features.values())
            if feature.rollout is not None
            for p in range(len(market.scenario.platforms))
            if market.rollout.placed[j, p]
            for g in range(len(market.scenario.segments))
        ]
        of_parts = market.scenario.features, market.scenario.platforms, market.scenario.segments
        names = [list(part) for part in of_parts]
        self._places = ["@".join(of[i] for of, i in zip(names, at, strict=True)) for at in places]
        self._at = tuple(np.array(places, np.int64).reshape(-1, 3).T)

    def rows(self, day: float) -> Iterable[Row]:
        market = self._market
        rows: list[Row] = [("market", "hhi", market.hhi())]
        released = NEVER
        price_fall = market.parameters["price_fall"]
        behind = lags(market.labs) if market.labs else {}
        built = self._built()
        for i, (name, lab) in enumerate(market.labs.items()):
            rows += [(name, "quality", lab.quality), (name, "lag", behind[name])]
            rows += [(name, metric, values[i]) for metric, values in built]
            rows.append((name, "community", lab.most_open.community))
            out = max((t.irrevocable for t in lab.tiers.values()), default=NEVER)
            released = max(released, out)
            rows.append((name, "irrevocable_capability", _or_nan(out)))
            for tier in lab.tiers.values():
                entity = f"{name}.{tier.name}"
                rows += [
                    (entity, "level", float(tier.level.number)),
                    (entity, "quality", _or_nan(tier.capability)),
                    (entity, "api_price", tier.api_price(day, price_fall)),
                ]
        rows.append(("market", "irrevocable_capability", _or_nan(released)))
        met = market.met
        for feature, share, price, variety in zip(
            market.features,
            market.shares().tolist(),
            met.price.tolist(),
            met.variety.tolist(),
            strict=True,
        ):
            rows += [(feature, "share", share), (feature, "price", price)]
            rows.append((feature, "variety", variety))
        trust = _trust(market).tolist()
        rows += [(s, "trust", v) for s, v in zip(market.scenario.segments, trust, strict=True)]
        return rows + self._rollouts()

    def _built(self) -> list[tuple[str, list[float]]]:
        """What developers have made, by metric and lab; nothing without developers."""
        if self._developers is None:
            return []
        ecosystem, shares = self._developers.ecosystem, self._developers.shares()
        apps = np.zeros(len(shares)) if ecosystem.apps is None else ecosystem.apps
        return [
            ("developers", ecosystem.developers().tolist()),
            ("developer_share", shares.tolist()),
            ("derivatives", ecosystem.derivatives.tolist()),
            ("derivative_bases", [float(lines.bases) for lines in ecosystem.lines]),
            ("derivative_singletons", [lines.state.singletons for lines in ecosystem.lines]),
            ("apps", apps.tolist()),
        ]

    def _rollouts(self) -> list[Row]:
        """Of features with a rollout, by place: the share reached, and whether it is held (1
        paused, 2 delayed by a regulator). The entity is feature@platform@segment."""
        if not self._places:
            return []
        state = self._market.rollout
        j, _, g = self._at
        delayed = 2.0 * state.delayed[j, g]
        held = np.where(state.paused[self._at], 1.0, delayed).tolist()
        rows: list[Row] = []
        for place, share, how in zip(
            self._places, state.share[self._at].tolist(), held, strict=True
        ):
            rows += [(place, "rollout", share), (place, "held", how)]
        return rows


def _or_nan(capability: float) -> float:
    return capability if capability > NEVER else math.nan


def _trust(market: Market) -> NDArray[np.float64]:
    """Trust by segment, averaged over features by use (plainly while nobody uses any)."""
    weight = market.mau if market.mau.sum() > 0.0 else np.ones_like(market.mau)
    if weight.size == 0:
        return np.array([float(s.trust) for s in market.scenario.segments.values()])
    average: NDArray[np.float64] = weight @ market.met.trust / weight.sum()
    return average


class ActorRows(Observer):
    """Rows of the mechanisms of the product."""

    name = "mechanisms"

    def __init__(self, view: View) -> None:
        self._market = view.market

    def rows(self, day: float) -> Iterable[Row]:
        for actor in self._market.actors:
            if not isinstance(actor, Guarded):
                yield from actor.rows(day)
