"""The model against closed forms and published numbers. p = .03, q = .38 a year unless said."""

import numpy as np
import pytest

from sim.market.labs.labs import Lab, Tier, advance_quality, lags
from sim.market.labs.levels import Level
from sim.running.simulation import Simulation, simulate
from tests.model.small import pool, reading, series

P, Q, YEAR = 0.03, 0.38, 365.25


def bass(t):
    """Bass 1969: the share of people who have adopted after t years."""
    decay = np.exp(-(P + Q) * t)
    return (1.0 - decay) / (1.0 + Q / P * decay)


def bass_pool(**more):
    return pool(
        {"product": {"standalone": {"pull": f"{P} per year"}}}, visibility=f"{Q} per year", **more
    )


@pytest.fixture(scope="module")
def daily():
    return simulate(bass_pool(duration="15 years"), plan=reading("ever", "new"))


def test_bass_curve(daily):
    day, ever = series(daily, "ever", "product")
    share = ever / 1e6
    at = {year: float(np.interp(year * YEAR, day, share)) for year in (5, 10, 15)}
    # Daily ticks lag the closed form by at most .0004; see the next test.
    assert at[5] == pytest.approx(0.33120, abs=4e-4)
    assert at[10] == pytest.approx(0.81280, abs=4e-4)
    assert at[15] == pytest.approx(0.97161, abs=4e-4)


def test_bass_peak_comes_after_6_19_years_at_46_percent(daily):
    day, new = series(daily, "new", "product")
    peak = day[np.argmax(new)]
    assert peak / YEAR == pytest.approx(6.1926, abs=0.01)
    _, ever = series(daily, "ever", "product")
    assert ever[int(peak)] / 1e6 == pytest.approx(0.46053, abs=1e-3)


@pytest.mark.parametrize(
    ("tick", "days", "bias"),
    [("1 d", 1.0, -0.0002), ("7 d", 7.0, -0.0015), ("1 month", 30.4375, -0.0065)],
)
def test_tick_bias_is_the_known_one(tick, days, bias, daily):
    """Hazards frozen over a tick make F(10) low by a known amount and no more."""
    coarser = bass_pool(tick=tick, duration="11 years")
    outcome = daily if days == 1.0 else simulate(coarser, plan=reading("ever"))
    day, ever = series(outcome, "ever", "product")
    at_ten = float(np.interp(10 * YEAR, day, ever / 1e6))
    assert at_ten - bass(10.0) == pytest.approx(bias, abs=max(1e-4, abs(bias) * 0.05))


def test_halving_the_tick_halves_the_bias():
    biases = []
    for tick in ("14 d", "7 d"):
        outcome = simulate(bass_pool(tick=tick, duration="11 years"), plan=reading("ever"))
        day, ever = series(outcome, "ever", "product")
        biases.append(float(np.interp(10 * YEAR, day, ever / 1e6)) - bass(10.0))
    assert biases[0] / biases[1] == pytest.approx(2.0, abs=0.05)


def test_an_exposure_clock_gives_bass_of_the_integrated_exposure():
    """Rollout x(t) multiplies placement and peers alike, so F(t) = Bass(integral of x)."""
    feature = {
        "placements": {"contacts": {"surface": "menu", "strength": P / YEAR}},
        "rollout": [
            {"date": "2000-01-01", "share": "20 %"},
            {"date": "2002-01-01", "share": "50 %"},
            {"date": "2005-01-01", "share": "100 %"},
        ],
    }
    scenario = pool({"product": feature}, visibility=f"{Q} per year", duration="12 years")
    day, ever = series(simulate(scenario, plan=reading("ever")), "ever", "product")
    waves = np.where(day < 731, 0.2, np.where(day < 1827, 0.5, 1.0))
    clock = np.concatenate([[0.0], np.cumsum(waves)[:-1]]) / YEAR
    assert np.abs(ever / 1e6 - bass(clock)).max() < 6e-4


def test_churn_into_the_pool_of_takers_leaves_76_percent():
    """Leavers meet p and q again: (p + q N)(1 - N) = delta N at N = .7616. Rates scaled to fit the
    ranges: only their ratios matter."""
    scale = 40.0
    feature = {"standalone": {"pull": f"{P * scale} per year"}}
    outcome = simulate(
        pool(
            {"product": feature},
            visibility=f"{Q * scale} per year",
            duration="1 year",
            tick="0.125 d",
            parameters={"churn_trial": f"{0.1 * scale / YEAR} per day", "rho1": 1},
        ),
        plan=reading("trial"),
    )
    _, trial = series(outcome, "trial", "product")
    assert trial[-1] / 1e6 == pytest.approx(0.7616, abs=5e-4)


