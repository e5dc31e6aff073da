"""What a file dates to one day happens in the order of the file."""

import random
from typing import Any

import pytest

import sim
from sim.clock import event_id


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
