"""What a file dates to one day happens in the order of the file."""

import random
from typing import Any

import pytest

import sim
from sim.clock import Priority, event_id


def test_ids_sort_as_their_numbers() -> None:
    ids = [event_id("price", "meta-ai", slot) for slot in (0, 2, 9, 10, 11, 100, 12345)]
    assert sorted(ids) == ids


def events_of(kinds: set[str], **feature: Any) -> Any:
    """Events of the feature in the small first days of the hybrid scenario."""
    run = sim.run(
        {"extends": "hybrid", "name": "order", "features": {"meta-ai": feature}},
        engine="expected",
        until="2026-03-06",
        plan="summary",
    )
    frame = run.events
    return frame[(frame.entity == "meta-ai") & frame.kind.isin(kinds)]


@pytest.mark.parametrize("seed", [1, 2])
def test_prices_of_one_day_follow_the_file(seed: int) -> None:
    prices = [float(k) for k in range(1, 14)]
    random.Random(seed).shuffle(prices)
    given = [{"date": "2026-03-04", "price": f"{price} USD per month"} for price in prices]
    assert events_of({"price"}, prices=given).number.tolist() == prices


def test_a_pause_after_a_resumption_of_the_same_day_holds() -> None:
    steps: list[dict[str, Any]] = [
        {"date": "2026-03-01", "share": "60 %"},
        {"date": "2026-03-02", "action": "pause"},
        *({"date": "2026-03-03", "action": ("resume", "pause")[k % 2]} for k in range(12)),
        {"date": "2026-03-04", "share": "90 %"},
    ]
    kinds = events_of({"wave", "pause", "resume"}, rollout=steps).kind.tolist()
    assert kinds[-14:] == ["pause", *["resume", "pause"] * 6, "wave"]


DATE = "2026-05-04"
#: Twelve entries of one date in each list of a scenario that has dated ones.
MANY: dict[str, Any] = {
    "extends": "hybrid",
    "name": "order",
    "features": {
        "meta-ai": {
            "prices": [{"date": DATE, "price": f"{k + 1} USD per month"} for k in range(12)],
            "rollout": [
                {"date": "2026-03-01", "share": "60 %"},
                *({"date": DATE, "action": ("pause", "resume")[k % 2]} for k in range(12)),
            ],
        }
    },
    "labs": {
        "meta": {
            "models": {
                "small": {
                    "releases": [
                        {"date": DATE, "level": ("api", "weights")[k % 2], "new_version": k < 6}
                        for k in range(12)
                    ]
                }
            }
        }
    },
    "regulation": {
        "actions": [
            {"date": DATE, "regime": ("eu", "cn")[k % 2], "action": "delay", "for": f"{k + 1} d"}
            for k in range(12)
        ]
    },
    "changes": [
        {"date": DATE, "set": {f"parameters.{name}": value}}
        for name, value in (("omega", ".01 per day"), ("mu", ".06"), ("kappa", "1.1"))
    ],
}


def test_every_list_of_dated_entries_is_scheduled_in_the_order_of_the_file() -> None:
    from sim.running.simulation import Simulation

    actors = Simulation(sim.load(MANY, engine="expected", until="2026-06-01")).market.actors
    looked_at = {}
    for actor in actors:
        events = [event for event in actor.agenda() if event.time == 64.0]
        for priority in {event.priority for event in events}:
            listed = [event for event in events if event.priority == priority]
            assert sorted(listed) == listed, actor.name
            looked_at[actor.name, Priority(priority).name] = len(listed)
    assert looked_at == {
        ("changes", "CHANGE"): 3,
        ("regulation", "REGULATION"): 12,
        ("releases", "RELEASE"): 6,
        ("releases", "LEVEL"): 6,
        ("rollout", "ROLLOUT"): 12,
        ("pricing", "PRICE"): 12,
    }
