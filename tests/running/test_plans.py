"""Measuring never steers: whatever is recorded, the run takes the same course."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.record.plan import FULL, SUMMARY, WEEKLY, Plan
from sim.record.tables import OPTIONAL
from sim.running.simulation import Simulation
from sim.scenario import load
from tests.running.test_checkpoints import village
from tests.running.whole import in_words

KEYS = {"adoption": ("day", "feature", "platform", "segment", "metric"),
        "market": ("day", "entity", "metric")}  # fmt: skip
#: Of the consumers' metrics those that are a mean since the reading before.
FLOWS = ("new", "lapsed")


def played(scenario: Any, plan: Plan) -> Simulation:
    simulation = Simulation(scenario, plan=plan)
    simulation.play()
    return simulation


def values(simulation: Simulation, name: str) -> dict[tuple[Any, ...], float]:
    table = in_words(simulation.outcome().tables[name])
    keys = zip(*(table[key].to_pylist() for key in KEYS[name]), strict=True)
    return dict(zip(keys, table["value"].to_pylist(), strict=True))


def same_course(a: Simulation, b: Simulation) -> None:
    """The people, the market and the events are the same, and every number that both recorded."""
    assert np.array_equal(a.people, b.people)
    assert repr(a.market.state) == repr(b.market.state)
    events = [in_words(each.outcome().tables["events"]) for each in (a, b)]
    assert events[0] == events[1]
    for name in KEYS:
        one, other = values(a, name), values(b, name)
        shared = [key for key in one if key in other]
        assert len(shared) == min(len(one), len(other)) > 0
        for key in shared:
            if key[-1] not in FLOWS:
                assert one[key] == other[key], key


WHOLE: dict[str, Simulation] = {}


def whole(engine: str) -> Simulation:
    if engine not in WHOLE:
        WHOLE[engine] = played(village(engine=engine), FULL)
    return WHOLE[engine]


def some_of(names: tuple[str, ...]) -> Any:
    return some.none() | some.sets(some.sampled_from(names), min_size=1).map(
        lambda chosen: tuple(name for name in names if name in chosen)
    )


plans = some.builds(
    Plan,
    every=some.sampled_from([1.0, 2.0, 6.5, 7.0, 30.0, 1000.0]),
    metrics=some_of(("mau", "dau", "new", "lapsed", "ever")),
    features=some_of(("helper", "all")),
    platforms=some_of(("chat", "all")),
    segments=some_of(("here", "all")),
    market=some_of(("share", "quality", "hhi")),
    tables=some_of(OPTIONAL) | some.just(()),
)


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
@settings(max_examples=10, deadline=None)
@given(plan=plans)
def test_any_plan_gives_the_same_course(engine: str, plan: Plan) -> None:
    other = played(village(engine=engine), plan)
    assert np.array_equal(other.people, whole(engine).people)
    same_course(whole(engine), other)


def test_a_market_of_many_mechanisms_goes_its_way_whoever_looks() -> None:
    scenario = load("hybrid", until="2026-04-20")
    daily = played(scenario, FULL)
    for plan in (WEEKLY, SUMMARY):
        same_course(daily, played(scenario, plan))
    apps = [values(played(scenario, p), "market") for p in (FULL, WEEKLY)]
    dates = [key for key in apps[1] if key[-1] == "apps"]
    assert len(dates) > 8
    assert [apps[0][key] for key in dates] == [apps[1][key] for key in dates]


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_flows_of_a_week_are_the_mean_of_the_days(engine: str) -> None:
    daily = values(whole(engine), "adoption")
    weekly = values(played(village(engine=engine), Plan(every=7.0)), "adoption")
    days = sorted({key[0] for key in weekly})
    for day, *rest in weekly:
        if rest[-1] in FLOWS and day > 0.0:
            before = days[days.index(day) - 1]
            mean = np.mean([daily[d, *rest] for d in np.arange(before + 1.0, day + 0.5)])
            assert weekly[day, *rest] == pytest.approx(mean, rel=1e-9, abs=1e-9)
