"""Incidents against their Poisson mean, trust against its closed form, rules that stop rollouts."""

import math
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim.market.safety.actor import Safety
from sim.market.safety.incidents import STRIP, IncidentField, marginal_share
from sim.record.plan import FULL, Plan
from sim.running.simulation import Outcome, Simulation, simulate
from sim.scenario import ScenarioError, load
from sim.units import DAYS_PER_YEAR
from tests.model.small import series

ENTITIES = [("lab", f"tier-{i}", channel) for channel in ("own", "wild") for i in range(3)]


def drawn(seed: int, hazard: Any, *, days: float = 365.25, dt: float = 1.0) -> list[Any]:
    """The points of a field that happen, walking through the days tick by tick."""
    field = IncidentField(seed, ENTITIES)
    found = []
    for n in range(math.ceil(days / dt)):
        now = hazard(n * dt) if callable(hazard) else hazard
        found += field.points(n * dt, min((n + 1) * dt, days), np.asarray(now, float))
    return found


def names(points: list[Any]) -> set[tuple[Any, ...]]:
    return {(p.time, *ENTITIES[p.entity], p.period, p.strip, p.slot) for p in points}


# --------------------------------------------------------------------------------------- the field


def test_incidents_come_at_their_poisson_mean() -> None:
    """Six entities at hazards below and above one strip of cells, 150 seeds of a year."""
    hazard = np.array([0.5, 3.0, 11.9, 12.1, 30.0, 0.0])
    counts = np.array(
        [
            np.bincount([p.entity for p in drawn(seed, hazard, dt=7.0)], minlength=6)
            for seed in range(150)
        ]
    )
    assert not counts[:, 5].any()
    z = (counts.sum(axis=0) - 150 * hazard)[:5] / np.sqrt(150 * hazard[:5])
    assert np.abs(z).max() < 3.5
    # A Poisson count has variance = mean; the ratio's own standard error is sqrt(2/149) = .116.
    ratio = counts[:, :5].var(axis=0, ddof=1) / hazard[:5]
    assert np.all(np.abs(ratio - 1.0) < 3.5 * 0.13)


def test_a_hazard_that_moves_gives_its_integral() -> None:
    """A hazard that rises from 0 to 48 a year within a year: 24 in all, a quarter of them in the
    first half."""

    def rising(day: float) -> Any:
        return np.array([48.0 * day / 365.25, 0, 0, 0, 0, 0])

    days = [p.time for seed in range(100) for p in drawn(seed, rising)]
    assert abs(len(days) - 2400) < 3.5 * math.sqrt(2400)
    early = sum(day < 365.25 / 2 for day in days)
    assert abs(early - len(days) / 4) < 3.5 * math.sqrt(len(days) * 3 / 16)


def test_a_higher_hazard_has_every_incident_of_a_lower_one_and_more() -> None:
    low = np.array([1.0, 4.0, 20.0, 0.0, 7.0, 13.0])
    high = low * 1.7 + 2.0
    for seed in range(10):
        fewer, more = names(drawn(seed, low)), names(drawn(seed, high))
        assert fewer < more


