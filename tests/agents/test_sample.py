"""A sample: every class keeps its size, and precision goes with the root of who is simulated."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engines.scaled import ScaledPopulation
from sim.people.sample import draw_sample
from sim.running.simulation import Simulation, simulate
from sim.scenario import Scenario, load
from tests.model.small import pool, reading, series


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=60),
    st.floats(0.5, 1e6),
)
def test_every_class_keeps_its_people(people: list[int], wanted: float) -> None:
    """Somebody in each class, no class with more than it has, and as many as were wanted."""
    counts = np.array(people, np.int64)
    sample = draw_sample(counts, wanted)
    assert (sample.size >= 1).all()
    assert (sample.size <= counts).all()
    assert (sample.weight >= 1.0).all()
    assert sample.size * sample.weight == pytest.approx(counts, rel=1e-14)
    number = min(max(round(wanted), counts.size), counts.sum())
    assert sample.people == sample.size.sum() == number
    assert sample.whole == (number == counts.sum())
    # Each class has its share, to less than one person, of what is left by the smallest ones.
    alone = sample.size == 1
    if not alone.all():
        rest = number - alone.sum()
        share = counts[~alone] * (rest / counts[~alone].sum())
        assert np.abs(sample.size[~alone] - share).max() < 1.0 + alone.sum()


def test_a_share_of_each_class_by_largest_remainders() -> None:
    sample = draw_sample(np.array([1000, 333, 10, 2], np.int64), 100)
    # The two smallest get their one person; 98 are shared out 73.5 : 24.5, the tie to the first.
    assert sample.size.tolist() == [74, 24, 1, 1]
    assert sample.weight.tolist() == pytest.approx([1000 / 74, 333 / 24, 10.0, 2.0])
    states = sample.states(np.array([[500.0, 333.0, 0.0, 1.0], [500.0, 0.0, 10.0, 1.0]]))
    assert states.dtype == np.int64
    assert states.sum(axis=0).tolist() == [74, 24, 1, 1]
    assert states[:, 0].tolist() == [37, 37]
    assert states[:, 1].tolist() == [24, 0]
    assert states[:, 2].tolist() == [0, 1]


@pytest.mark.parametrize("wanted", [1e4, 1e12])
def test_who_wants_more_than_there_are_gets_everybody(wanted: float) -> None:
    people = np.array([7, 1, 5000], np.int64)
    sample = draw_sample(people, wanted)
    assert sample.whole
    assert np.array_equal(sample.size, people)
    assert sample.states(np.array([[7.0, 0.4, 4999.6], [0.0, 0.6, 0.4]])).tolist() == [
        [7, 0, 5000],
        [0, 1, 0],
    ]


def market(simulated: float | None = None, **more: Any) -> Scenario:
    """Twenty thousand people, of whom so many are simulated."""
    scenario = pool(
        {"product": {"standalone": {"pull": "0.3 per year"}}},
        visibility="0.4 per year",
        people="20 k",
        duration="2 years",
        tick="7 d",
        parameters={"churn_trial": "0.01 per day", "rho0": "0.001 per day"},
        **more,
    )
    return scenario if simulated is None else load(scenario, people=simulated)


@pytest.mark.parametrize("engine", ["cohorts", "agents"])
def test_a_sample_larger_than_the_population_is_everybody(engine: str) -> None:
    whole = simulate(market(engine=engine))
    larger = simulate(market(1e9, engine=engine))
    assert whole.tables["adoption"].equals(larger.tables["adoption"])


@pytest.mark.parametrize("engine", ["cohorts", "agents"])
def test_flows_of_a_sample_balance_the_stocks(engine: str) -> None:
    """1 in 100,000 of the hybrid market: classes keep their people, users tomorrow are users today
    + new - lapsed, and the adoption tables of all platforms and segments add up."""
    scenario = load("hybrid", engine=engine, until="2026-03-20", people="sample 1 : 100000")
    simulation = Simulation(scenario)
    assert isinstance(simulation.consumers, ScaledPopulation)
    inner, people = simulation.consumers.inner, simulation.world.people
    assert inner.people.dtype == np.int64
    assert inner.people.sum() == pytest.approx(people.sum() / 1e5, abs=1.0)
    outcome = simulation.run()
    assert simulation.people.sum(axis=0) == pytest.approx(people, rel=1e-12)
    assert simulation.people.min() >= 0.0
    stages, idle = ("trial", "casual", "habitual"), ("never", "lapsed_now", "opted_out")
    read = {m: series(outcome, m)[1] for m in (*stages, "new", "lapsed", *idle, "people")}
    users = sum(read[m] for m in stages)
    assert np.diff(users) == pytest.approx(read["new"] - read["lapsed"], rel=1e-9, abs=1.0)
    assert users + sum(read[m] for m in idle) == pytest.approx(read["people"], rel=1e-12)
    assert read["people"] == pytest.approx(people.sum(), rel=1e-12)
    by_segment = sum(
        series(outcome, "new", segment=segment)[1] for segment in simulation.world.segments
    )
    assert by_segment == pytest.approx(read["new"], rel=1e-9, abs=1.0)


@pytest.mark.parametrize("engine", ["cohorts", "agents"])
def test_the_error_of_a_sample_goes_with_the_root_of_its_people(engine: str) -> None:
    """Adopters after two years from 100 and 1,600 of 20,000 people, 16 seeds: the standard
    deviation falls to a quarter (F test of 15 and 15 at 1 in 100: a factor of 2), and the mean
    stays."""

    def adopters(people: float | None, seed: int, engine: str = engine) -> float:
        scenario = load(market(people, engine=engine, seed=seed), set={"tick": "1 month"})
        outcome = simulate(scenario, plan=reading("ever"))
        return float(series(outcome, "ever", "product")[1][-1])

    few, many = (np.array([adopters(n, seed) for seed in range(16)]) for n in (100, 1600))
    assert 2.0 < few.std(ddof=1) / many.std(ddof=1) < 8.0
    exact = adopters(None, 1, "expected")
    for found in (few, many):
        # A nonlinear system shifts by the order of its variance: 20,000 / 1,600 and / 100 people.
        shift = 20_000 / (100 if found is few else 1600)
        assert abs(found.mean() - exact) < 4.5 * found.std(ddof=1) / 4.0 + shift
