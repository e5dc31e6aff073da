"""Use of several features, capability that cannot be called back, and the placebo of measuring."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sim.observing.retention import Retention
from sim.observing.several import SeveralMeter
from sim.observing.surplus import SurplusMeter
from sim.rates.consumer_states import CASUAL, HABITUAL, ConsumerStates
from sim.running.simulation import Simulation, simulate
from sim.scenario import load
from tests.model.small import pool

ACTIVITY = {
    "activity_trial": 0.2,
    "activity_casual": 0.1,
    "activity_habitual": 0.65,
    "activity_secondary": 0.3,
    "month_window": 28.0,
}


def test_on_several_features_in_a_month_and_on_a_day() -> None:
    """100 casual users with a second feature: 1 - .9^28 = .9477 and 1 - .7^28 = .99995 use each in
    a month, and .1 * .3 both on a day."""
    states = ConsumerStates(("a", "b"))
    people = np.zeros((len(states), 1))
    people[states.using(0, CASUAL, 1)] = 100.0
    people[states.using(0, HABITUAL)] = 300.0
    rows = SeveralMeter.of(states, ACTIVITY).rows(people, 400.0, 200.0)
    assert rows[0][:2] == ("market", "multi_home_mau")
    assert rows[0][2] == pytest.approx(100.0 * 0.94766 / 400.0, rel=1e-4)
    assert rows[1][:2] == ("market", "multi_home_dau")
    assert rows[1][2] == pytest.approx(100.0 * 0.03 / 200.0)


def test_without_users_nobody_uses_several() -> None:
    states = ConsumerStates(("a", "b"))
    rows = SeveralMeter.of(states, ACTIVITY).rows(np.zeros((len(states), 1)), 0.0, 0.0)
    assert [value for _, _, value in rows] == [0.0, 0.0]


def test_a_single_feature_has_no_such_rows() -> None:
    states = ConsumerStates(("a",))
    assert SeveralMeter.of(states, ACTIVITY).rows(np.zeros((len(states), 1)), 1.0, 1.0) == []


def market(outcome: Any, entity: str, metric: str) -> dict[int, float]:
    frame = outcome.tables["market"].to_pandas()
    chosen = frame[(frame.entity == entity) & (frame.metric == metric)]
    return dict(zip(chosen.day, chosen.value, strict=True))


def test_capability_once_released_stays_when_a_lab_closes() -> None:
    """10 frontier-months and one more a month: weights of the large model, 2 behind, come out after
    61 days at 10.00, closing later takes nothing back, and the rival's later weights count for the
    market from their own day on."""
    labs = {
        "maker": {
            "quality": "10 frontier-months",
            "models": {
                "product": {"level": "hosted"},
                "large": {
                    "level": "closed",
                    "behind": "2 frontier-months",
                    "releases": [
                        {"date": "2000-03-02", "level": "weights"},
                        {"date": "2000-05-01", "level": "closed"},
                        {"date": "2000-05-02", "level": "closed", "new_version": False},
                    ],
                },
            },
        },
        "rival": {
            "quality": "12 frontier-months",
            "growth": "0 frontier-months per month",
            "models": {
                "best": {
                    "level": "closed",
                    "releases": [{"date": "2000-06-01", "level": "open"}],
                }
            },
        },
    }
    features = {"product": {"standalone": {"pull": "1 per year"}}}
    outcome = simulate(
        pool(
            features, visibility="0 per day", duration="200 d", labs=labs, parameters={"kappa_c": 0}
        )
    )
    own = market(outcome, "maker", "irrevocable_capability")
    everyones = market(outcome, "market", "irrevocable_capability")
    assert min(own) == 61
    assert own[61] == pytest.approx(8.0 + 61 / 30.4375, rel=0.02)
    assert set(own.values()) == {own[61]}
    assert max(own) == 200
    assert everyones[151] == own[61]
    assert everyones[152] == max(market(outcome, "rival", "irrevocable_capability").values())
    assert np.all(np.diff(list(everyones.values())) >= 0.0)


NEW = {"surplus", "surplus_robust", "multi_home_mau", "multi_home_dau", "irrevocable_capability"}


@pytest.mark.parametrize("engine", ["cohorts", "expected"])
def test_measuring_changes_no_bit_of_what_is_measured(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = load("hybrid", engine=engine, until="2026-04-10")
    with_all = simulate(scenario).tables

    def nothing(*_: Any, **__: Any) -> Sequence[Any]:
        return ()

    for meter, name in ((Retention, "observe"), (SurplusMeter, "rows"), (SeveralMeter, "rows")):
        monkeypatch.setattr(meter, name, nothing)
    simulation = Simulation(scenario)
    monkeypatch.setattr(simulation.hazards, "utilities", lambda *_: (None, None))
    without = simulation.run().tables
    assert with_all["adoption"].equals(without["adoption"])
    assert with_all["events"].equals(without["events"])
    rows, plain = (t["market"].to_pandas() for t in (with_all, without))
    rows, plain = (
        frame[~frame.metric.isin(NEW)].astype({"metric": str}).reset_index(drop=True)
        for frame in (rows, plain)
    )
    assert rows.equals(plain.astype({"entity": rows.entity.dtype}))
