"""Retention by cohort against closed forms: constant hazards, mixtures, and exact following."""

from datetime import date
from math import exp, log
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.running.run import Run
from sim.running.simulation import Simulation, simulate
from tests.model.small import pool, series

PULL = {"standalone": {"pull": "0.5 per year"}}
AGES = (1, 7, 30, 90)


def retained(outcome: Any, metric: str, feature: str = "product") -> pd.DataFrame:
    """Cohorts in rows, ages in columns."""
    frame = outcome.tables["retention"].to_pandas()
    chosen = frame[(frame.metric == metric) & (frame.feature == feature)]
    return pd.DataFrame(chosen.pivot(index="cohort", columns="age", values="value"))


def half_a_year(parameters: dict[str, Any], **more: Any) -> Any:
    features = more.pop("features", {"product": PULL})
    parameters = {
        name: value if name.startswith("activity") else f"{value} per day"
        for name, value in parameters.items()
    }
    return simulate(
        pool(
            features,
            visibility="0 per day",
            duration=more.pop("duration", "6 months"),
            parameters=parameters,
            **more,
        )
    )


def test_with_one_constant_hazard_retention_is_exponential() -> None:
    outcome = half_a_year({"churn_trial": 0.15, "activity_trial": 0.1})
    kept, active = retained(outcome, "kept"), retained(outcome, "active")
    assert len(kept) >= 5
    for _, cohort in kept.iterrows():
        for age, value in cohort.dropna().items():
            assert value == pytest.approx(exp(-0.15 * float(str(age))), rel=1e-9)
    assert (active / kept).stack().dropna().to_numpy() == pytest.approx(0.1)


def test_through_two_stages_it_is_the_phase_type_curve() -> None:
    """Trial at .15 out and .05 on, casual at .02 out: with a daily tick s1 = e^-.2, s2 = e^-.02,
    p = (1 - s1) / 4, so kept(k) = s1^k + p (s2^k - s1^k) / (s2 - s1). In continuous time it is
    e^-.2t + (.05 / .18) (e^-.02t - e^-.2t), from which the tick takes little."""
    kept = retained(
        half_a_year({"churn_trial": 0.15, "churn_casual": 0.02, "progress_trial": 0.05}), "kept"
    ).iloc[0]
    s1, s2 = exp(-0.2), exp(-0.02)
    p = (1 - s1) / 4
    for k in AGES:
        assert kept[k] == pytest.approx(s1**k + p * (s2**k - s1**k) / (s2 - s1), rel=1e-9)
        smooth = exp(-0.2 * k) + 0.05 / 0.18 * (exp(-0.02 * k) - exp(-0.2 * k))
        assert kept[k] == pytest.approx(smooth, rel=0.02)


def test_those_who_come_back_count_again() -> None:
    """Out at .05, back at .005 a day: a two-state chain that settles where both flows are equal."""
    kept = retained(half_a_year({"churn_trial": 0.05, "rho0": 0.005}), "kept").iloc[0]
    out, back = 1 - exp(-0.05), 1 - exp(-0.005)
    for k in AGES:
        settled = back / (out + back)
        assert kept[k] == pytest.approx(settled + (1 - settled) * (1 - out - back) ** k, rel=1e-9)


def test_a_mixture_of_types_flattens_as_the_sum_of_its_exponentials() -> None:
    types = {
        "passing": {"share": 0.7},
        "lasting": {"share": 0.3, "stickiness": 20},
    }
    kept = retained(half_a_year({"churn_trial": 0.15}, types=types), "kept").iloc[1]
    curve = {k: 0.7 * exp(-0.15 * k) + 0.3 * exp(-0.0075 * k) for k in AGES}
    for k in AGES:
        assert kept[k] == pytest.approx(curve[k], rel=1e-6)
    loss = [log(kept[a] / kept[b]) / (b - a) for a, b in ((1, 7), (7, 30), (30, 90))]
    assert loss[0] > 2 * loss[1] > 4 * loss[2]
    # One type of the same first-day loss goes on losing at that rate: 1 % instead of 15 % stay.
    assert kept[90] > 10 * kept[1] ** 90


def test_cohorts_are_calendar_months_and_add_up_to_all_who_ever_took_it_up() -> None:
    outcome = half_a_year({"churn_trial": 0.05, "rho0": 0.005}, start="2000-01-20")
    starters = retained(outcome, "starters")[0.0]
    _, ever = series(outcome, "ever", "product")
    day, new = series(outcome, "new", "product")
    assert list(starters.index) == [date(2000, month, 1) for month in range(1, 8)]
    assert starters.sum() == pytest.approx(ever[-1] - ever[0], rel=1e-9)
    assert new[1:].sum() > 1.02 * starters.sum()  # who comes back is new use, not a new user
    assert starters.iloc[0] == pytest.approx(new[(day >= 1) & (day <= 11)].sum(), rel=5e-3)


def test_a_month_has_no_row_for_an_age_that_its_last_starters_did_not_reach() -> None:
    """From 1 January to 1 July: those of 31 March are 90 days old on 29 June, those of April not
    before 29 July."""
    kept = retained(half_a_year({"churn_trial": 0.15}), "kept")
    complete = {k: int(kept[k].notna().sum()) for k in AGES}
    assert complete == {1: 6, 7: 5, 30: 5, 90: 3}


