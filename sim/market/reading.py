"""What the market table holds of one day."""

import numpy as np

from sim.market.actor import Row
from sim.market.labs import NEVER, lags
from sim.market.market import Market


def market_reading(market: Market, day: float) -> list[Row]:
    """What the market table holds of one day: (entity, metric, value)."""
    rows: list[Row] = [("market", "hhi", market.hhi())]
    behind = lags(market.labs) if market.labs else {}
    ecosystem = market.ecosystem
    shares = market.developer_shares()
    counts = np.zeros(len(market.labs)) if ecosystem is None else ecosystem.developers()
    for i, (name, lab) in enumerate(market.labs.items()):
        rows += [(name, "quality", lab.quality), (name, "lag", behind[name])]
        if ecosystem is not None:
            apps = ecosystem.apps[i] if ecosystem.apps is not None else 0.0
            rows += [
                (name, "developers", float(counts[i])),
                (name, "developer_share", float(shares[i])),
                (name, "derivatives", float(ecosystem.derivatives[i])),
                (name, "apps", float(apps)),
            ]
        rows.append((name, "community", lab.most_open.community))
        for tier in lab.tiers.values():
            entity = f"{name}.{tier.name}"
            out = tier.capability if tier.capability > NEVER else float("nan")
            price = tier.api_price(day, float(market.parameters["price_fall"]))
            rows += [
                (entity, "level", float(tier.level.number)),
                (entity, "quality", out),
                (entity, "api_price", price),
            ]
    for j, share in enumerate(market.shares()):
        feature = market.features[j]
        rows += [
            (feature, "share", float(share)),
            (feature, "price", float(market.fields.price[j])),
            (feature, "variety", float(market.fields.variety[j])),
        ]
    rows += [
        (s, "trust", float(v))
        for s, v in zip(market.scenario.segments, market.trust(), strict=True)
    ]
    for actor in market.actors:
        rows += actor.rows(day)
    return rows