def test_two_brands_and_a_follower_five_years_late():
    """p = .01, q within .3, q across .1; the follower enters after 5 years: .632 against .357 at
    20."""
    pull = {"standalone": {"pull": "0.01 per year"}}
    late = {"standalone": {"pull": "0.01 per year", "launch": "2004-12-31"}}
    outcome = simulate(
        pool({"first": pull, "second": late}, visibility="0.3 per year", duration="20 years",
             tick="4 d", parameters={"chi": 1.0 / 3.0}),
        plan=reading("ever"),
    )  # fmt: skip
    shares = [series(outcome, "ever", name)[1][-1] / 1e6 for name in ("first", "second")]
    assert shares[0] == pytest.approx(0.632, abs=1.5e-3)
    assert shares[1] == pytest.approx(0.357, abs=1.5e-3)


@pytest.mark.parametrize(("beta", "larger"), [(1.8, 0.5), (3.0, 0.929)])
def test_network_effects_in_the_logit_split_evenly_below_two_and_tip_above(beta, larger):
    """x = 1 / (1 + exp(-beta (2 x - 1))): only .5 below beta = 2; .929 and .071 at beta = 3.

    One of two equal features starts with 55 % of the takers.
    """
    outcome = simulate(
        pool(
            {
                "a": {"standalone": {"pull": "0.12 per day"}},
                "b": {"standalone": {"pull": "0.10 per day"}},
            },
            visibility="0 per day",
            duration="5 years",
            parameters={"omega": "0.03 per day", "sigma": 0, "b_network": beta},
        ),
        plan=reading("dau"),
    )
    shares = [series(outcome, "dau", name)[1][-1] / 1e6 for name in ("a", "b")]
    assert sum(shares) == pytest.approx(1.0, abs=1e-6)
    assert shares[0] == pytest.approx(larger, abs=2e-3)


def test_placement_ten_times_stronger_is_worth_eleven_and_a_half_frontier_months():
    """Odds of uptake e exp(-k gap) with e = 10, k = .2: even at ln(10)/.2 = 11.51 frontier-months.

    Acceptance is far from saturation (threshold 10) and perceived quality nearly linear, so k is
    the slope of utility in quality.
    """
    break_even = np.log(10.0) / 0.2

    def odds(gap):
        scenario = pool(
            {
                "placed": {"standalone": {"pull": "0.02 per day"}, "acceptance": None},
                "better": {
                    "standalone": {"pull": "0.002 per day"},
                    "acceptance": None,
                    "lab": "rival",
                },
            },
            visibility="0 per day",
            duration="10 d",
            labs={
                "maker": {
                    "quality": "0 frontier-months",
                    "models": {"product": {"level": "hosted"}},
                },
                "rival": {
                    "quality": f"{gap} frontier-months",
                    "models": {"product": {"level": "hosted"}},
                },
            },
            parameters={"utility_threshold": 10},
        )
        simulation = Simulation(scenario, plan=reading("ever"))
        # A slope of .2 a frontier-month, straight over any gap: beyond the ranges a scenario may
        # use.
        values = simulation.hazards.parameters.values | {"q_saturation": 1e6, "b_quality": 0.2e6}
        object.__setattr__(simulation.hazards.parameters, "values", values)
        outcome = simulation.run()
        placed, better = (series(outcome, "ever", name)[1][1] for name in ("placed", "better"))
        return placed / better

    assert odds(0.0) == pytest.approx(10.0, rel=2e-3)
    assert odds(break_even) == pytest.approx(1.0, rel=2e-3)
    gaps = np.linspace(9.0, 14.0, 11)
    ratio = np.array([odds(gap) for gap in gaps])
    assert np.interp(0.0, -np.log(ratio), gaps) == pytest.approx(11.51, abs=0.02)


def test_spillover_holds_a_follower_four_months_behind():
    """g = 1, g_f = .6, s = .1: the lag settles at (1 - .6)/.1 = 4.0 frontier-months."""
    level = Level("api", 3, 0.6, 0.3, 0.85, 0.1, 0.0)
    closed = Level("closed", 0, 0.0, 0.0, 1.0, 0.0, 0.0)
    labs = {
        "leader": Lab("leader", 30.0, 1.0, {"frontier": Tier("frontier", 0.0, 5.0, level)}),
        "follower": Lab("follower", 30.0, 0.6, {"large": Tier("large", 0.0, 5.0, closed)}),
    }
    for _ in range(3000):
        advance_quality(labs, {}, community_effect=0.05, community_power=0.4, days=1.0)
    assert lags(labs)["follower"] == pytest.approx(4.0, abs=0.01)
    assert lags(labs)["leader"] == 0.0


def test_thirty_day_stickiness_of_independent_days():
    """Daily activity .1, independent days, 30-day window: DAU/MAU = .1 / (1 - .9^30) = .1044."""
    tenth = dict.fromkeys(("activity_trial", "activity_casual", "activity_habitual"), 0.1)
    feature = {"standalone": {"pull": "0.5 per day"}}
    outcome = simulate(
        pool({"product": feature}, visibility="0 per day", duration="60 d",
             parameters=tenth | {"month_window": "30 d"}),
        plan=reading("mau", "dau"),
    )  # fmt: skip
    mau, dau = (series(outcome, metric, "product")[1][-1] for metric in ("mau", "dau"))
    assert dau / mau == pytest.approx(0.1044, abs=5e-5)
