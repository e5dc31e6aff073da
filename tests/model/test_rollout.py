"""Rollout mechanics: sticky ramps, holdout groups, gates, pause and rollback."""

import numpy as np
import pytest

from sim.running.simulation import Simulation, simulate
from sim.scenario import load
from tests.model.small import PLAIN, pool, reading, series

MENU = {"contacts": {"surface": "menu", "strength": 0.02}}


def market_series(outcome, entity, metric):
    frame = outcome.tables["market"].to_pandas()
    part = frame[(frame.entity == entity) & (frame.metric == metric)].sort_values("day")
    return part.value.to_numpy()


def placed(*waves, ramp=None, **more):
    rollout = [{"date": date, "share": share} for date, share in waves]
    feature = {"placements": MENU, "rollout": rollout}
    if ramp is not None:
        feature["ramp"] = ramp
    return pool({"product": feature}, visibility="0 per day", duration="2 years", **more)


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_a_sticky_share_reaches_that_share_of_people_and_nobody_else(engine):
    """30 % by rank: in the end 30 % have it. As a share of visits it reaches everybody, later."""
    ever = reading("ever")
    sticky = simulate(placed(("2000-01-01", "30 %"), ramp={}, engine=engine), plan=ever)
    visits = simulate(placed(("2000-01-01", "30 %"), engine=engine), plan=ever)
    assert series(sticky, "ever", "product")[1][-1] / 1e6 == pytest.approx(0.3, abs=1e-5)
    assert series(visits, "ever", "product")[1][-1] / 1e6 == pytest.approx(
        1.0 - np.exp(-0.02 * 0.3 * 731), abs=5e-3
    )


def test_a_growing_ramp_keeps_the_people_it_had():
    """From 10 % to 40 %: those reached first stay; new ones add to them."""
    growing = placed(("2000-01-01", "10 %"), ("2001-01-01", "40 %"), ramp={})
    outcome = simulate(growing, plan=reading("ever"))
    day, ever = series(outcome, "ever", "product")
    before = ever[np.searchsorted(day, 366)] / 1e6
    assert before == pytest.approx(0.1, abs=1e-3)
    # The second wave adds .3 (1 - exp(-.02 t)) and takes nothing away.
    later = ever[-1] / 1e6
    assert later == pytest.approx(0.1 + 0.3 * (1.0 - np.exp(-0.02 * 365)), abs=1e-3)


def test_a_pause_holds_the_share_and_a_resume_brings_the_waiting_wave():
    feature = {
        "placements": MENU,
        "ramp": {},
        "rollout": [
            {"date": "2000-01-01", "share": "20 %"},
            {"date": "2000-06-01", "action": "pause"},
            {"date": "2000-07-01", "share": "60 %"},
            {"date": "2001-03-01", "action": "resume"},
        ],
    }
    scenario = pool({"product": feature}, visibility="0 per day", duration="3 years")
    outcome = simulate(scenario, plan=reading("ever"))
    day, ever = series(outcome, "ever", "product")
    resumed = 425  # 2001-03-01
    assert ever[day == resumed - 1][0] / 1e6 < 0.2 + 1e-9
    assert ever[-1] / 1e6 == pytest.approx(0.6, abs=1e-3)


def test_a_rollback_takes_the_feature_away_within_days():
    """Users where it is withdrawn stop at a rate of 1 a day: after 5 days under 1 % are left."""
    back = placed(("2000-01-01", "50 %"), ("2001-01-01", "20 %"), ramp={})
    outcome = simulate(back, plan=reading("trial"))
    day, trial = series(outcome, "trial", "product")
    assert trial[day == 366][0] / 1e6 == pytest.approx(0.5, abs=1e-3)
    assert trial[day == 371][0] / 1e6 == pytest.approx(0.2 + 0.3 * np.exp(-5.0), abs=1e-3)
    gone = placed(("2000-01-01", "50 %"), ("2001-01-01", 0), ramp={})
    killed = simulate(gone, plan=reading("trial"))
    assert series(killed, "trial", "product")[1][-1] == pytest.approx(0.0, abs=1e-6)


def test_a_gate_keeps_a_segment_out_until_its_wave():
    scenario = load(
        "hybrid",
        engine="expected",
        until="2026-04-20",
        set={
            "features.meta-ai.rollout": [
                {"date": "2026-03-01", "share": "100 %", "segments": ["us-canada"]},
                {"date": "2026-04-01", "share": "100 %", "segments": ["europe"]},
            ],
            "features.meta-ai.standalone": None,
            "features.meta-ai.at_start": None,
        },
    )
    outcome = simulate(scenario)
    day, europe = series(outcome, "ever", "meta-ai", segment="europe")
    assert europe[day <= 31].max() == 0.0
    assert europe[-1] > 0.0
    assert series(outcome, "ever", "meta-ai", segment="us-canada")[1][1] > 0.0
    assert series(outcome, "ever", "meta-ai", segment="asia-pacific")[1][-1] == 0.0


def experiment(chi, *, share="100 %", holdout="10 %"):
    """A placed feature with a holdout group, and a rival app that everybody can have."""
    features = {
        "placed": {
            "placements": MENU,
            "rollout": [{"date": "2000-01-01", "share": share}],
            "ramp": {"holdout": holdout},
        },
        "rival": {"standalone": {"pull": "0.1 per year"}},
    }
    return simulate(
        pool(
            features, visibility="0.02 per day", duration="1 year", parameters=PLAIN | {"chi": chi}
        )
    )


def test_the_held_out_never_have_the_placed_feature():
    outcome = experiment(0.0)
    assert market_series(outcome, "placed", "use_held_out").max() == 0.0
    assert market_series(outcome, "placed", "use_offered")[-1] > 0.9


def test_an_experiment_measures_the_effect_only_where_friends_do_not_carry_it_over():
    """Effect on use of anything after two months: truth from two runs, estimate from one.

    Without cross-feature influence the estimate is the truth up to the tenth held out. With it,
    friends' use of the placed feature brings the held out to the rival: the estimate falls short.
    """
    bias = {}
    for chi in (0.0, 1.0):
        measured = market_series(experiment(chi), "placed", "measured_effect")[60]
        offered = market_series(experiment(chi, holdout="1 %"), "placed", "any_use_offered")[60]
        none = series(experiment(chi, share=0), "trial", "rival")[1][60] / 1e6
        bias[chi] = measured / (offered - none) - 1.0
    assert abs(bias[0.0]) < 0.03
    assert bias[1.0] < -0.10


def test_a_ramp_with_one_step_splits_no_class_and_changes_no_number():
    """A ramp to 100 % without holdout is the same rollout: bit-identical."""
    plain = simulate(placed(("2000-01-01", "100 %"), engine="cohorts"))
    ramped = simulate(placed(("2000-01-01", "100 %"), ramp={}, engine="cohorts"))
    assert plain.tables["adoption"].equals(ramped.tables["adoption"])


def test_classes_are_split_only_where_a_platform_carries_the_feature():
    whole = Simulation(load("hybrid", until="2026-03-05")).world
    ramped = Simulation(
        load("hybrid", until="2026-03-05", set={"features.meta-ai.ramp": {"holdout": "5 %"}})
    ).world
    assert int(ramped.people.sum()) == int(whole.people.sum())
    outside = ~whole.member.any(axis=0)
    assert outside.sum() == (~ramped.member.any(axis=0)).sum()
    assert ramped.people.size > whole.people.size
    held = ramped.people[ramped.held_out[0]].sum()
    assert held / whole.reached == pytest.approx(0.05, abs=1e-6)
