"""Regulators act with the stated hazard; what they order acts where it should and no further."""

import numpy as np
import pytest

from sim.market.actor import Actor
from sim.running.simulation import Simulation, simulate
from sim.scenario import ScenarioError, load
from tests.model.small import PLAIN, series

#: The two segments are alike; only the first lies in a regime.
SEGMENTS = {"inside": {"people": "500 k", "regime": "eu"}, "outside": {"people": "500 k"}}


def scenario(regulation=None, **more):
    """Two like segments on one platform, where the owner's assistant is the default; a rival
    outside."""
    document = {
        "name": "regulated",
        "start": "2026-01-01",
        "duration": "180 d",
        "engine": "expected",
        "segments": SEGMENTS,
        "platforms": {
            "site": {
                "kind": "social",
                "users": {"inside": "400 k", "outside": "400 k"},
            },
            "club": {"kind": "social", "users": {"inside": "1 k"}},
        },
        "labs": {
            "owner": {
                "quality": "30 frontier-months",
                "models": {"product": {"level": "api"}},
            },
            "rival": {
                "quality": "30 frontier-months",
                "models": {"product": {"level": "hosted"}},
            },
        },
        "features": {
            "assistant": {
                "lab": "owner",
                "tier": "product",
                "placements": {"site": {"surface": "default"}},
                "at_start": {"mau": "300 k", "dau_mau": "25 %", "rollout": "50 %"},
                "rollout": [{"date": "2026-03-01", "share": "100 %"}],
            },
            "other": {
                "lab": "rival",
                "tier": "product",
                "standalone": {"pull": "0.0005 per day"},
                "at_start": {"mau": "200 k", "dau_mau": "25 %"},
            },
        },
        "parameters": {"omega": "0.002 per day"},
    }
    if regulation is not None:
        document["regulation"] = regulation
    return load(document | more)


def ordered(action, **more):
    """The scenario with one action in the regime `eu` on the 31st day."""
    dated = {"date": "2026-01-31", "regime": "eu", "for": "90 d"} | action
    return scenario({"actions": [dated]}, **more)


def market(outcome, entity, metric):
    frame = outcome.tables["market"].to_pandas()
    return frame[(frame.entity == entity) & (frame.metric == metric)].value.to_numpy()


def log(outcome, *kinds):
    frame = outcome.tables["events"].to_pandas()
    rows = frame[frame.kind.isin(kinds)]
    return list(zip(rows.time, rows.kind, rows.entity, rows.detail, strict=True))


# --- the hazard


def decisions(seed, years=40, **rates):
    """Days on which a regulator without anything to look at acts."""
    regulator = {"severity": "0 per year", "concentration": "0 per year"} | rates
    regulator["responses"] = [{"action": "delay", "for": "1 d"}]
    outcome = simulate(
        load(
            {
                "name": "long",
                "start": "2026-01-01",
                "duration": f"{years} years",
                "tick": "366 d",
                "seed": seed,
                "segments": {"inside": {"people": 1000, "regime": "eu"}},
                "labs": {"lab": {"quality": "1 frontier-month", "models": {"model": {}}}},
                "platforms": {"site": {"kind": "social", "users": 1000}},
                "features": {"app": {"lab": "lab", "tier": "model"}},
                "regulation": {"regulators": {"eu": regulator}},
                "parameters": PLAIN,
            }
        )
    )
    return [time for time, *_ in log(outcome, "delay")]


def test_decisions_come_at_the_stated_rate():
    """8 seeds of 40 years at 1.6 a year: 512 decisions, Poisson."""
    count = sum(len(decisions(seed, base="1.6 per year")) for seed in range(8))
    assert count == pytest.approx(512.0, abs=4.0 * np.sqrt(512.0))


def test_a_higher_hazard_keeps_every_decision_of_a_lower_one():
    for seed in range(5):
        low = set(decisions(seed, base="0.2 per year"))
        high = set(decisions(seed, base="1 per year"))
        assert low < high


def test_a_regulator_without_a_hazard_never_acts():
    assert decisions(1, base="0 per year") == []


def regulators(simulation):
    return simulation.market.mechanism("regulation")


