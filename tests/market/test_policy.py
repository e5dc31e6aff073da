"""Policies: rules act when they should and do what they say; what is out stays out."""

import math
from typing import Any

import numpy as np
import pytest

from sim.market.labs.labs import Fading, Tier
from sim.market.labs.levels import ORDER, Level
from sim.running.simulation import simulate
from sim.scenario import load
from tests.market.race import DEAR, OPEN, daily, happened, policy, race, rule

LEVELS = {name: Level(name, n, n / 6, n / 6, 1 - n / 6, 0.0, 0.0) for n, name in enumerate(ORDER)}


# ------------------------------------------------------------------------------------------- when


def test_a_rule_acts_at_the_first_review_after_its_condition_has_held_for_so_long() -> None:
    """The lag passes 1 frontier-month after 30.4 days; 60 days later is day 91; the next review is
    on day 100."""
    behind = {"metric": "lag", "op": ">", "value": "1 frontier-month", "for": "60 d"}
    outcome = simulate(load(race(policy(rule(behind, OPEN)))))
    lag = daily(outcome, "meta", "lag")
    first = int(np.argmax(lag > 1.0))
    assert first == 31
    assert [day for day, _ in happened(outcome, "rule")] == [100.0]
    assert happened(outcome, "level") == [(100.0, "from hosted to weights")]
    assert daily(outcome, "meta.large", "level")[99:101].tolist() == [2.0, 5.0]


def test_a_break_in_the_condition_starts_the_count_again() -> None:
    """Dear from day 0, free from day 50 to 54, dear again: 60 days are full on day 60 without the
    break, on day 115 with it, which the review of day 120 sees."""
    lasting = rule({**DEAR, "for": "60 d"}, OPEN)
    dip = [{"date": "2026-02-20", "price": "0 USD per month"},
           {"date": "2026-02-25", "price": "5 USD per month"}]  # fmt: skip
    for prices, expected in (([], 60.0), (dip, 120.0)):
        document = race(policy(lasting), features={"chatter": {"prices": prices}})
        assert [day for day, _ in happened(simulate(load(document)), "rule")] == [expected]


def test_all_conditions_of_a_list_must_hold() -> None:
    behind = {"metric": "lag", "op": ">=", "value": "2 frontier-months"}  # from day 61 on
    outcome = simulate(load(race(policy(rule([DEAR, behind], OPEN)))))
    assert [day for day, _ in happened(outcome, "rule")] == [70.0]
    never = [behind, {**DEAR, "value": "6 USD per month"}]
    assert not happened(simulate(load(race(policy(rule(never, OPEN))))), "rule")


def test_a_rule_acts_once_or_whenever_it_would_change_something() -> None:
    """A new version at hosted on day 31 and every 60 days: opened again at the next review, unless
    the rule acts only once."""
    ships = {"large": {"level": "hosted", "releases": [
        {"date": "2026-02-01", "level": "hosted", "every": "60 d"}]}, "small": {}}  # fmt: skip
    for once, days in ((True, [10.0]), (False, [10.0, 40.0, 100.0, 160.0])):
        outcome = simulate(load(race({"models": ships} | policy(rule(DEAR, OPEN, once=once)))))
        assert [day for day, _ in happened(outcome, "rule")] == days


def test_rules_that_look_at_what_was_just_set_act_in_the_same_review() -> None:
    opened = {"metric": "level", "tier": "large", "op": ">=", "value": "weights"}
    cheap = rule(opened, {"feature": "helper", "price": "0 USD per month"})
    smaller = rule({"metric": "price", "of": "helper", "op": "<", "value": "1 USD per month"},
                   {"tier": "small", "level": "open"})  # fmt: skip
    document = race(
        policy(smaller, cheap, rule(DEAR, OPEN), every="30 d"),
        features={"helper": {"price": "3 USD per month"}},
    )
    outcome = simulate(load(document))
    assert [(day, text.partition(": ")[2]) for day, text in happened(outcome, "rule")] == [
        (30.0, "large -> weights"),
        (30.0, "price 0 USD a month"),
        (30.0, "small -> open"),
    ]
    assert happened(outcome, "review")[0] == (30.0, "1 of 3 rules act")


def test_rules_that_never_hold_change_no_bit() -> None:
    without = simulate(load(race()))
    never = {**DEAR, "value": "9000 USD per month", "for": "10 d"}
    beside = simulate(load(race(policy(rule(never, OPEN)))))
    for name in ("adoption", "market"):
        assert without.tables[name].equals(beside.tables[name])


