"""Lines of derivatives follow the Simon-Yule law, exactly, in batches, and with fitness."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import digamma

from sim.market.developers import derivatives
from sim.market.developers.derivatives import Lines
from sim.running.run import Run
from sim.running.simulation import Simulation, simulate
from sim.scenario import load
from tests.model.small import pool

ALPHA = 0.1
#: rho = 1 / (1 - alpha); share of lines of size 1 rho / (1 + rho); exponent 1 + rho.
RHO, SINGLETONS, EXPONENT = 1.1111, 0.5263, 2.111


def lines(count, seed=1, alpha=ALPHA, inequality=0.0):
    made = Lines(seed=seed, family="family", inequality=inequality)
    made.grow_to(count, alpha)
    return made


def score(rho, sizes):
    """Derivative of the Yule-Simon log-likelihood by rho, for each line."""
    return 1.0 / rho + digamma(rho + 1.0) - digamma(sizes + rho + 1.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lines_of_equal_fitness_follow_the_simon_yule_law(seed):
    """200,000 derivatives: bases, singleton share and exponent within four standard errors."""
    made = lines(200_000, seed)
    sizes, n = made.state.sizes, made.bases
    assert sizes.sum() == 200_000
    assert n == pytest.approx(ALPHA * 2e5, abs=4.0 * np.sqrt(ALPHA * (1.0 - ALPHA) * 2e5))
    error = np.sqrt(SINGLETONS * (1.0 - SINGLETONS) / n)
    assert made.state.singletons == pytest.approx(SINGLETONS, abs=4.0 * error)
    rho = brentq(lambda r: score(r, sizes).sum(), 0.2, 5.0)
    error = 1.0 / np.sqrt(n * np.square(score(RHO, sizes)).mean())
    assert 1.0 + rho == pytest.approx(EXPONENT, abs=4.0 * error)


def test_how_derivatives_come_in_batches_makes_no_difference():
    stepwise = Lines(seed=3, family="family", inequality=0.0)
    for count in (1, 2, 700, 701, 5_000, 20_000):
        stepwise.grow_to(count, ALPHA)
    assert np.array_equal(stepwise.state.sizes, lines(20_000, seed=3).state.sizes)


def test_lines_put_back_from_a_copy_grow_on_alike_and_leave_what_was_kept_alone():
    """As a checkpoint does: arrays of a family are replaced by equal ones."""
    grown, again = (Lines(seed=3, family="family", inequality=0.0) for _ in range(2))
    grown.grow_to(700, ALPHA)
    kept = grown.state.line_of
    copied = kept.copy()
    again.state = replace(grown.state, line_of=kept.copy(), sizes=grown.state.sizes.copy())
    for count in (701, 900, 5_000):
        grown.grow_to(count, ALPHA)
        again.grow_to(count, ALPHA)
        assert np.array_equal(grown.state.line_of, again.state.line_of)
        assert len(grown) == count
    assert np.array_equal(kept, copied)


def test_families_and_seeds_are_drawn_apart():
    other = Lines(seed=1, family="other", inequality=0.0)
    other.grow_to(5_000, ALPHA)
    sizes = [lines(5_000).state.sizes, lines(5_000, seed=2).state.sizes, other.state.sizes]
    assert len({tuple(each) for each in sizes}) == 3


def test_building_on_a_line_goes_by_size_times_fitness():
    """Two lines, then two derivatives in one batch, 4000 times: the chance that both go to the
    first line is f / (f + g) times 2 f / (2 f + g)."""
    both, chance = [], []
    for seed in range(4000):
        made = Lines(seed=seed, family="family", inequality=0.9)
        made.grow_to(2, 1.0)
        f, g = made.state.fitness
        made.grow_to(4, 0.0)
        both.append(made.state.sizes[0] == 3)
        chance.append(f / (f + g) * 2.0 * f / (2.0 * f + g))
    p = np.array(chance)
    z = (np.sum(both) - p.sum()) / np.sqrt(np.sum(p * (1.0 - p)))
    assert abs(z) < 4.0


def test_fitter_lines_grow_larger():
    made = lines(50_000, inequality=1.0)
    old = slice(0, 500)
    fit = made.state.fitness[old] > 0.5
    sizes = made.state.sizes[old]
    assert sizes[fit].mean() > 2.0 * sizes[~fit].mean()
    assert made.state.mean_fitness > 0.5


def ecosystem_scenario(**more):
    document = {
        "developers": {
            "people": "2 M",
            "at_start": {
                "building": "50 %",
                "families": {"maker": 1},
                "derivatives": {"maker": 5000},
            },
        },
        "labs": {
            "maker": {
                "quality": "30 frontier-months",
                "models": {"product": {"level": "open"}},
            },
            "rival": {"quality": "30 frontier-months", "models": {"product": {"level": "api"}}},
        },
    }
    features = {
        "mine": {"standalone": {"pull": "0.05 per year"}},
        "theirs": {"standalone": {"pull": "0.05 per year"}, "lab": "rival"},
    }
    settings = {"duration": "200 d", "engine": "cohorts", **document, **more}
    return pool(features, visibility="0.4 per year", **settings)


def test_a_run_leaves_the_sizes_of_lines_by_rank(tmp_path):
    outcome = simulate(ecosystem_scenario())
    run = Run.of(outcome)
    table, market = run.derivatives, run.market
    last = market[(market.entity == "maker") & (market.day == market.day.max())]
    at_end = last.set_index("metric").value
    assert set(table.family) == {"maker"}
    assert table["size"].sum() == at_end["derivatives"] > 5000
    assert list(table["rank"]) == list(range(1, int(at_end["derivative_bases"]) + 1))
    assert table["size"].is_monotonic_decreasing
    assert (table["size"] == 1).mean() == pytest.approx(at_end["derivative_singletons"])
    back = Run.open(run.save(tmp_path / "run", figures=False))
    assert back.derivatives.equals(table)


def test_a_run_without_developers_has_no_lines_and_opens_all_the_same(tmp_path):
    run = Run.of(simulate(pool({"one": {}}, visibility="0.4 per year", duration="5 d")))
    folder = run.save(tmp_path / "run", figures=False)
    assert not (folder / "derivatives.parquet").exists()
    assert len(Run.open(folder).derivatives) == 0


@pytest.mark.parametrize(("uses_open", "served"), [("all", 0.3), (["rival"], 0.0)])
def test_derivatives_of_an_open_family_feed_every_lab_that_may_use_them(uses_open, served):
    """5000 derivatives counted as a tenth of an app each; 30 % of what is open serves others."""

    def variety(counted_as):
        labs = ecosystem_scenario().plain()["labs"]
        labs["rival"]["uses_open"] = uses_open
        scenario = ecosystem_scenario(labs=labs, parameters={"derivative_apps": counted_as})
        market = Simulation(scenario).market
        return market.ecosystem.variety(market.labs)

    assert variety("10 %") - variety(0) == pytest.approx([0.5, served * 0.5])


def test_the_baseline_can_be_asked_for_its_lines():
    scenario = load("baseline-2026", until="2026-03-03")
    sizes = Simulation(scenario).market.ecosystem.line_sizes()
    given = scenario.developers.at_start.derivatives
    assert {name: int(each.sum()) for name, each in sizes.items()} == {
        name: int(count) for name, count in given.items()
    }


@pytest.mark.parametrize("inequality", [0.0, 0.3, 1.0])
def test_compiled_lines_equal_the_clear_ones_bit_for_bit(inequality, monkeypatch):
    pytest.importorskip("numba")
    counts = (1, 2, 3, 40, 700, 701, 30_000)
    fast, slow = (Lines(seed=5, family="family", inequality=inequality) for _ in range(2))
    for count in counts:
        fast.grow_to(count, ALPHA)
    monkeypatch.setattr(derivatives, "fastest_kernels", derivatives.clear_kernels)
    for count in counts:
        slow.grow_to(count, ALPHA)
    assert np.array_equal(fast.state.line_of, slow.state.line_of)
    assert np.array_equal(fast.state.sizes, slow.state.sizes)
    assert np.array_equal(fast.state.fitness, slow.state.fitness)