def test_concentration_counts_above_2500_only():
    """Five equal features have an index of 2000, two of 5000: 2.5 thousand above the limit."""
    features = {f"f{i}": {"lab": "owner", "tier": "product"} for i in range(5)}
    rates = {"base": "0.3 per year", "concentration": "0.4 per year"}
    simulation = Simulation(scenario({"regulators": {"eu": rates}}, features=features))
    simulation.market.mau[:] = 1e6
    assert simulation.market.hhi() == pytest.approx(2000.0)
    assert regulators(simulation).hazard("eu") == 0.3
    simulation.market.mau[:] = [1e6, 1e6, 0, 0, 0]
    assert regulators(simulation).hazard("eu") == pytest.approx(0.3 + 0.4 * 2.5)


class Incidents(Actor):
    """Two units of severity at every lab."""

    name = "incidents"

    def measures(self):
        return {"severity": lambda of: 2.0}


def test_severity_counts_for_the_labs_that_are_there():
    """The rival's incidents count inside only where its product can be had there, unless all do."""
    other = scenario().plain()["features"]
    other["other"]["standalone"]["segments"] = ["outside"]
    other["other"]["at_start"]["mau"] = {"outside": "200 k"}
    rates = {"base": "0 per year", "severity": "0.5 per year", "concentration": "0 per year"}
    for incidents, hazard in (("own", 0.5 * 2.0), ("all", 0.5 * 4.0)):
        section = {"regulators": {"eu": rates | {"incidents": incidents}}}
        simulation = Simulation(scenario(section, features=other))
        assert regulators(simulation).hazard("eu") == 0.0
        simulation.market.join(Incidents())
        assert regulators(simulation).hazard("eu") == pytest.approx(hazard)


def test_responses_are_chosen_by_weight():
    """Three to one, 400 dates: within four standard errors."""
    responses = [{"action": "delay", "weight": 3}, {"action": "choice-screen"}]
    simulation = Simulation(scenario({"regulators": {"eu": {"responses": responses}}}))
    chosen = [regulators(simulation)._response("eu", n) for n in range(400)]
    assert np.mean(chosen) == pytest.approx(0.25, abs=4.0 * np.sqrt(0.25 * 0.75 / 400))


# --- what orders do


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_a_regulator_without_effect_changes_no_bit_of_the_others(engine):
    """An empty section, and a delay with nothing to delay."""
    nothing = {"actions": [{"date": "2026-01-31", "regime": "eu", "action": "delay", "for": "9 d"}]}
    plain = simulate(scenario(engine=engine, duration="60 d"))
    for section in ({}, nothing):
        other = simulate(scenario(section, engine=engine, duration="60 d"))
        assert other.tables["adoption"].equals(plain.tables["adoption"])
        assert unregulated(other) == unregulated(plain)


def unregulated(outcome):
    """The market's values without what only says that a regulator is there."""
    rows = outcome.tables["market"].to_pandas()
    rows = rows[(rows.entity != "eu") & (rows.metric != "held")]
    return list(zip(rows.day, rows.entity, rows.metric, rows.value, strict=True))


def test_orders_change_nothing_before_their_date():
    plain = simulate(scenario())
    for action in (
        {"action": "choice-screen"},
        {"action": "access-order", "surface": "search-bar"},
    ):
        other = simulate(ordered(action))
        for feature in ("assistant", "other"):
            a, b = (series(o, "mau", feature, segment="inside")[1] for o in (plain, other))
            assert np.array_equal(a[:31], b[:31])
            assert not np.array_equal(a, b)


def test_a_delay_lets_waves_wait_where_it_holds_and_until_it_ends():
    """The wave of 1 March (day 59) waits inside until day 120."""
    simulation = Simulation(ordered({"action": "delay"}))
    shares = {}
    for day in (30.0, 60.0, 119.0, 120.0):
        simulation.clock.run(until=day)
        shares[day] = tuple(simulation.market.fields.rollout[0, 0])
    assert shares == {
        30.0: (0.5, 0.5),
        60.0: (0.5, 1.0),
        119.0: (0.5, 1.0),
        120.0: (1.0, 1.0),
    }
    plain, other = simulate(scenario()), simulate(ordered({"action": "delay"}))
    inside = [series(o, "mau", "assistant", segment="inside")[1] for o in (plain, other)]
    assert inside[1][119] < 0.98 * inside[0][119]
    (wave,) = log(other, "wave")
    assert wave[3].endswith("waits in inside")
    assert [line[:3] for line in log(other, "delay", "lifted")] == [
        (30.0, "delay", "eu"),
        (120.0, "lifted", "eu"),
    ]


