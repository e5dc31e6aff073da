"""The quality race: investment, research bets and distillation against their closed forms."""

import math
from typing import Any

import numpy as np
import pytest

from sim.market.labs.labs import Distilling, Lab, Tier, advance_quality
from sim.market.labs.levels import ORDER, Level
from sim.market.research.actor import draw_outcome
from sim.running.simulation import simulate
from sim.scenario import load
from sim.scenario.research import Research
from sim.units import DAYS_PER_MONTH
from tests.market.race import daily, happened, race
from tests.model.small import series

YEAR = 365.25
LEVELS = {name: Level(name, n, 0.0, 0.0, 0.0, 0.0, 0.0) for n, name in enumerate(ORDER)}


def bet(**given: Any) -> dict[str, Any]:
    return {
        "share": "20 %",
        "duration": {"median": "100 d", "spread": 0},
        "success": 1,
        "size": {"median": "5 frontier-months", "spread": 0},
    } | given


def same(one: Any, other: Any, *tables: str) -> bool:
    """Do two outcomes agree in every bit of all rows that both have?"""
    for name in tables:
        left, right = (outcome.tables[name].to_pandas() for outcome in (one, other))
        keys = [c for c in left.columns if c != "value"]
        both = left.merge(right, on=keys)
        assert len(both) == min(len(left), len(right))
        if not np.array_equal(both.value_x, both.value_y, equal_nan=True):
            return False
    return True


# ------------------------------------------------------------------------------------ distillation


def pupil_after(months: float, *, rate: float, most: float, teacher: float = 40.0) -> Lab:
    """A lab of quality 30 that does nothing but distil a model of fixed quality behind an API."""
    source = Tier("pro", 0.0, 5.0, LEVELS["closed"])
    source.ship(teacher, LEVELS["api"], 0.0)
    pupil = Lab("pupil", 30.0, 0.0, {"large": Tier("large", 0.0, 5.0, LEVELS["closed"])})
    pupil.distilling = Distilling(None, rate, most)
    labs = {"rival": Lab("rival", teacher, 0.0, {"pro": source}), "pupil": pupil}
    step = 0.25
    for _ in range(round(months * DAYS_PER_MONTH / step)):
        advance_quality(labs, {}, community_effect=0.0, community_power=0.4, days=step)
    return pupil


@pytest.mark.parametrize("months", [6, 12, 24])
def test_distillation_closes_the_gap_exponentially(months: float) -> None:
    """dQ/dt = d (K - Q): Q = K - (K - Q0) exp(-d t), with d = .1 and a gap of 10."""
    pupil = pupil_after(months, rate=0.1, most=20.0)
    assert pupil.quality == pytest.approx(40.0 - 10.0 * math.exp(-0.1 * months), abs=0.01)
    assert pupil.distilled == pytest.approx(pupil.quality - 30.0)


def test_distillation_is_bounded() -> None:
    """At most .4 a month: linear until the gap is 4, after 15 months, then exponential."""
    assert pupil_after(10, rate=0.1, most=0.4).quality == pytest.approx(34.0, abs=0.01)
    end = pupil_after(25, rate=0.1, most=0.4).quality
    assert end == pytest.approx(40.0 - 4.0 * math.exp(-0.1 * 10), abs=0.02)
    assert pupil_after(36, rate=1.0, most=20.0).quality <= 40.0  # never past the teacher


@pytest.mark.parametrize("name", ORDER)
def test_only_what_is_behind_an_api_can_be_distilled(name: str) -> None:
    source = Tier("pro", 0.0, 5.0, LEVELS["closed"])
    source.ship(40.0, LEVELS[name], 0.0)
    pupil = Lab("pupil", 30.0, 0.0, {"large": Tier("large", 0.0, 5.0, LEVELS["closed"])})
    pupil.distilling = Distilling(frozenset({"rival"}), 0.1, 5.0)
    labs = {"rival": Lab("rival", 40.0, 0.0, {"pro": source}), "pupil": pupil}
    advance_quality(labs, {}, community_effect=0.0, community_power=0.4, days=DAYS_PER_MONTH)
    assert pupil.quality == pytest.approx(31.0 if name in ("api", "finetune-api") else 30.0)


def test_distillation_adds_to_a_lag_what_the_closed_form_says() -> None:
    """A leader of pace 1 that releases behind an API every month, a follower of pace .6 that closes
    d = .1 a month of the gap: a steady lag of .4/.1 = 4 behind the released model, which itself is
    half a month old on average."""
    releases = [{"date": "2026-01-01", "level": "api", "every": "30.4375 d"}]
    document = race(
        {"growth": "0.6 frontier-months per month", "distillation": {"rate": "0.1 per month"}},
        rival={"models": {"pro": {"releases": releases}}},
        duration="6 years",
        tick="3 d",
    )
    outcome = simulate(load(document))
    lag = daily(outcome, "meta", "lag")[-50:].mean()
    assert lag == pytest.approx(4.5, abs=0.1)
    assert daily(outcome, "meta", "distilled")[-1] > 20.0


