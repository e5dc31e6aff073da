"""A small market of two labs for rules, releases and the quality race."""

from copy import deepcopy
from typing import Any

import yaml

#: Quality moves by what a test gives only: no spillover, no community.
STILL: dict[str, Any] = {
    **{
        f"level.{level}.spillover": "0 per month"
        for level in ("closed", "staged", "hosted", "api", "finetune-api", "weights", "open")
    },
    "kappa_c": "0 frontier-months per month",
}

RACE = """\
name: race
start: 2026-01-01
duration: 200 d
engine: expected
segments: {everybody: {people: 1 M}}
platforms: {feed: {kind: social, users: 1 M}}
labs:
  meta:
    quality: 30 frontier-months
    growth: 0 frontier-months per month
    models:
      large: {level: hosted}
      small: {level: hosted}
  rival:
    quality: 30 frontier-months
    growth: 1 frontier-month per month
    models: {pro: {level: hosted}}
features:
  helper:
    lab: meta
    tier: large
    placements: {feed: {surface: menu}}
    rollout: [{date: 2026-01-01, share: 10 %}, {date: 2026-05-01, share: 50 %}]
  chatter:
    lab: rival
    tier: pro
    price: 5 USD per month
    standalone: {pull: 0.05 per year}
"""


#: True of the rival's feature at its price in the small market.
DEAR = {"metric": "price", "of": "chatter", "op": ">", "value": "1 USD per month"}
OPEN = {"tier": "large", "level": "weights"}


_DOCUMENT: dict[str, Any] = yaml.load(RACE, yaml.BaseLoader)  # dates and numbers as written


def race(
    meta: dict[str, Any] | None = None,
    rival: dict[str, Any] | None = None,
    features: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The small market as a document, with keys of its labs and features set."""
    document = deepcopy(_DOCUMENT)
    document["labs"]["meta"] |= meta or {}
    document["labs"]["rival"] |= rival or {}
    for name, feature in (features or {}).items():
        document["features"][name] |= feature
    return document | {"parameters": STILL} | more


def policy(*rules: dict[str, Any], every: str = "10 d") -> dict[str, Any]:
    return {"policy": {"review": {"every": every}, "rules": list(rules)}}


def rule(when: Any, then: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"when": when, "then": then, **more}


def happened(outcome: Any, kind: str, entity: str | None = None) -> list[tuple[float, str]]:
    """(day, detail) of the events of a kind."""
    frame = outcome.tables["events"].to_pandas()
    chosen = frame[(frame.kind == kind) & ((entity is None) | (frame.entity == entity))]
    return list(zip(chosen.time.tolist(), chosen.detail.tolist(), strict=True))


def daily(outcome: Any, entity: str, metric: str) -> Any:
    """The values of one series of the market table, day by day."""
    frame = outcome.tables["market"].to_pandas()
    chosen = frame[(frame.entity == entity) & (frame.metric == metric)]
    return chosen.sort_values("day").value.to_numpy()