def test_a_delay_lets_launches_wait_and_narrower_rollouts_pass():
    features = scenario().plain()["features"]
    features["other"] |= {"standalone": {"pull": "0.0005 per day", "launch": "2026-02-10"}}
    del features["other"]["at_start"]
    features["assistant"]["rollout"] = [{"date": "2026-03-01", "share": "20 %"}]
    simulation = Simulation(ordered({"action": "delay"}, features=features))
    simulation.clock.run(until=100.0)
    assert tuple(simulation.market.fields.standalone[1]) == (0.0, 1.0)
    assert tuple(simulation.market.fields.rollout[0, 0]) == (0.2, 0.2)
    simulation.clock.run(until=121.0)
    assert tuple(simulation.market.fields.standalone[1]) == (1.0, 1.0)
    assert tuple(simulation.market.fields.pull[1]) == (0.0005, 0.0005)


def test_a_choice_screen_ends_the_default_and_moves_use_to_rivals():
    simulation = Simulation(ordered({"action": "choice-screen"}))
    states = {}
    for day in (30.0, 59.0, 60.0, 120.0):
        simulation.clock.run(until=day)
        fields = simulation.market.fields
        states[day] = (*fields.is_default[0, 0], *fields.reconsider[0, 0])
    window = 0.5 / 30.0
    assert states[30.0] == states[59.0] == (0.0, 1.0, pytest.approx(window), 0.0)
    assert states[60.0] == (0.0, 1.0, 0.0, 0.0)
    assert states[120.0] == (1.0, 1.0, 0.0, 0.0)

    plain, other = simulate(scenario()), simulate(ordered({"action": "choice-screen"}))

    def change(feature, segment):
        a, b = (series(o, "mau", feature, segment=segment)[1][95] for o in (plain, other))
        return b / a - 1.0

    assert change("assistant", "inside") < -0.05
    assert change("other", "inside") > 0.05
    assert abs(change("assistant", "outside")) < 0.01
    (line,) = log(other, "choice-screen")
    assert line[2:] == (
        "eu",
        "no default any more and a choice for people: assistant on site in inside for 90 days",
    )


def test_a_choice_screen_asks_the_stated_share_of_a_defaults_users():
    """Two equal features, and nobody comes, goes or has reasons to stay: each of half a choice on
    average brings half of those who choose to the other, so exp(-1/4) of the users remain."""
    features = {
        name: {
            "lab": "owner",
            "tier": "product",
            "acceptance": 1,
            "standalone": {"pull": "0 per day"},
            "at_start": {"mau": mau, "dau_mau": "100 %"},
        }
        for name, mau in (("large", "600 k"), ("small", "200 k"))
    }
    features["large"]["placements"] = {"site": {"surface": "default", "strength": 0}}
    still = {"b_integration": 0, "sigma": 0, "multi_home_share": 0, "warm_trial_share": 0}
    simulation = Simulation(
        ordered(
            {"action": "choice-screen"},
            features=features,
            platforms={"site": {"kind": "social", "users": "1 M", "visibility": "0 per day"}},
            parameters=PLAIN | still,
        )
    )

    def users(day):
        simulation.clock.run(until=day)
        by_class = simulation.people[simulation.states.uses[0]].sum(axis=0)
        return [by_class[simulation.world.segment_of == g].sum() for g in (0, 1)]

    before, after, later = (np.array(users(day)) for day in (29.0, 60.0, 150.0))
    assert after / before == pytest.approx([np.exp(-0.25), 1.0], rel=1e-6)
    assert later == pytest.approx(after)