# -------------------------------------------------------------------------------------- investment


def invested(quality: str, usability: str, latency: str, **more: Any) -> Any:
    split = {"quality": quality, "usability": usability, "latency": latency} | more
    lab = {"growth": "1 frontier-month per month", "investment": split}
    return simulate(load(race(lab, features={"helper": {"latency": "2 s"}})))


def test_the_usual_split_changes_no_bit() -> None:
    plain = simulate(load(race({"growth": "1 frontier-month per month"},
                               features={"helper": {"latency": "2 s"}})))  # fmt: skip
    assert same(plain, invested("80 %", "15 %", "5 %"), "adoption", "market")


def test_investment_moves_quality_usability_and_latency_by_their_closed_forms() -> None:
    """70/20/10 against 80/15/5: growth 7/8; usability 1 - exp(-.3 (1/3) t), latency
    2 exp(-ln5 (1 - exp(-.4 t / ln 5))) seconds after t years."""
    outcome = invested("70 %", "20 %", "10 %")
    t = 200 / YEAR
    assert daily(outcome, "meta", "pace")[-1] == pytest.approx(0.875)
    assert daily(outcome, "meta", "quality")[-1] == pytest.approx(30.0 + 0.875 * 12 * t)
    assert daily(outcome, "helper", "usability")[-1] == pytest.approx(
        1.0 - math.exp(-0.3 / 3 * t), rel=1e-9
    )
    fell = math.log(5) * (1.0 - math.exp(-0.4 * t / math.log(5)))
    assert daily(outcome, "helper", "latency")[-1] == pytest.approx(2.0 * math.exp(-fell))
    assert daily(outcome, "chatter", "latency")[-1] == 1.0


def test_what_is_neglected_gets_worse_and_all_stays_within_bounds() -> None:
    outcome = invested("100 %", "0 %", "0 %")
    assert daily(outcome, "meta", "pace")[-1] == pytest.approx(1.25)
    assert -1.0 < daily(outcome, "helper", "usability")[-1] < 0.0
    assert 2.0 < daily(outcome, "helper", "latency")[-1] < 10.0


def test_usability_and_speed_win_users() -> None:
    """Half of all effort for usability, or 10 % for latency, against the usual split, in a lab
    that does not grow: more people have tried its feature after 200 days."""
    tried = {}
    for split in (("80 %", "15 %", "5 %"), ("45 %", "50 %", "5 %"), ("75 %", "15 %", "10 %")):
        given = dict(zip(("quality", "usability", "latency"), split, strict=True))
        outcome = simulate(load(race({"investment": given})))
        tried[split[0]] = series(outcome, "ever", "helper")[1][-1]
    assert tried["45 %"] > 1.05 * tried["80 %"]
    assert tried["75 %"] > tried["80 %"]


def test_a_lab_can_change_its_split_at_a_date() -> None:
    outcome = invested("40 %", "55 %", "5 %", start="2026-04-11")
    assert happened(outcome, "investment") == [(100.0, "own growth at 50% of what it was")]
    assert daily(outcome, "meta", "pace")[[99, 100]].tolist() == [1.0, 0.5]
    usability = daily(outcome, "helper", "usability")
    assert usability[100] == 0.0
    assert usability[102] > 0.0


# ---------------------------------------------------------------------------------------- research


def outcomes(seeds: int, **given: Any) -> tuple[Any, Any]:
    research = Research.model_validate(bet(**given))
    drawn = [draw_outcome(seed, "meta", 0, research) for seed in range(seeds)]
    return np.array([d.days for d in drawn]), np.array([d.jump for d in drawn])


def test_bets_succeed_at_their_probability_with_lognormal_times_and_jumps() -> None:
    """4000 seeds: share of successes .3 +- 4 standard errors of .0072; median time 548 days,
    mean jump of a success 6 exp(.6^2 / 2) = 7.18, standard deviation of its log .6."""
    days, jump = outcomes(
        4000, success="30 %", duration={"median": "18 months", "spread": 0.5},
        size={"median": "6 frontier-months", "spread": 0.6},
    )  # fmt: skip
    won = jump > 0.0
    assert won.mean() == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / 4000))
    deviation = 7.18 * math.sqrt(math.exp(0.36) - 1.0)
    assert jump[won].mean() == pytest.approx(7.18, abs=4 * deviation / math.sqrt(won.sum()))
    assert np.log(jump[won]).std() == pytest.approx(0.6, abs=4 * 0.6 / math.sqrt(2 * won.sum()))
    assert np.median(days) == pytest.approx(547.9, abs=4 * 1.2533 * 0.5 * 548 / math.sqrt(4000))
    assert np.log(days).std() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(8000))
    # Time, size and success are drawn apart.
    assert abs(np.corrcoef(days[won], jump[won])[0, 1]) < 4 / math.sqrt(won.sum())
    assert abs(np.corrcoef(days, won)[0, 1]) < 4 / math.sqrt(4000)


