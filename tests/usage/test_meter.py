"""The meter reads what it is asked for, and reading moves nothing else."""

from dataclasses import fields

import numpy as np
import pytest

from sim.rates import sums
from sim.running.simulation import Simulation
from sim.scenario import load
from sim.usage.meter import UsageMeter
from sim.usage.metrics import METRICS

NAMES = [metric.name for metric in METRICS]


def in_motion(engine, days=40):
    """A simulation some weeks on, and the meters of a few plans that saw the same ticks."""
    simulation = Simulation(load("hybrid", engine=engine, until="2026-06-01"))
    plans = [(None, True), (("mau",), False), (("new", "lapsed"), False), (("ever",), False)]
    meters = [
        UsageMeter(
            simulation.states,
            simulation.groups,
            simulation.scenario.parameters,
            simulation.dt,
            metrics=metrics,
            first=first,
        )
        for metrics, first in plans
    ]
    table = simulation.hazards.table(simulation.market.fields, simulation.people, mixed=True)
    flows = simulation.people[table.transitions.source] * table.move_probability(1.0)
    for meter in meters:
        meter.begin(simulation.people, flows)
    simulation.meter = meters[0]
    original = meters[0].observe

    def watch(before, flows):
        original(before, flows)
        for meter in meters[1:]:
            meter.observe(before, flows)

    meters[0].observe = watch
    simulation.clock.run(until=days)
    return simulation, meters, [metrics or NAMES for metrics, _ in plans]


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_a_metric_reads_the_same_whatever_else_is_asked_or_followed(engine):
    simulation, meters, plans = in_motion(engine)
    # The first has been read daily; flows are means since a reading, so all look at one more tick.
    for meter in meters:
        meter.read(simulation.people, ())
    simulation.clock.run(until=41.5)
    whole = meters[0].read(simulation.people)
    assert list(whole.values) == NAMES
    for meter, names in zip(meters[1:], plans[1:], strict=True):
        some = meter.read(simulation.people, names)
        assert list(some.values) == list(names)
        assert all(np.array_equal(some[name], whole[name]) for name in names)


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_the_market_sees_the_users_that_a_reading_shows_for_everybody(engine):
    simulation, meters, _ = in_motion(engine)
    before = {f.name: np.copy(getattr(meters[0].state, f.name)) for f in fields(meters[0].state)}
    users = [meter.users(simulation.people) for meter in meters]
    after = {f.name: getattr(meters[0].state, f.name) for f in fields(meters[0].state)}
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)
    reading = meters[0].read(simulation.people)
    for seen in users:
        for name in ("mau", "wau", "dau"):
            assert np.array_equal(getattr(seen, name), reading[name][:-1, 0])
        assert seen.anything == (reading["mau"][-1, 0], reading["dau"][-1, 0])
    latest = meters[0].state.lapsed[:-1, 0]
    assert all(np.array_equal(seen.lapsed, latest) for seen in users)


def test_flows_are_a_days_mean_since_the_last_reading():
    simulation, meters, _ = in_motion("cohorts", days=0.5)
    daily = []
    meters[2].read(simulation.people, ())
    for day in range(7):
        simulation.clock.run(until=day + 1.5)
        daily.append(meters[0].users(simulation.people).lapsed)
    weekly = meters[2].read(simulation.people, ("lapsed",))["lapsed"][:-1, 0]
    assert np.allclose(weekly, np.mean(daily, axis=0), rtol=1e-12)
    assert np.isnan(meters[2].read(simulation.people, ("new",))["new"]).all()


def test_nobody_has_left_before_the_first_tick():
    simulation = Simulation(load("hybrid", engine="cohorts"))
    assert np.isnan(simulation.meter.users(simulation.people).lapsed).all()


def test_what_was_not_followed_is_refused():
    simulation, meters, _ = in_motion("cohorts", days=2)
    for name in ("new", "ever"):
        with pytest.raises(ValueError, match=f"`{name}` was not followed"):
            meters[1].read(simulation.people, (name,))
    with pytest.raises(KeyError):
        meters[0].read(simulation.people, ("happiness",))


def test_every_metric_says_what_it_is_once():
    assert len(set(NAMES)) == len(NAMES)
    assert all(metric.meaning.endswith(".") and metric.unit for metric in METRICS)


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_compiled_sums_over_transitions_equal_the_clear_ones_bit_for_bit(kind):
    compiled = pytest.importorskip("sim.rates.sums_compiled")
    random = np.random.default_rng(2)
    values = (10.0 ** random.uniform(-3, 7, (600, 9))).astype(kind)
    some = sums.Sums.of([random.random(600) < share for share in np.linspace(0.0, 1.0, 60) ** 3])
    assert some.filled.size < some.rows
    clear, fast = (np.zeros((some.rows, 9)) for _ in range(2))
    sums.add_chosen(values, some.chosen, some.starts, some.filled, clear)
    compiled.add_chosen(values, some.chosen, some.starts, some.filled, fast)
    assert np.array_equal(clear, fast)