# ------------------------------------------------------------------------------------------- then


def test_a_rule_changes_a_price() -> None:
    outcome = simulate(load(race(policy(
        rule(DEAR, {"feature": "helper", "price": "2 USD per month"})))))  # fmt: skip
    assert happened(outcome, "price") == [(10.0, "from 0 to 2 USD a month")]
    assert daily(outcome, "helper", "price")[[9, 10]].tolist() == [0.0, 2.0]


def test_a_rule_halts_a_rollout_and_another_lets_it_go_on() -> None:
    """Paused from day 10; the wave of day 120 waits until the rival is cheap, on day 150."""
    halt = rule(DEAR, {"feature": "helper", "rollout": "pause"})
    go_on = rule({**DEAR, "op": "<="}, {"feature": "helper", "rollout": "resume"})
    cheap = [{"date": "2026-05-31", "price": "0 USD per month"}]
    document = race(policy(halt, go_on), features={"chatter": {"prices": cheap}})
    outcome = simulate(load(document))
    assert [day for day, _ in happened(outcome, "pause")] == [10.0]
    assert [day for day, _ in happened(outcome, "resume")] == [150.0]
    paused, free = outcome.tables["adoption"], simulate(load(race())).tables["adoption"]
    differ = paused["value"].to_numpy() != free["value"].to_numpy()
    # The wave that did not come on day 120 is first missed in the people of day 121.
    assert paused["day"].to_numpy()[differ].min() == 121


@pytest.mark.parametrize(
    ("versions", "after"), [("latest", [5, 5, 3]), ("new", [2, 5, 5]), ("all", [5, 5, 5])]
)
def test_a_level_is_for_the_latest_version_for_new_ones_or_for_all(
    versions: str, after: list[int]
) -> None:
    """Levels on the review of day 10, after a release at weights or (latest) as dated: day 31,
    and after one dated at api, day 90."""
    dated = [{"date": "2026-02-01", "level": "weights"}, {"date": "2026-04-01", "level": "api"}]
    models = {"large": {"level": "hosted", "releases": dated}, "small": {}}
    then = {**OPEN, "versions": versions}
    outcome = simulate(load(race({"models": models} | policy(rule(DEAR, then)))))
    assert daily(outcome, "meta.large", "level")[[10, 40, 100]].tolist() == after


# --------------------------------------------------------------------------------- staged releases


def test_every_version_walks_its_path_also_after_a_newer_one_is_out() -> None:
    """Released on days 31 and 92: api 60 and weights 90 days later, each for itself. The second
    version's path begins while the first still has its weights to come, on day 121."""
    path = {"levels": ["staged", "api", "weights"], "lags": ["60 d", "30 d"]}
    releases = [{"date": "2026-02-01", "path": path, "every": "61 d", "until": "2026-05-01"}]
    models = {"large": {"releases": releases}, "small": {"level": "hosted"}}
    grows = {"growth": "1 frontier-month per month", "models": models}
    outcome = simulate(load(race(grows, duration="300 d")))
    assert [day for day, _ in happened(outcome, "release")] == [31.0, 92.0]
    assert happened(outcome, "level") == [
        (91.0, "from staged to api"),
        (121.0, "an earlier version, from api to weights"),
        (152.0, "from staged to api"),
        (182.0, "from api to weights"),
    ]
    assert daily(outcome, "meta.large", "level")[[40, 91, 92, 152, 182]].tolist() == [1, 3, 1, 3, 5]


def test_the_lag_between_stages_is_three_months_unless_given() -> None:
    """Published staged releases: 3 months, 91.3 days."""
    path = {"levels": ["closed", "staged", "hosted", "api", "weights"]}
    models = {"large": {"releases": [{"date": "2026-01-11", "path": path}]}, "small": {}}
    outcome = simulate(load(race({"models": models}, duration="400 d")))
    days = [day for day, _ in happened(outcome, "level")]
    assert days == pytest.approx([10 + 91.3125 * n for n in (1, 2, 3, 4)])


def test_a_new_version_opens_the_one_before() -> None:
    """Each version of the large model is opened when the next ships: its weights lag a
    generation, 60 days, and what is irrevocably out is the older version."""
    release = {"date": "2026-02-01", "level": "api", "every": "60 d", "opens_previous": "weights"}
    models = {"large": {"level": "api", "releases": [release]}, "small": {}}
    grows = {"growth": "1 frontier-month per month", "models": models}
    outcome = simulate(load(race(grows)))
    released = [day for day, _ in happened(outcome, "release")]
    opened = happened(outcome, "level")
    assert released == [31.0, 91.0, 151.0]
    assert [day for day, _ in opened] == released
    assert opened[1][1] == ("the version before, quality 31.0 frontier-months, from api to weights")
    assert set(daily(outcome, "meta.large", "level").tolist()) == {3.0}


