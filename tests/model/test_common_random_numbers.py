"""Scenarios with one seed share their randomness: differences are exact, not noise."""

from functools import cache

import numpy as np
import pytest

from sim.engines.moving import clear_kernels
from sim.running.simulation import simulate
from sim.scenario import load
from tests.model.small import pool, reading, series


@cache
def tables(name, engine="cohorts", seed=1, until="2026-05-20", **settings):
    outcome = simulate(load(name, engine=engine, seed=seed, until=until, **settings))
    return {key: outcome.tables[key].to_pandas() for key in ("adoption", "market")}


def first_difference(a, b):
    """The first day on which two market or adoption tables differ in any bit; None if never."""
    days = []
    for key in ("adoption", "market"):
        left, right = a[key], b[key]
        assert len(left) == len(right)
        differ = left.value.to_numpy() != right.value.to_numpy()
        if differ.any():
            days.append(left.day.to_numpy()[differ].min())
    return min(days) if days else None


def first_policy_difference(name_a, name_b):
    """The first dated release in which two scenarios differ, read off the files."""
    entries = []
    for name in (name_a, name_b):
        scenario = load(name)
        entries.append(
            {
                (tier, (r.date - scenario.start).days, r.level, r.new_version)
                for tier, model in scenario.labs["meta"].models.items()
                for r in model.releases
            }
        )
    return min(day for _, day, _, _ in entries[0] ^ entries[1])


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
@pytest.mark.parametrize("pair", [("open", "closed"), ("open", "hybrid"), ("closed", "hybrid")])
def test_policies_are_identical_until_the_first_day_on_which_they_differ(pair, engine):
    a, b = (tables(name, engine) for name in pair)
    assert first_difference(a, b) == first_policy_difference(*pair)


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    settings = {"engine": "cohorts", "until": "2026-04-01"}
    one, again = (simulate(load("hybrid", seed=1, **settings)).tables["adoption"] for _ in range(2))
    other = simulate(load("hybrid", seed=2, **settings)).tables["adoption"]
    assert one.equals(again)
    assert not one.equals(other)


def test_an_actor_without_effect_changes_no_bit_of_the_others():
    """A feature that nobody can have adds states and draws, and touches nothing else."""
    real = {"real": {"standalone": {"pull": "0.05 per year"}, "acceptance": None}}
    placebo = {"aside": {"acceptance": None}}
    churn = {"churn_trial": "0.1 per day", "rho1": 1, "mu": 0.1, "omega": "0.01 per day"}
    settings = {
        "visibility": "0.4 per year",
        "duration": "2 years",
        "engine": "cohorts",
        "parameters": churn,
    }
    metrics = ("mau", "new", "lapsed", "trial", "ever")
    alone = simulate(pool(real, **settings), plan=reading(*metrics))
    for with_placebo in (real | placebo, placebo | real):
        beside = simulate(pool(with_placebo, **settings), plan=reading(*metrics))
        for metric in metrics:
            assert np.array_equal(
                series(alone, metric, "real")[1], series(beside, metric, "real")[1]
            )


def test_paired_differences_vary_at_least_ten_times_less_than_unpaired_ones():
    """One million people, 24 seeds: the effect of a 5 % higher pull on adopters after 2 years."""

    def adopters(pull, seed):
        scenario = pool(
            {"product": {"standalone": {"pull": f"{pull} per year"}}},
            visibility="0.4 per year",
            duration="2 years",
            tick="7 d",
            engine="cohorts",
            seed=seed,
        )
        return series(simulate(scenario, plan=reading("ever")), "ever", "product")[1][-1]

    base = np.array([adopters(0.05, seed) for seed in range(24)])
    more = np.array([adopters(0.0525, seed) for seed in range(24)])
    unpaired = base.var(ddof=1) + more.var(ddof=1)
    assert (more - base).var(ddof=1) < unpaired / 10.0
    assert np.all(more > base)


def test_a_run_without_the_compiler_is_the_same_run(monkeypatch):
    """The compiled and the clear draws give the same run."""
    settings = {"engine": "cohorts", "until": "2026-03-20"}
    fast = simulate(load("hybrid", **settings)).tables["adoption"]
    monkeypatch.setattr("sim.engines.cohorts.fastest_kernels", clear_kernels)
    slow = simulate(load("hybrid", **settings)).tables["adoption"]
    assert fast.equals(slow)