def test_an_access_order_gives_the_largest_rival_a_place_for_its_time():
    action = {"action": "access-order", "surface": "search-bar", "platforms": ["site"]}
    simulation = Simulation(ordered(action))
    simulation.clock.run(until=31.0)
    fields = simulation.market.fields
    assert tuple(fields.rollout[1, 0]) == (1.0, 0.0)
    assert tuple(fields.strength[1, 0]) == (0.01, 0.0)
    assert tuple(fields.integration[1, 0]) == (0.8, 0.0)
    simulation.clock.run(until=121.0)
    fields = simulation.market.fields
    assert not fields.rollout[1].any()
    assert not fields.strength[1].any()
    plain, other = simulate(scenario()), simulate(ordered(action))
    new = [series(o, "mau", "other", segment="inside")[1][119] for o in (plain, other)]
    assert new[1] > 1.2 * new[0]
    (line,) = log(other, "access-order")
    assert line[3] == "a place at search-bar: other on site in inside for 90 days"


def test_a_threshold_holds_weights_at_api_everywhere_until_it_ends():
    """Versions of 32 frontier-months on: held above 31, released below 40, and those of labs that
    the order does not name."""
    labs = {
        name: {
            "quality": "30 frontier-months",
            "models": {
                "product": {
                    "level": "api",
                    "releases": [{"date": "2026-03-01", "level": "weights"}],
                }
            },
        }
        for name in ("owner", "rival")
    }

    def levels(**action):
        simulation = Simulation(ordered({"action": "threshold"} | action, labs=labs))
        found = []
        for day in (100.0, 121.0):
            simulation.clock.run(until=day)
            found.append(
                tuple(lab.tiers["product"].level.name for lab in simulation.market.labs.values())
            )
        return found

    held, free = ("api", "api"), ("weights", "weights")
    assert levels(capability="31 frontier-months") == [held, free]
    assert levels(capability="40 frontier-months") == [free, free]
    limited = levels(capability="31 frontier-months", labs=["rival"])
    assert limited == [("weights", "api"), free]
    outcome = simulate(
        ordered({"action": "threshold", "capability": "31 frontier-months"}, labs=labs)
    )
    kinds = [(kind, entity) for _, kind, entity, _ in log(outcome, "threshold", "held", "lifted")]
    assert kinds == [
        ("threshold", "eu"),
        ("held", "owner.product"),
        ("held", "rival.product"),
        ("lifted", "eu"),
    ]


def test_what_was_held_opens_though_a_newer_version_is_out_meanwhile():
    """The version of March is held; that of April, meant for the API, leaves it alone."""
    labs = scenario().plain()["labs"]
    labs["owner"]["models"]["product"]["releases"] = [
        {"date": "2026-03-01", "level": "weights"},
        {"date": "2026-04-01", "level": "api"},
    ]
    action = {"action": "threshold", "capability": "31 frontier-months"}
    simulation = Simulation(ordered(action, labs=labs))
    simulation.clock.run(until=121.0)
    versions = simulation.market.labs["owner"].tiers["product"].versions
    assert [version.level.name for version in versions] == ["api", "weights", "api"]
    assert simulation.market.labs["owner"].tiers["product"].irrevocable == versions[1].capability


def test_weights_that_are_out_stay_out_under_a_threshold():
    labs = scenario().plain()["labs"]
    labs["owner"]["models"]["product"] |= {
        "level": "weights",
        "releases": [{"date": "2026-03-01", "level": "weights"}],
    }
    action = {"action": "threshold", "capability": "10 frontier-months"}
    simulation = Simulation(ordered(action, labs=labs))
    simulation.clock.run(until=100.0)
    tier = simulation.market.labs["owner"].tiers["product"]
    assert tier.level.name == "api"
    assert tier.irrevocable == 30.0


def test_rows_say_the_hazard_the_actions_in_force_and_how_long_they_last():
    outcome = simulate(ordered({"action": "choice-screen"}, duration="150 d"))
    count, left = (market(outcome, "eu", m) for m in ("actions_in_force", "action_days_left"))
    assert list(count) == [0.0] * 30 + [1.0] * 90 + [0.0] * 31
    assert list(left) == [0.0] * 30 + list(np.arange(90.0, 0.0, -1.0)) + [0.0] * 31
    hazard = market(outcome, "eu", "regulatory_hazard")
    hhi = market(outcome, "market", "hhi")
    assert hazard == pytest.approx(0.05 + 0.05 * np.maximum(0.0, hhi - 2500.0) / 1000.0)


