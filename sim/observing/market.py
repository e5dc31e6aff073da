"""What the market table holds of one day of the market itself."""

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
    since the day before; then those of its mechanisms."""

    name = "market"

    def __init__(self, view: View) -> None:
        self._market = view.market

    def rows(self, day: float) -> Iterable[Row]:
        return market_reading(self._market, day)


def market_reading(market: Market, day: float) -> list[Row]:
    """What the market table holds of one day: (entity, metric, value)."""
    rows: list[Row] = [("market", "hhi", market.hhi())]
    behind = lags(market.labs) if market.labs else {}
    ecosystem = market.ecosystem
    developers = market.mechanism(Developers.name)
    shares = developers.shares() if isinstance(developers, Developers) else None
    counts = np.zeros(len(market.labs)) if ecosystem is None else ecosystem.developers()
    released = [NEVER]
    for i, (name, lab) in enumerate(market.labs.items()):
        rows += [(name, "quality", lab.quality), (name, "lag", behind[name])]
        if ecosystem is not None:
            apps = ecosystem.apps[i] if ecosystem.apps is not None else 0.0
            rows += [
                (name, "developers", float(counts[i])),
                (name, "developer_share", 0.0 if shares is None else float(shares[i])),
                (name, "derivatives", float(ecosystem.derivatives[i])),
                (name, "derivative_bases", float(ecosystem.lines[i].bases)),
                (name, "derivative_singletons", ecosystem.state.lines[i].singletons),
                (name, "apps", float(apps)),
            ]
        rows.append((name, "community", lab.most_open.community))
        out = max((t.irrevocable for t in lab.tiers.values()), default=NEVER)
        released.append(out)
        rows.append((name, "irrevocable_capability", out if out > NEVER else float("nan")))
        for tier in lab.tiers.values():
            entity = f"{name}.{tier.name}"
            out = tier.capability if tier.capability > NEVER else float("nan")
            price = tier.api_price(day, float(market.parameters["price_fall"]))
            rows += [
                (entity, "level", float(tier.level.number)),
                (entity, "quality", out),
                (entity, "api_price", price),
            ]
    best = max(released)
    rows.append(("market", "irrevocable_capability", best if best > NEVER else float("nan")))
    for j, share in enumerate(market.shares()):
        feature = market.features[j]
        rows += [
            (feature, "share", float(share)),
            (feature, "price", float(market.met.price[j])),
            (feature, "variety", float(market.met.variety[j])),
        ]
    rows += [
        (s, "trust", float(v))
        for s, v in zip(market.scenario.segments, _trust(market), strict=True)
    ]
    rows += _rollout_rows(market)
    return rows


def _trust(market: Market) -> NDArray[np.float64]:
    """Trust by segment, averaged over features by use (plainly while nobody uses any)."""
    weight = market.mau if market.mau.sum() > 0.0 else np.ones_like(market.mau)
    if weight.size == 0:
        return np.array([float(s.trust) for s in market.scenario.segments.values()])
    average: NDArray[np.float64] = weight @ market.met.trust / weight.sum()
    return average


def _rollout_rows(market: Market) -> list[Row]:
    """Of features with a rollout, by place: the share reached, and whether it is held (1 paused, 2
    delayed by a regulator). The entity is feature@platform@segment."""
    state, rows = market.rollout, list[Row]()
    segments = list(market.scenario.segments)
    for j, (name, feature) in enumerate(market.scenario.features.items()):
        if feature.rollout is None:
            continue
        for p, platform in enumerate(market.scenario.platforms):
            if not state.placed[j, p]:
                continue
            for g, segment in enumerate(segments):
                place = f"{name}@{platform}@{segment}"
                held = 1.0 if state.paused[j, p, g] else 2.0 * float(state.delayed[j, g])
                rows.append((place, "rollout", float(state.share[j, p, g])))
                rows.append((place, "held", held))
    return rows


class ActorRows(Observer):
    """Rows of the mechanisms of the product."""

    name = "mechanisms"

    def __init__(self, view: View) -> None:
        self._market = view.market

    def rows(self, day: float) -> Iterable[Row]:
        for actor in self._market.actors:
            if not isinstance(actor, Guarded):
                yield from actor.rows(day)