@pytest.mark.parametrize(
    ("tick", "ages"), [("0.5 d", (1, 7, 30, 90)), ("7 d", (7, 28, 91)), ("10 d", (10, 30, 90))]
)
def test_with_other_ticks_ages_are_whole_ticks_and_the_curve_is_the_same(
    tick: str, ages: tuple[float, ...]
) -> None:
    outcome = half_a_year({"churn_trial": 0.05}, tick=tick)
    kept = retained(outcome, "kept").iloc[0]
    assert tuple(kept.index) == ages
    for age in ages:
        # Within a first day of two ticks half of the starters have half a day behind them.
        assert kept[age] == pytest.approx(exp(-0.05 * age), rel=0.03 if tick == "0.5 d" else 1e-9)


def test_a_feature_that_nobody_took_up_has_no_cohort() -> None:
    outcome = half_a_year({}, features={"product": {}}, duration="40 d")
    assert outcome.tables["retention"].num_rows == 0


def test_whole_people_give_the_expected_curve_within_chance() -> None:
    parameters = {"churn_trial": 0.15, "churn_casual": 0.02, "progress_trial": 0.05}
    expected = retained(half_a_year(parameters), "kept").iloc[0]
    drawn = retained(half_a_year(parameters, engine="cohorts"), "kept").iloc[0]
    starters = 1e6 * (1 - exp(-0.5 / 12))
    for k in AGES:
        spread = np.sqrt(expected[k] * (1 - expected[k]) / starters)
        # Months share the same people's luck, so chance weighs more than in independent cohorts.
        assert abs(drawn[k] - expected[k]) < 8 * spread


RATES = {
    "churn_trial": 0.10,
    "churn_casual": 0.02,
    "churn_habitual": 0.002,
    "progress_trial": 0.05,
    "progress_casual": 0.01,
    "decay_habitual": 0.001,
    "drop": 0.01,
    "omega": 0.01,
    "rho0": 0.002,
}
SECONDS = {
    "mu": 0.3,
    "rho1": 0.3,
    "activity_trial": 0.1,
    "activity_casual": 0.1,
    "activity_habitual": 0.65,
    "activity_secondary": 0.1,
}


def test_with_rivals_and_second_features_it_is_close_to_following_every_state() -> None:
    """Positions stand for all states and segments behind them. Followed through every state and
    class instead, with the same moves, the people who take a feature up give nearly the same
    shares."""
    scenario = pool(
        {"own": {"standalone": {"pull": "1 per year"}}, "rival": PULL},
        visibility="0.0005 per day",
        duration="150 d",
        parameters=SECONDS | {name: f"{rate} per day" for name, rate in RATES.items()},
        types={"engaged": {"share": 0.3, "stickiness": 4}, "passing": {"share": 0.7}},
    )
    simulation = Simulation(scenario)
    moves: list[tuple[Any, Any]] = []
    advance = simulation.consumers.advance

    def watched(table: Any, dt: float, tick: int) -> Any:
        probability = table.move_probability(dt)
        flows = advance(table, dt, tick)
        moves.append((probability, flows.copy()))
        return flows

    simulation.consumers.advance = watched  # type: ignore[method-assign]
    outcome = simulation.run()
    states = simulation.states
    source, target = states.transitions.source, states.transitions.target
    for f, feature in enumerate(states.features):
        uses = states.uses[f]
        lapsed = np.array([s.lapsed_from == f for s in states.states])
        begins = ~uses[source] & uses[target] & ~lapsed[source]
        kept = dict.fromkeys(AGES, 0.0)
        begun = 0.0
        for n in range(30):  # those who are new on 2 to 31 January
            people = np.zeros(simulation.people.shape)
            np.add.at(people, target[begins], moves[n][1][begins])
            begun += people.sum()
            for k in range(1, 91):
                probability = moves[n + k][0]
                flows = people[source] * probability
                np.subtract.at(people, source, flows)
                np.add.at(people, target, flows)
                if k in kept:
                    kept[k] += people[uses].sum()
        found = retained(outcome, "kept", feature).iloc[0]
        for k in AGES:
            assert found[k] == pytest.approx(kept[k] / begun, abs=0.005)


def test_a_run_shows_its_cohorts_and_keeps_them_in_its_folder(tmp_path: Any) -> None:
    run = Run.of(half_a_year({"churn_trial": 0.15}))
    assert list(run.retention.columns) == ["cohort", "feature", "age", "metric", "value"]
    opened = Run.open(run.save(tmp_path / "run", figures=False))
    pd.testing.assert_frame_equal(opened.retention, run.retention)


def test_a_folder_without_cohorts_opens_with_none(tmp_path: Any) -> None:
    outcome = half_a_year({}, features={"product": {}}, duration="40 d")
    folder = Run.of(outcome).save(tmp_path / "run", figures=False)
    assert not (folder / "retention.parquet").exists()
    assert len(Run.open(folder).retention) == 0