def test_an_order_without_an_end_stays_in_force():
    section = {"actions": [{"date": "2026-01-31", "regime": "eu", "action": "choice-screen"}]}
    simulation = Simulation(scenario(section))
    simulation.clock.run(until=180.0)
    assert simulation.market.fields.is_default[0, 0, 0] == 0.0
    assert len(regulators(simulation).in_force) == 1


# --- base values and what orders do to them


def base(simulation):
    """What events have set where orders act: default, strength and integration; and the price."""
    fields = simulation.market.base
    places = [getattr(fields, name).copy() for name in ("is_default", "strength", "integration")]
    return places, fields.price.tolist()


def same_places(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize(
    "order",
    [
        {"action": "choice-screen"},
        {"action": "access-order", "platforms": ["site"], "surface": "search-bar"},
    ],
)
def test_a_price_that_changes_under_an_order_stays_when_the_order_ends(order):
    """4 USD, then 7 on day 60 while the order holds (days 30 to 120), then 2 on day 150."""
    document = ordered(order).plain()
    document["features"]["other"] |= {
        "price": "4 USD per month",
        "prices": [
            {"date": "2026-03-02", "price": "7 USD per month"},
            {"date": "2026-05-31", "price": "2 USD per month"},
        ],
    }
    simulation = Simulation(load(document))
    places, prices = base(simulation)
    assert prices == [0.0, 4.0]
    met = {}
    for day in (29.0, 59.0, 60.0, 119.0, 121.0, 149.0, 150.0, 180.0):
        simulation.play(day)
        assert same_places(base(simulation)[0], places)
        assert base(simulation)[1] == simulation.market.fields.price.tolist()
        met[day] = base(simulation)[1][1]
    assert met == {
        29.0: 4.0, 59.0: 4.0, 60.0: 7.0, 119.0: 7.0, 121.0: 7.0, 149.0: 7.0, 150.0: 2.0, 180.0: 2.0,
    }  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [("50 d", "100 d"), ("100 d", "50 d")])
def test_orders_that_end_in_either_order_leave_the_base_as_it_was(first, second):
    """A choice screen and access to the same platform begin on days 30 and 40; each ends alone."""
    screen = {"date": "2026-01-31", "regime": "eu", "action": "choice-screen", "for": first}
    access = {
        "date": "2026-02-10", "regime": "eu", "action": "access-order", "for": second,
        "platforms": ["site"], "surface": "search-bar",
    }  # fmt: skip
    simulation = Simulation(scenario({"actions": [screen, access]}))
    places, _ = base(simulation)
    ends = 30.0 + float(first[:-2]), 40.0 + float(second[:-2])
    strength = load("bass").parameters["surface.search-bar.strength"]
    for day in (29.0, 35.0, 45.0, min(ends) + 1.0, max(ends) + 1.0):
        simulation.play(day)
        fields = simulation.market.fields
        screened, opened = 30.0 < day < ends[0], 40.0 < day < ends[1]
        assert fields.is_default[0, 0].tolist() == [0.0 if screened else 1.0, 1.0]
        assert fields.strength[1, 0].tolist() == [strength if opened else 0.0, 0.0]
        assert same_places(base(simulation)[0], places)


# --- what is refused


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"regime": "us", "action": "delay"}, "unknown regime `us`"),
        ({"date": "2025-12-31", "action": "delay"}, "is before the start"),
        ({"action": "threshold"}, "a threshold without a capability"),
        ({"action": "delay", "labs": ["owner"]}, "`labs` with the action delay"),
        ({"action": "choice-screen", "platforms": ["sight"]}, "did you mean `site`?"),
        ({"action": "access-order", "features": ["others"]}, "did you mean `other`?"),
        ({"action": "choice-screen", "platforms": ["club"]}, "no feature is the default on club"),
    ],
)
def test_orders_that_cannot_be_are_refused_with_their_place(action, said):
    with pytest.raises(ScenarioError) as refused:
        ordered(action)
    assert said in str(refused.value)
    assert all(
        problem.path.startswith("regulation.actions.0") for problem in refused.value.problems
    )