def test_incidents_do_not_depend_on_the_tick_or_on_other_entities() -> None:
    hazard = np.array([5.0, 40.0, 15.0, 1.0, 7.0, 13.0])
    daily = drawn(3, hazard)
    assert names(daily) == names(drawn(3, hazard, dt=7.0))
    assert all(a.time <= b.time for a, b in pairwise(daily))
    alone = IncidentField(3, ENTITIES[1:2]).points(0.0, 365.25, np.array([40.0]))
    assert [p.time for p in alone] == [p.time for p in daily if p.entity == 1]
    assert all(p.height < 40.0 and p.strip == p.height // STRIP for p in alone)


def test_the_marginal_share_is_what_a_substitute_leaves() -> None:
    capability = np.array([40.0, 40.0, 40.0, 40.0, -np.inf, 0.0])
    substitute = np.array([30.0, 40.0, 50.0, -np.inf, 30.0, 0.0])
    assert marginal_share(capability, substitute).tolist() == [0.25, 0.0, 0.0, 1.0, 0.0, 0.0]


# --------------------------------------------------------------------------------- small scenarios


def small(safety: Any, *, days: int = 120, **changes: Any) -> dict[str, Any]:
    """Two labs on one platform in two segments; what is not under test stands still."""
    document: dict[str, Any] = {
        "name": "small",
        "start": "2026-01-01",
        "duration": f"{days} d",
        "engine": "expected",
        "segments": {"north": {"people": "300 M"}, "south": {"people": "100 M", "trust": 0.9}},
        "platforms": {
            "feed": {"kind": "social", "users": {"north": "250 M", "south": "90 M"}},
            "chat": {"kind": "messaging", "users": {"north": "200 M", "south": "50 M"}},
        },
        "overlaps": [{"platforms": ["feed", "chat"], "people": "200 M"}],
        "labs": {
            "maker": {
                "quality": "36 frontier-months",
                "growth": "0 frontier-months per month",
                "models": {
                    "best": {"level": "api"},
                    "little": {"level": "weights", "behind": "9 frontier-months"},
                },
            },
            "rival": {
                "quality": "24 frontier-months",
                "growth": "0 frontier-months per month",
                "models": {"best": {"level": "weights"}},
            },
        },
        "features": {
            "helper": {
                "lab": "maker",
                "tier": "best",
                "placements": {"feed": {"surface": "menu"}, "chat": {"surface": "menu"}},
                "rollout": [
                    {"date": "2026-01-11", "share": "50 %"},
                    {"date": "2026-02-10", "share": "80 %", "segments": ["north"]},
                ],
            },
            "second": {"lab": "maker", "tier": "best", "standalone": {"pull": "0.05 per year"}},
            "other": {"lab": "rival", "tier": "best", "standalone": {"pull": "0.05 per year"}},
        },
        "developers": {
            "people": "20 M",
            "at_start": {
                "building": "100 %",
                "multi_home": 0,
                "families": {"maker": "75 %", "rival": "25 %"},
            },
        },
    }
    if safety is not None:
        document["safety"] = safety
    return document | changes


def scripted(**entry: Any) -> dict[str, Any]:
    return {"incidents": "none", "scripted": [{"date": "2026-02-01", "severity": 1} | entry]}


def market(outcome: Outcome, entity: str, metric: str) -> Any:
    frame = outcome.tables["market"].to_pandas()
    chosen = frame[(frame.entity == entity) & (frame.metric == metric)].sort_values("day")
    return chosen.value.to_numpy()


def events(outcome: Outcome, *kinds: str) -> list[tuple[float, str, str, str]]:
    frame = outcome.tables["events"].to_pandas()
    rows = frame[frame.kind.isin(kinds)]
    return list(zip(rows.time, rows.kind, rows.entity, rows.detail, strict=True))


def safety_of(simulation: Simulation) -> Safety:
    return next(actor for actor in simulation.market.actors if isinstance(actor, Safety))


# ---------------------------------------------------------------------------------------- exposure


def test_the_hazard_is_the_formula_of_capability_reach_and_guard() -> None:
    """Worked out by hand for 15 M and 5 M developers and 200 M users of each feature."""
    simulation = Simulation(load(small({})))
    simulation.market.mau[:] = 2e8
    exposure = safety_of(simulation).exposure
    hazard = dict(zip(exposure.entities, exposure.hazard(0.0), strict=True))
    marginal = dict(zip(exposure.entities, exposure.marginal, strict=True))
    # K0 = 36; api: monitor .85, access .6; weights: monitor .1, access .9, guard gone; G = .8.
    assert hazard["maker", "best", "own"] == pytest.approx(
        20 * (0.4 + 0.6 * 1.5) ** 0.7 * (1 - 0.85 * 0.8)
    )
    assert hazard["maker", "little", "wild"] == pytest.approx(
        20 * (27 / 36) ** 1.5 * (0.9 * 1.5) ** 0.7
    )
    assert hazard["rival", "best", "wild"] == pytest.approx(
        20 * (24 / 36) ** 1.5 * (0.9 * 0.5) ** 0.7
    )
    # The rival's own product runs on open weights and is watched as a hosted one: monitor .9.
    assert hazard["rival", "best", "own"] == pytest.approx(
        20 * (24 / 36) ** 1.5 * 0.2**0.7 * (1 - 0.9 * 0.8)
    )
    assert hazard["maker", "best", "wild"] == hazard["maker", "little", "own"] == 0.0
    assert marginal["maker", "best", "own"] == pytest.approx(1 - 27 / 36)
    assert marginal["maker", "little", "wild"] == pytest.approx(1 - 24 / 27)
    assert marginal["rival", "best", "wild"] == 0.0


def test_guards_of_released_weights_are_gone_within_days_and_earlier_weights_stay_substitutes() -> (
    None
):
    simulation = Simulation(load(small({})))
    exposure = safety_of(simulation).exposure
    wild = exposure.entities.index(("maker", "little", "wild"))
    exposure.hazard(0.0)
    market_ = simulation.market
    tier = market_.labs["maker"].tiers["little"]
    tier.ship(30.0, tier.level, 10.0)
    fresh, later = exposure.hazard(10.0)[wild], exposure.hazard(25.0)[wild]
    assert fresh / later == pytest.approx((1 - 0.1 * 0.8) / (1 - 0.1 * 0.8 * math.exp(-15 / 3)))
    assert exposure.marginal[wild] == pytest.approx(1 - 27 / 30)


def test_counts_in_a_run_add_up_and_a_higher_rate_has_all_incidents_of_a_lower_one() -> None:
    """With effects off the hazard's inputs are the same, so the superset holds in a whole run."""
    quiet = {"trust_loss": 0, "acute_churn": 0, "guard_hole": 0}

    def run(rate: int) -> Outcome:
        parameters = quiet | {"incident_rate": f"{rate} per year"}
        return simulate(load(small({}, days=365, parameters=parameters)))

    low, high = run(10), run(40)
    fewer = {(t, e) for t, _, e, _ in events(low, "incident")}
    more = {(t, e) for t, _, e, _ in events(high, "incident")}
    assert fewer < more
    for outcome, happened in ((low, fewer), (high, more)):
        total = 0.0
        for lab in ("maker", "rival"):
            own, wild, marginal = (
                market(outcome, lab, f"incidents_{what}") for what in ("own", "wild", "marginal")
            )
            assert np.all(np.diff(own) >= 0)
            assert np.all(marginal <= own + wild)
            total += own[-1] + wild[-1]
        assert total == sum(t <= 365 for t, _ in happened)
    assert market(high, "rival", "incidents_marginal")[-1] == 0.0


# ----------------------------------------------------------------------------- trust, churn, delays


def test_trust_falls_by_tau_x_and_comes_back_with_its_closed_form() -> None:
    """tau = .3, x = .5: T = .85, back by half after 180 ln 2 = 124.8 days; a tenth of the loss
    spills over. The south starts at .9 and keeps that as its own normal level."""
    outcome = simulate(load(small(scripted(lab="maker", severity=0.5), days=200)))
    day = np.arange(201) - 31.0
    decay = np.where(day >= 0, np.exp(-day / 180.0), 0.0)
    level = 0.75 + 0.25 * 0.9  # averaged over people
    for feature, loss in (("helper", 0.15), ("second", 0.15), ("other", 0.015)):
        expected = level * (1 - loss * decay)
        np.testing.assert_allclose(market(outcome, feature, "trust"), expected, rtol=1e-12)
    half = 1 - market(outcome, "helper", "trust")[31 + 125] / level
    assert half == pytest.approx(0.075, abs=2e-4)


def test_an_incident_of_one_feature_in_one_segment_stays_there() -> None:
    incident = scripted(feature="helper", segments=["south"])
    simulation = Simulation(load(small(incident, days=40, parameters={"trust_spill": 0})))
    simulation.run()
    fields = simulation.market.fields
    assert np.all(fields.trust[1:] == [1.0, 0.9])
    assert fields.trust[0, 0] == 1.0
    assert fields.trust[0, 1] == pytest.approx(0.9 * (1 - 0.3 * math.exp(-8 / 180)))
    assert fields.acute_churn[0, 1] == pytest.approx(1 + 3 * math.exp(-8 / 2))
    assert np.all(fields.acute_churn[1:] == 1.0)


def test_incidents_close_together_multiply_trust_and_add_churn() -> None:
    both = {
        "incidents": "none",
        "scripted": [
            {"date": "2026-02-01", "severity": 1, "lab": "maker"},
            {"date": "2026-02-03", "severity": 0.5, "lab": "maker", "channel": "wild"},
        ],
    }
    simulation = Simulation(load(small(both, days=34)))
    simulation.run()
    # Half of the blame for what happens in the wild: x = .25. The last tick begins on day 33.
    trust = (1 - 0.3 * math.exp(-2 / 180)) * (1 - 0.3 * 0.25)
    assert simulation.market.fields.trust[0, 0] == pytest.approx(trust)
    churn = 1 + 3 * (math.exp(-2 / 2) + 0.25)
    assert simulation.market.fields.acute_churn[0, 0] == pytest.approx(churn)


@pytest.mark.parametrize("tick", [0.5, 1.0, 7.0])
def test_extra_churn_adds_up_to_the_same_whatever_the_tick(tick: float) -> None:
    """A on the first day and A exp(-1/2) on the second: A / (1 - exp(-1/2)) days' worth in all."""
    scenario = load(small(scripted(lab="maker"), days=126, tick=f"{tick} d"))
    simulation = Simulation(scenario)
    extra: list[float] = []
    market, advance = simulation.market, simulation.market.advance

    def watch(day: float, dt: float, tick: int) -> None:
        extra.append(dt * (market.fields.acute_churn[0, 0] - 1.0))
        advance(day, dt, tick)

    simulation.market.advance = watch  # type: ignore[method-assign]
    simulation.run()
    start = 31.0 if tick < 7.0 else 35.0  # the first tick that begins after it is known
    expected = 3 * math.exp(-(start - 31.0) / 2) / (1 - math.exp(-0.5))
    assert sum(extra) == pytest.approx(expected)


def test_effects_begin_when_an_incident_is_known_and_its_hole_stays_until_the_patch() -> None:
    delays = {"detection": "10 d", "patch": "20 d", "feature": "helper"}
    simulation = Simulation(load(small(scripted(**delays), days=100)))
    exposure = safety_of(simulation).exposure
    own = exposure.entities.index(("maker", "best", "own"))
    guards = []
    advance = simulation.market.advance

    def watch(day: float, dt: float, tick: int) -> None:
        advance(day, dt, tick)
        guards.append(float(exposure.state.holes[own]))

    simulation.market.advance = watch  # type: ignore[method-assign]
    outcome = simulation.run()
    kinds = [(t, kind) for t, kind, _, _ in events(outcome, "incident", "detection", "patch")]
    assert kinds == [(31, "incident"), (41, "detection"), (61, "patch")]
    trust = market(outcome, "helper", "trust")
    assert np.all(trust[:41] == trust[0])
    assert trust[41] == pytest.approx(0.7 * trust[0])
    assert guards == [float(31 <= day < 61) for day in range(100)]
    assert market(outcome, "maker", "incidents_own")[[30, 31]].tolist() == [0, 1]
    assert market(outcome, "maker", "severity")[[40, 41]].tolist() == [0, 1]


def test_a_hole_that_is_not_patched_weakens_the_guard() -> None:
    simulation = Simulation(load(small({})))
    exposure = safety_of(simulation).exposure
    own = exposure.entities.index(("maker", "best", "own"))
    before = exposure.hazard(0.0)[own]
    exposure.state.holes[own] = 2
    ratio = exposure.hazard(0.0)[own] / before
    assert ratio == pytest.approx((1 - 0.85 * 0.8 * 0.9**2) / (1 - 0.85 * 0.8))


def test_measures_for_rules_look_back_twelve_months() -> None:
    incidents = [
        {"date": "2026-02-01", "severity": 1, "lab": "maker"},
        {"date": "2026-03-01", "severity": 0.5, "lab": "rival", "channel": "wild"},
    ]
    section = {"incidents": "none", "scripted": incidents}
    simulation = Simulation(load(small(section, days=31 + 364, tick="7 d")))
    simulation.run()
    measure = simulation.market.measure
    assert [measure("incidents", lab) for lab in (None, "maker", "rival")] == [2, 1, 1]
    assert measure("severity", None) == 1.5
    assert measure("trust", "rival") < 1.0
    later = Simulation(load(small(section, days=31 + 372, tick="7 d")))
    later.run()
    assert later.market.measure("severity", None) == 0.5


# ------------------------------------------------------------------------------------------ placebo


#: Whatever people do, and nothing of the market.
PEOPLE = Plan(market=(), tables=())


@cache
def hybrid(
    *settings: str,
    seed: int = 1,
    until: str = "2026-10-05",
    engine: str = "cohorts",
    plan: Plan = PEOPLE,
) -> Any:
    scenario = load("hybrid", set=settings, seed=seed, until=until, engine=engine)
    return simulate(scenario, plan=plan)


def test_safety_without_effects_changes_no_bit_of_adoption_or_the_market() -> None:
    """Incidents happen, nobody minds: every number of the run without the section is the same."""
    until = "2026-05-20"
    absent = hybrid(until=until, plan=FULL).tables
    off = ("safety={}", "parameters.trust_loss=0", "parameters.acute_churn=0")
    there = hybrid(*off, until=until, plan=FULL).tables
    assert there["adoption"].equals(absent["adoption"])
    a, b = (t["market"].to_pandas() for t in (absent, there))
    joined = a.merge(b, on=["day", "entity", "metric"], suffixes=("_a", "_b"))
    assert len(joined) == len(a)
    assert (joined.value_a == joined.value_b).all()
    assert "incident" in set(there["events"]["kind"].to_pylist())


def test_nothing_differs_before_the_incident() -> None:
    calm = hybrid("safety={incidents: none}", engine="cohorts")  # kept for the next test
    shocked = hybrid(SHOCK.format("meta"), engine="cohorts")
    a, b = (t.tables["adoption"].to_pandas() for t in (calm, shocked))
    differs = a.value.to_numpy() != b.value.to_numpy()
    assert a.day.to_numpy()[differs].min() == 32  # 2026-04-01 is day 31; its people move after


# ------------------------------------------------------------------------ an incident in a real run

SHOCK = "safety={{incidents: none, scripted: [{{date: 2026-04-01, lab: {}, severity: 1}}]}}"


@pytest.mark.parametrize(
    ("lab", "feature", "engine"),
    [
        ("meta", "meta-ai", "cohorts"),
        ("openai", "chatgpt", "cohorts"),
        ("meta", "meta-ai", "expected"),
    ],
)
def test_a_trust_shock_triples_uninstalls_and_costs_less_than_two_percent(
    lab: str, feature: str, engine: str
) -> None:
    """Uninstalls times 3 to 4, over within a week; at most 2 % of monthly users after six months
    (a paired difference). All parameters at their defaults."""
    calm = hybrid("safety={incidents: none}", engine=engine)
    shocked = hybrid(SHOCK.format(lab), engine=engine)
    day, leaving = series(shocked, "lapsed", feature)
    left = dict(zip(day, leaving / series(calm, "lapsed", feature)[1], strict=True))
    assert 3.0 <= left[32] <= 4.0
    # Those who were about to leave anyway are gone by then: times 2, not 3, on the second day.
    assert 1.9 <= left[33] < left[32]
    assert max(left[d] for d in day if d >= 38) < 1.1
    change = series(shocked, "mau", feature)[1] / series(calm, "mau", feature)[1] - 1.0
    assert np.all(change[:32] == 0.0)
    assert change.min() < -0.001
    assert -0.02 <= change[31 + 183] < 0.0


# --------------------------------------------------------------------------------------- stop rules


def stopping(then: str, when: dict[str, Any] | None = None, **rule: Any) -> dict[str, Any]:
    condition = {"metric": "severity", "op": ">=", "value": 0.5} | (when or {})
    entry = {"features": ["helper"], "when": condition, "then": then} | rule
    return scripted(lab="maker") | {"stop": [entry]}


def rollout_by_day(document: dict[str, Any]) -> tuple[Outcome, Any]:
    """The run, and the helper's share (days, platforms, segments) that people met each day."""
    simulation = Simulation(load(document))
    seen: list[Any] = []
    advance = simulation.market.advance

    def watch(day: float, dt: float, tick: int) -> None:
        seen.append(simulation.market.fields.rollout[0].copy())
        advance(day, dt, tick)

    simulation.market.advance = watch  # type: ignore[method-assign]
    return simulation.run(), np.array(seen)


def test_a_stop_rule_pauses_a_wave_and_resumes_it() -> None:
    """The incident of day 31 pauses the rollout; the wave due on day 40 waits until day 51."""
    outcome, share = rollout_by_day(small(stopping("pause", resume_after="20 d")))
    north, south = share[:, 0, 0], share[:, 0, 1]
    assert np.all(north[10:51] == 0.5)
    assert np.all(north[51:] == 0.8)
    assert np.all(south[10:] == 0.5)
    acts = [(t, kind) for t, kind, _, _ in events(outcome, "stop", "pause", "wave", "resume")]
    assert acts == [
        (10, "wave"), (31, "stop"), (31, "pause"), (40, "wave"), (51, "resume")
    ]  # fmt: skip
    said = events(outcome, "stop")[0]
    assert said[2:] == ("helper", "severity >= 0.5 (1.00): pause for 20 d")


def test_an_incident_stops_a_rollout_once_and_trust_as_long_as_it_is_low() -> None:
    once, _ = rollout_by_day(small(stopping("pause", resume_after="5 d")))
    assert len(events(once, "stop")) == 1
    low = {"metric": "trust", "op": "<", "value": 0.9}
    again, _ = rollout_by_day(small(stopping("pause", low, resume_after="5 d")))
    # The mean of .975 falls to .68 and is above .9 after 180 ln(.2925/.075) = 245 days.
    assert [t for t, *_ in events(again, "stop")] == list(range(31, 120, 5))


def test_a_rollback_goes_down_where_it_was_more_and_comes_back() -> None:
    rule = stopping("rollback", share="60 %", resume_after="30 d")
    rule["scripted"][0]["date"] = "2026-02-15"
    outcome, share = rollout_by_day(small(rule))
    north, south = share[:, 1, 0], share[:, 1, 1]
    assert np.all(north[40:45] == 0.8)
    assert np.all(north[45:75] == 0.6)
    assert np.all(north[75:] == 0.8)
    assert np.all(south[10:] == 0.5)
    details = [(t, detail) for t, kind, _, detail in events(outcome, "wave") if t >= 45]
    assert details == [
        (45, "60% of visits on feed, chat in north"), (75, "80% of visits on feed, chat in north")
    ]  # fmt: skip


def test_a_wave_that_fell_due_meanwhile_counts_when_a_cut_ends() -> None:
    _, share = rollout_by_day(small(stopping("kill", resume_after="20 d")))
    north, south = share[:, 0, 0], share[:, 0, 1]
    for place, after in ((north, 0.8), (south, 0.5)):
        assert np.all(place[10:31] == 0.5)
        assert np.all(place[31:51] == 0.0)
        assert np.all(place[51:] == after)


def test_the_kill_switch_is_final_unless_something_dated_resumes() -> None:
    killed = small(stopping("kill"))
    _, share = rollout_by_day(killed)
    assert np.all(share[31:] == 0.0)
    feature = killed["features"]["helper"]
    back = [{"date": "2026-03-12", "action": "resume"}, {"date": "2026-03-12", "share": "20 %"}]
    features = killed["features"] | {"helper": feature | {"rollout": [*feature["rollout"], *back]}}
    _, share = rollout_by_day(killed | {"features": features})
    assert np.all(share[31:70] == 0.0)
    assert np.all(share[70:] == 0.2)


def test_a_feature_that_two_rules_hold_goes_on_when_the_last_lets_go() -> None:
    two = stopping("rollback", share="10 %", resume_after="40 d")
    kill = {"when": {"metric": "trust", "op": "<", "value": 0.4}, "then": "kill"}
    two["stop"].append(kill | {"resume_after": "60 d", "features": "all"})
    two["scripted"].append({"date": "2026-02-21", "lab": "maker", "severity": 2})
    _, share = rollout_by_day(small(two, days=140))
    north = share[:, 0, 0]
    assert np.all(north[31:51] == 0.1)
    assert np.all(north[51:111] == 0.0)  # the first rule's 40 days end on day 71
    assert np.all(north[111:] == 0.8)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_rules_that_act_at_once_the_strictest_counts(order: tuple[int, ...]) -> None:
    section = stopping("pause", resume_after="10 d")
    when = section["stop"][0]["when"]
    rules = [
        *section["stop"],
        {"when": when, "then": "rollback", "share": "10 %", "resume_after": "20 d"},
        {"when": when, "then": "kill", "resume_after": "30 d"},
    ]
    outcome, share = rollout_by_day(small(section | {"stop": [rules[i] for i in order]}))
    north, south = share[:, 0, 0], share[:, 0, 1]
    assert [t for t, *_ in events(outcome, "stop")] == [31, 31, 31]
    assert np.all(share[31:61] == 0.0)
    assert np.all(north[61:] == 0.8)
    assert np.all(south[61:] == 0.5)


@pytest.mark.parametrize(
    ("when", "stops"),
    [
        ({"metric": "incidents", "value": 1}, True),
        ({"metric": "incidents", "value": 2}, False),
        ({"metric": "incidents", "value": 1, "channel": "wild"}, False),
        ({"metric": "severity", "value": 1.01}, False),
        ({"metric": "churn", "value": "90 % per day"}, False),
        ({"metric": "churn", "value": "2 % per day"}, True),
        ({"metric": "trust", "op": "<=", "value": 0.6}, False),
    ],
)
def test_conditions_compare_what_was_measured(when: dict[str, Any], stops: bool) -> None:
    outcome, _ = rollout_by_day(small(stopping("pause", when)))
    assert bool(events(outcome, "stop")) == stops


# -------------------------------------------------------------------------------------- wrong input

BAD = """\
name: bad
start: 2026-01-01
duration: 1 year
segments: {north: {people: 1 M}}
labs: {maker: {quality: 30 frontier-months, models: {best: {level: api}}}}
features:
  helper: {lab: maker, tier: best, standalone: {pull: 0.1 per year}}
safety:
  detection: {own: 2}
  scripted:
    - {date: 2025-01-01, lab: maker, severity: 1}
    - {date: 2026-02-01, severity: 1}
    - {date: 2026-02-01, feature: helpr, severity: 20, segments: [nort]}
  stop:
    - {features: [helper], when: {metric: trust, op: "<", value: 1, within: 30 d}, then: rollback}
    - {when: {metric: incidnts, op: ">", value: 2}, then: pause}
    - {when: {metric: incidents, op: ">", value: 2}, then: pause, share: 10 %}
    - {when: {metric: churn, op: ">", value: 2}, then: halt}
"""


def test_mistakes_are_told_at_their_line_and_column(tmp_path: Any) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    found = [(p.line, p.column, p.message) for p in caught.value.problems]
    assert found == [
        (9, 20, "`2` has no unit"),
        (11, 14, "2025-01-01 is before the start, 2026-01-01"),
        (12, 7, "neither `lab` nor `feature`"),
        (13, 35, "unknown feature `helpr`"),
        (13, 52, "20 is out of range"),
        (13, 67, "unknown segment `nort`"),
        (15, 7, "a rollback without a share"),
        (15, 19, "`helper` is placed on no platform, so it has no rollout to stop"),
        (15, 77, "`within` with the metric trust"),
        (16, 23, "`incidnts` is not known here"),
        (17, 74, "a share in a rule that says `pause`"),
        (18, 46, "`2` has no unit"),
        (18, 56, "`halt` is not known here"),
    ]


def test_a_scenario_with_the_section_reads_back_as_itself() -> None:
    scenario = load(small(stopping("rollback", share="10 %", resume_after="30 d")))
    assert load(scenario.plain()) == scenario
    assert "per year" in scenario.parameters["incident_rate"].text
    assert scenario.parameters["incident_rate"] * DAYS_PER_YEAR > 0