def test_a_better_chance_wins_every_bet_that_a_worse_one_wins() -> None:
    (_, low), (_, high) = outcomes(500, success="20 %"), outcomes(500, success="50 %")
    assert np.all(high[low > 0.0] == low[low > 0.0])
    assert (high > 0.0).sum() > (low > 0.0).sum()


def test_a_bet_takes_its_share_until_it_ends_and_then_jumps() -> None:
    """20 % of growth for 100 days from day 31, then 5 frontier-months at once: on day 200,
    200/30.4375 - .2 (100/30.4375) + 5."""
    lab = {"growth": "1 frontier-month per month", "research": bet(start="2026-02-01")}
    outcome = simulate(load(race(lab)))
    assert happened(outcome, "research") == [
        (31.0, "a bet begins, 20% of own growth"),
        (131.0, "a bet succeeds: 5.0 frontier-months"),
    ]
    quality = daily(outcome, "meta", "quality")
    assert quality[-1] == pytest.approx(30.0 + (200 - 0.2 * 100) / DAYS_PER_MONTH + 5.0)
    assert quality[131] - quality[130] == pytest.approx(5.0 + 0.8 / DAYS_PER_MONTH)
    assert daily(outcome, "meta", "research_share")[[30, 31, 130, 131]].tolist() == [0, 0.2, 0.2, 0]
    assert daily(outcome, "meta", "research_gain")[-1] == 5.0
    lost = simulate(load(race(lab | {"research": bet(success=0)})))
    assert happened(lost, "research")[1] == (100.0, "a bet ends without result")
    assert daily(lost, "meta", "quality")[-1] == pytest.approx(30.0 + (200 - 20) / DAYS_PER_MONTH)


def test_the_expected_engine_uses_the_same_draws() -> None:
    lab = {"research": bet(duration={"median": "60 d"}, success="50 %",
                           size={"median": "5 frontier-months"})}  # fmt: skip
    for seed in (1, 2, 3):
        seen = [
            happened(simulate(load(race(lab, seed=seed, engine=engine))), "research")
            for engine in ("expected", "cohorts")
        ]
        assert seen[0] == seen[1]


def test_a_bet_of_nothing_changes_no_bit() -> None:
    without = simulate(load(race({"growth": "1 frontier-month per month"})))
    lab = {"growth": "1 frontier-month per month", "research": bet(share="0 %")}
    beside = simulate(load(race(lab)))
    assert same(without, beside, "adoption", "market")
    assert not happened(beside, "research")


def test_one_labs_bets_leave_anothers_draws_alone() -> None:
    """The rival's bet ends on the same day with the same jump whatever meta does."""
    uncertain = bet(duration={"median": "60 d"}, size={"median": "5 frontier-months"})
    alone = simulate(load(race(rival={"research": uncertain})))
    beside = simulate(load(race({"research": [uncertain, bet()]}, rival={"research": uncertain})))
    assert [e for e in happened(alone, "research", "rival")] == happened(
        beside, "research", "rival"
    )
    assert happened(beside, "research", "meta")[2] != happened(beside, "research", "rival")[1]


# --------------------------------------------------------------------------------------- placebo


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_a_lab_that_does_as_usual_leaves_the_shipped_scenario_as_it_is(engine: str) -> None:
    """Hybrid for 60 days, with a usual split, a bet of nothing, a rate of 0 and a rule that never
    acts for Meta: not one bit of what both record differs."""
    as_usual = {
        "labs.meta.investment": {"quality": "80 %", "usability": "15 %", "latency": "5 %"},
        "labs.meta.research": bet(share="0 %"),
        "labs.meta.distillation": {"rate": "0 per month"},
        "labs.meta.policy": {
            "review": {"every": "10 d"},
            "rules": [
                {"when": {"metric": "quality", "op": "<", "value": "1 frontier-month",
                          "for": "20 d"},
                 "then": {"tier": "small", "level": "closed", "versions": "all"}},
            ],
        },
    }  # fmt: skip
    settings: dict[str, Any] = {"engine": engine, "until": "2026-04-30"}
    plain = simulate(load("hybrid", **settings))
    beside = simulate(load("hybrid", set=as_usual, **settings))
    assert same(plain, beside, "adoption", "market")