def test_a_lab_turns_from_open_to_proprietary_and_what_is_out_stays_out() -> None:
    """From day 100 new versions stop at api, whether dated as open, on a path, or opened later."""
    path = {"levels": ["staged", "api", "weights"], "lag": "20 d"}
    large: dict[str, Any] = {
        "level": "open",
        "releases": [
            {"date": "2026-02-01", "level": "open", "every": "90 d"},  # days 31, 121
            {"date": "2026-05-21", "level": "weights", "new_version": False},  # day 140
        ],
        "turn": {"date": "2026-04-11", "level": "api"},
    }
    small: dict[str, Any] = {
        "releases": [{"date": "2026-04-01", "path": path, "every": "40 d"}]
    }  # days 90, 130
    small["turn"] = large["turn"]
    models = {"large": large, "small": small}
    grows = {"growth": "1 frontier-month per month", "models": models}
    outcome = simulate(load(race(grows)))
    assert happened(outcome, "level", "meta.large") == [
        (100.0, "from now on new versions go to api"),
        (140.0, "from api to api"),
    ]
    assert happened(outcome, "level", "meta.small") == [
        (100.0, "from now on new versions go to api"),
        (110.0, "from staged to api"),  # released before the turn: walks on
        (130.0, "an earlier version, from api to weights"),
        (150.0, "from staged to api"),  # released after it: stops there
        (190.0, "from staged to api"),
    ]
    assert daily(outcome, "meta.large", "level")[[99, 101, 122]].tolist() == [6, 6, 3]


def test_available_capability_never_falls_whatever_is_decided() -> None:
    """2000 random decisions on a tier: the best that is irrevocably out only rises, and it is the
    best version that ever stood at weights or open."""
    draw = np.random.default_rng(4)
    tier = Tier("large", 0.0, 5.0, LEVELS["closed"], fading=Fading(50.0, 10.0))
    best = -math.inf
    for day in range(2000):
        level = LEVELS[ORDER[draw.integers(7)]]
        before = tier.irrevocable
        match draw.integers(4):
            case 0:
                tier.ship(float(draw.normal(30.0 + day / 100, 2.0)), level, float(day))
                version = tier.versions[-1]
            case 1 if tier.versions:
                number = int(draw.integers(len(tier.versions)))
                tier.set_level_of(number, level)
                version = tier.versions[number]
            case 2 if tier.versions:
                tier.set_level(level)
                version = tier.versions[-1]
            case _:
                tier.fade(1.0)
                continue
        if version.level.irrevocable:
            best = max(best, version.capability)
        assert tier.irrevocable >= before
        assert tier.irrevocable == best


def test_an_old_version_fades_and_only_its_weights_stay() -> None:
    """API use exp(-t/180), products moved by 1 - exp(-t/14); an API is switched off at a tenth."""
    tier = Tier("large", 0.0, 5.0, LEVELS["closed"], fading=Fading(180.0, 14.0))
    tier.ship(30.0, LEVELS["weights"], 0.0)
    tier.ship(33.0, LEVELS["api"], 10.0)
    tier.ship(36.0, LEVELS["api"], 20.0)
    for _ in range(60):
        tier.fade(1.0)
    old = {offer.capability: offer.use for offer in tier.offers()}
    assert old == pytest.approx({36.0: 1.0, 33.0: math.exp(-60 / 180), 30.0: 1.0})
    assert tier.used == pytest.approx(36.0 - 6.0 * math.exp(-60 / 14))
    for _ in range(400):
        tier.fade(1.0)
    assert {offer.capability for offer in tier.offers()} == {36.0, 30.0}


def test_without_fading_the_new_version_is_taken_at_once() -> None:
    tier = Tier("large", 0.0, 5.0, LEVELS["closed"])
    tier.ship(30.0, LEVELS["api"], 0.0)
    tier.ship(36.0, LEVELS["staged"], 10.0)
    assert [offer.capability for offer in tier.offers()] == [36.0]
    assert tier.used == 30.0  # products wait until the new one is hosted
    tier.set_level(LEVELS["hosted"])
    assert tier.used == 36.0
