"""Accounts: funnel times, queues, gates, switching, conservation, revenue, and placebos."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.clock import Clock, Event
from sim.market.enterprise.actor import EnterpriseActor
from sim.market.enterprise.desks import Desk
from sim.record.plan import Plan
from sim.running.simulation import Outcome, Simulation, simulate
from sim.scenario import Scenario, ScenarioError, load

YEAR = 365.25

#: A lab that sells through an API only, and one whose weights are out.
GUARDED = {"quality": "30 frontier-months", "models": {"main": {"level": "api"}}}
GIVEN_AWAY = {"quality": "30 frontier-months", "models": {"main": {"level": "open"}}}
#: A lab that sells nothing to outsiders.
INWARD = {"quality": "30 frontier-months", "models": {"main": {"level": "hosted"}}}


def market(
    accounts: dict[str, Any],
    labs: dict[str, Any] | None = None,
    *,
    duration: str = "2 years",
    parameters: dict[str, Any] | None = None,
    section: dict[str, Any] | None = None,
    **more: Any,
) -> Scenario:
    """A scenario of few people, in which only accounts matter."""
    labs = labs or {"guarded": GUARDED}
    return load(
        {
            "name": "accounts",
            "start": "2026-03-01",
            "duration": duration,
            "tick": "5 d",
            "engine": "expected",
            "segments": {"everybody": {"people": 1000}},
            "features": {
                "assistant": {
                    "lab": next(iter(labs)),
                    "tier": "main",
                    "standalone": {"pull": "0.001 per day"},
                }
            },
            "labs": labs,
            "parameters": parameters or {},
            "enterprise": {"accounts": accounts, **(section or {})},
            **more,
        }
    )


#: For runs that are asked for their accounts alone.
UNREAD = Plan(metrics=(), market=(), tables=())


def group(**given: Any) -> dict[str, Any]:
    """A group of 1,000 accounts that each want one family."""
    return {"count": 1000, "contract": "100 k USD per year", "families": [1], **given}


def rows(outcome: Outcome) -> dict[tuple[str, str], Any]:
    """Every series of the market table, in the order of days."""
    table = outcome.tables["market"].to_pandas()
    return {
        (str(entity), str(metric)): part["value"].to_numpy()
        for (entity, metric), part in table.groupby(["entity", "metric"], observed=True)
    }


def sold(scenario: Scenario) -> Outcome:
    """A run of which the market is recorded, and nothing of the people."""
    return simulate(scenario, plan=Plan(metrics=(), tables=()))


def played(scenario: Scenario) -> EnterpriseActor:
    """The accounts of a scenario at its end."""
    simulation = Simulation(scenario, plan=UNREAD)
    simulation.run()
    return actor_of(simulation)


def actor_of(simulation: Simulation) -> EnterpriseActor:
    return next(a for a in simulation.market.actors if isinstance(a, EnterpriseActor))


# --- time in the funnel


@pytest.mark.parametrize(("median", "spread"), [(7.5, 0.3), (15.0, 0.3), (12.0, 0.8)])
def test_without_queues_deals_take_the_lognormal_cycle(median: float, spread: float) -> None:
    terms = group(
        count=5000, cycle=f"{median} months", spread=spread, win_rate=0.3, term="10 years"
    )
    duration = 10.0 if spread < 0.5 else 20.0
    simulation = Simulation(
        market(
            {"large": terms},
            duration=f"{duration} years",
            tick="30 d",
            section={"deals_at_start": False},
        ),
        plan=UNREAD,
    )
    actor = actor_of(simulation)
    taken: list[float] = []

    def heard(time: float, lab: int, deal: int, value: float) -> None:
        opened = actor.funnel.openings.time[deal]
        # Who opened late shows only when quick: leave those out whose end may lie beyond the run.
        if opened < duration * YEAR - median * 30.4375 * math.exp(3.0 * spread):
            taken.append(time - opened)

    actor.funnel.on_win = heard
    simulation.run()
    assert len(taken) > 2500
    law = stats.lognorm(spread, scale=median * YEAR / 12.0)
    assert stats.kstest(taken, law.cdf).pvalue > 0.01


def test_waiting_for_desks_comes_on_top_of_the_cycle() -> None:
    terms = {"large": group(count=3000, spread=0.0, win_rate=0.3)}
    desk = {"servers": 2, "work": "3 d", "law": "fixed"}
    free = played(market(terms))
    short = played(market(terms, section={"vendors": {"guarded": {"review": desk}}}))
    assert free.funnel.state.counts[0].won > 2 * short.funnel.state.counts[0].won
    # Two servers of three days each let no more through than two thirds of a deal a day.
    passed = short.funnel.vendors[0].review.begun
    assert passed <= 2 / 3 * (2 * YEAR + 8 * 30.4375) + 2
    assert len(short.funnel.vendors[0].review.queue) > 500


# --- queues


def erlang_c(servers: int, load_: float) -> float:
    """Share of customers that wait in M/M/c (Erlang 1917), `load_` = arrivals x mean service."""
    terms = [load_**k / math.factorial(k) for k in range(servers)]
    last = load_**servers / math.factorial(servers) * servers / (servers - load_)
    return last / (sum(terms) + last)


def batch_z(values: Any, expected: float, batches: int = 25) -> float:
    """Distance of a mean from what it should be, in standard errors from means of batches."""
    means = np.array([part.mean() for part in np.array_split(np.asarray(values), batches)])
    return float((means.mean() - expected) / (means.std(ddof=1) / math.sqrt(batches)))


@pytest.mark.parametrize(("servers", "busy"), [(1, 0.6), (5, 0.8), (20, 0.9)])
def test_a_desk_on_the_clock_is_the_queue_m_m_c(servers: int, busy: float) -> None:
    customers, mean = 30_000, 10.0
    rng = np.random.Generator(np.random.Philox(20260301))
    rate = busy * servers / mean
    arrivals = np.cumsum(rng.exponential(1.0 / rate, customers)).tolist()
    works = rng.exponential(mean, customers).tolist()
    waited = np.zeros(customers)
    desk, clock = Desk(servers), Clock()

    def begin(time: float, deal: int) -> Event:
        waited[deal] = time - arrivals[deal]
        return Event(time + works[deal], 1, f"done:{deal}", "done", "desk", {"deal": deal})

    def arrive(event: Event) -> list[Event]:
        deal = event.data["deal"]
        following = [begin(event.time, deal)] if desk.join(event.time, deal) else []
        if deal + 1 < customers:
            following.append(arrival(deal + 1))
        return following

    def done(event: Event) -> list[Event]:
        waiting = desk.leave(event.time)
        return [] if waiting is None else [begin(event.time, waiting)]

    def arrival(deal: int) -> Event:
        return Event(arrivals[deal], 1, f"arrive:{deal}", "arrive", "desk", {"deal": deal})

    clock.on("arrive", arrive)
    clock.on("done", done)
    clock.schedule([arrival(0)])
    clock.run(until=math.inf)
    assert desk.begun == customers
    assert desk.busy == 0
    waits = erlang_c(servers, rate * mean)
    relax = servers / mean - rate
    assert abs(batch_z(waited, waits / relax)) < 3.0
    assert abs(batch_z(waited > 1e-9, waits)) < 3.0
    tail = waits * math.exp(-relax * mean)
    assert abs(batch_z(waited > mean, tail)) < 3.0


def test_deals_wait_for_the_sales_desk_as_in_m_m_c() -> None:
    # Many accounts that seldom open make the arrivals Poisson; hardly any of them is busy then.
    mean, ratios = 0.7, []
    for seed in range(1, 5):
        actor = played(
            market(
                {"many": group(count=3000, cycle="1 d", demand="0.2 per year", win_rate=0)},
                duration="40 years",
                tick="200 d",
                seed=seed,
                section={
                    "vendors": {"guarded": {"sales": {"servers": 2, "work": f"{mean} d"}}},
                    "deals_at_start": False,
                },
            )
        )
        sales = actor.funnel.vendors[0].sales
        assert sales.begun > 20_000
        rate = sales.begun / (40 * YEAR)
        expected = erlang_c(2, rate * mean) / (2 / mean - rate)
        ratios.append(sales.waited / sales.begun / expected)
    # One run is within about 5 %, as 50 of them show.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.075)


# --- gates


def won(scenario: Scenario) -> dict[str, int]:
    actor = played(scenario)
    counts = zip(scenario.labs, actor.funnel.state.counts, strict=True)
    return {lab: count.won for lab, count in counts}


def test_accounts_that_require_an_air_gap_go_to_released_weights() -> None:
    labs = {"guarded": GUARDED, "given-away": GIVEN_AWAY}
    wins = won(market({"defence": group(gates={"air-gap": 1})}, labs))
    assert wins["guarded"] == 0
    assert wins["given-away"] > 100


def test_accounts_that_require_an_authorised_cloud_go_to_the_controlled_api() -> None:
    labs = {"guarded": GUARDED, "given-away": GIVEN_AWAY}
    scenario = market({"agency": group(gates={"authorised-cloud": 1})}, labs)
    wins = won(scenario)
    assert wins["given-away"] == 0
    assert wins["guarded"] > 100
    last = {name: values[-1] for name, values in rows(sold(scenario)).items()}
    assert last["given-away", "shut_out_authorised_cloud"] > 300
    assert last["guarded", "shut_out_authorised_cloud"] == 0


def test_without_gates_neither_way_of_release_is_sure_to_win() -> None:
    labs = {"guarded": GUARDED, "given-away": GIVEN_AWAY}
    wins = won(market({"firms": group(count=3000)}, labs))
    share = wins["guarded"] / sum(wins.values())
    assert 0.2 < share < 0.8


def test_choice_among_equals_but_for_quality_is_logit() -> None:
    # q = 1 - exp(-Q / 24), weight 4: the odds are exp(4 (q_a - q_b)).
    better = {"quality": "40 frontier-months", "models": {"main": {"level": "api"}}}
    worse = {"quality": "20 frontier-months", "models": {"main": {"level": "api"}}}
    actor = played(
        market(
            {"firms": group(count=20_000, win_rate=0)},
            {"better": better, "worse": worse},
            duration="1 year",
            tick="30 d",
            section={"deals_at_start": False},
        )
    )
    better_opened, worse_opened = (c.opened for c in actor.funnel.state.counts)
    odds = math.exp(4.0 * (math.exp(-20 / 24) - math.exp(-40 / 24)))
    share, n = odds / (1 + odds), better_opened + worse_opened
    assert n > 10_000
    z = (better_opened / n - share) / math.sqrt(share * (1 - share) / n)
    assert abs(z) < 3.0


def test_a_lab_with_an_api_and_released_weights_passes_gates_of_both_kinds() -> None:
    hybrid = {
        "quality": "30 frontier-months",
        "models": {
            "main": {"level": "api"},
            "small": {"level": "weights", "behind": "6 frontier-months"},
        },
    }
    gates = {"audit-logs": 1, "air-gap": 1}
    labs = {"guarded": GUARDED, "given-away": GIVEN_AWAY, "hybrid": hybrid}
    wins = won(market({"agency": group(gates=gates)}, labs))
    assert wins["guarded"] == wins["given-away"] == 0
    assert wins["hybrid"] > 100


def test_a_partner_cloud_passes_a_gate_and_a_group_may_exclude_vendors() -> None:
    labs = {"guarded": GUARDED, "given-away": GIVEN_AWAY}
    partner = {"vendors": {"guarded": {"also": ["residency"]}}}
    home = {"firms": group(gates={"residency": 1})}
    assert won(market(home, labs))["guarded"] == 0
    assert won(market(home, labs, section=partner))["guarded"] > 20
    barred = {"firms": group(gates={"residency": 1}, vendors=["given-away"])}
    assert won(market(barred, labs, section=partner))["guarded"] == 0


def test_weights_once_released_pass_gates_after_the_lab_has_closed() -> None:
    def closing(level: str) -> dict[str, Any]:
        step = {"date": "2026-09-01", "level": "closed", "new_version": False}
        return {
            "quality": "30 frontier-months",
            "models": {"main": {"level": level, "releases": [step]}},
        }

    held = {"at_start": {"turning": 1}, "demand": "0 per year"}
    left = played(market({"a": group(gates={"air-gap": 1}, **held)}, {"turning": closing("open")}))
    assert left.contracts.state.count == [[1000]]
    withdrawn = played(
        market({"a": group(gates={"audit-logs": 1}, **held)}, {"turning": closing("api")})
    )
    # Every contract ends with its term of a year, and nobody is there to follow.
    assert withdrawn.contracts.state.count == [[0]]
    assert withdrawn.contracts.state.ended == [1000]
    assert withdrawn.contract_revenue("turning") == 0.0


def test_a_deal_is_lost_when_its_lab_closes_before_the_review() -> None:
    step = {"date": "2026-06-01", "level": "hosted", "new_version": False}
    turning = {
        "quality": "30 frontier-months",
        "models": {"main": {"level": "api", "releases": [step]}},
    }
    actor = played(market({"a": group(demand="6 per year")}, {"turning": turning}))
    counts = actor.funnel.state.counts[0]
    assert counts.failed_review > 100
    assert counts.in_qualification + counts.in_review + counts.in_procurement == 0


# --- contracts


@pytest.mark.parametrize("term", ["1 year", "2 years"])
def test_eleven_per_cent_a_year_switch_between_equals(term: str) -> None:
    count, years = 20_000, 4
    actor = played(
        market(
            {"firms": group(count=count, at_start={"one": 1}, demand="0 per year", term=term)},
            {"one": GUARDED, "two": GUARDED},
            duration=f"{years} years",
            tick="30 d",
        )
    )
    # The term under way at the start ends at any time within it, so contracts are looked at once
    # every term; whoever left may come back, so count the changes.
    changes = sum(actor.contracts.state.switched_out)
    per_term = 1.0 - 0.89 ** float(term[0])
    looks = count * years / float(term[0])
    assert abs(changes - per_term * looks) < 3.5 * math.sqrt(per_term * (1 - per_term) * looks)
    assert 1.0 - (1.0 - changes / looks) ** (1 / float(term[0])) == pytest.approx(0.11, abs=0.004)


def test_a_better_rival_takes_more_contracts_away() -> None:
    better = {"quality": "60 frontier-months", "models": {"main": {"level": "api"}}}
    held = {"firms": group(count=5000, at_start={"one": 1}, demand="0 per year")}
    even = played(market(held, {"one": GUARDED, "two": GUARDED}))
    behind = played(market(held, {"one": GUARDED, "two": better}))
    assert behind.contracts.state.switched_out[0] > 1.3 * even.contracts.state.switched_out[0]


def test_contracts_are_worth_what_the_group_says_on_average() -> None:
    held = {"firms": group(count=20_000, at_start={"guarded": 1})}
    actor = actor_of(Simulation(market(held, duration="10 d")))
    spread = math.sqrt(math.expm1(0.75**2) / 20_000)
    assert actor.contract_revenue("guarded") == pytest.approx(2e9, rel=3.5 * spread)
    on_weights = actor_of(
        Simulation(
            market(
                {"firms": group(at_start={"given-away": 1})},
                {"given-away": GIVEN_AWAY},
                duration="10 d",
                parameters={"account_size_spread": 0},
            )
        )
    )
    assert on_weights.contract_revenue("given-away") == pytest.approx(0.3 * 1000 * 1e5)


# --- conservation


THREE = {"guarded": GUARDED, "given-away": GIVEN_AWAY, "second": GUARDED}
MIXED = {
    "mid-size": group(
        families=[0.3, 0.3, 0.4],
        gates={"audit-logs": 0.3, "residency": 0.1},
        at_start={"guarded": 0.3, "given-away": 0.2},
    ),
    "government": group(count=300, cycle="12 months", spread=0.8, gates={"air-gap": 0.4}),
}
DESKS = {
    "vendors": {
        "guarded": {
            "sales": {"servers": 5, "work": "8 d"},
            "review": {"servers": 4, "work": "12 d"},
        }
    }
}


def test_no_deal_and_no_contract_is_lost_or_made_on_the_way() -> None:
    scenario = market(MIXED, THREE, section=DESKS)
    simulation = Simulation(scenario)
    actor = actor_of(simulation)
    at_start = [sum(of_group[i] for of_group in actor.contracts.state.count) for i in range(3)]
    seen = rows(simulation.run())
    for i, lab in enumerate(THREE):

        def of(metric: str, lab: str = lab) -> Any:
            return seen[lab, metric]

        under_way = (
            of("deals_in_qualification") + of("deals_in_review") + of("deals_in_procurement")
        )
        assert (of("deals_opened") == under_way + of("deals_won") + of("deals_lost")).all()
        assert (of("deals_qualified") == of("deals_opened") - of("deals_in_qualification")).all()
        change = of("deals_won") + of("switched_in") - of("switched_out") - of("contracts_ended")
        assert (of("contracts") == at_start[i] + change).all()
        for stage in ("opened", "won", "lost"):
            assert (np.diff(of(f"deals_{stage}")) >= 0).all()
    held = actor.contracts.state.held
    assert sum(map(len, held)) == sum(map(sum, actor.contracts.state.count))
    assert sum(map(len, actor.contracts.state.in_talks)) == len(actor.funnel.state.lab_of)
    assert sum(actor.contracts.state.revenue) == pytest.approx(sum(sum(h.values()) for h in held))
    assert actor.contracts.state.served == [
        sum(1 for h, g in zip(held, actor.accounts.group, strict=True) if h and g == n)
        for n in range(2)
    ]


def test_the_funnel_is_full_on_the_start_date_and_stays_as_full() -> None:
    labs = {"guarded": GUARDED}
    steady = {"firms": group(count=8000, families=[0, 0, 1], win_rate=0, demand="0.1 per year")}
    seen = rows(sold(market(steady, labs, duration="3 years", tick="30 d")))
    under_way = seen["guarded", "deals_opened"] - seen["guarded", "deals_lost"]
    # Little's law: openings a day times the mean cycle, exp(spread^2 / 2) medians.
    mean = 7.5 * 30.4375 * math.exp(0.3**2 / 2)
    free = 8000 / (1 + 0.1 * mean / YEAR)  # one lab: who talks to it cannot open another deal
    expected = free * 0.1 * mean / YEAR
    assert under_way == pytest.approx(np.full(under_way.size, expected), rel=0.2)
    assert under_way[0] == pytest.approx(expected, rel=0.12)


def test_win_rates_are_those_given() -> None:
    actor = played(market({"firms": group(count=8000, families=[0, 0, 1])}, THREE, tick="7 d"))
    wins = sum(c.won for c in actor.funnel.state.counts)
    decided = wins + sum(c.lost for c in actor.funnel.state.counts)
    assert decided > 5000
    assert abs(wins / decided - 0.2) < 3.5 * math.sqrt(0.2 * 0.8 / decided)


# --- common random numbers


def test_a_lab_that_can_sell_nothing_changes_nothing_for_the_others() -> None:
    alone = rows(sold(market(MIXED, THREE, section=DESKS)))
    more = rows(sold(market(MIXED, {**THREE, "inward": INWARD}, section=DESKS)))
    for name, values in alone.items():
        assert np.array_equal(values, more[name]), name


def test_the_order_of_labs_and_groups_is_immaterial() -> None:
    forward = rows(sold(market(MIXED, THREE, section=DESKS, seed=3)))
    labs = {"guarded": THREE["guarded"], "second": THREE["second"], "given-away": GIVEN_AWAY}
    groups = dict(reversed(MIXED.items()))
    backward = rows(sold(market(groups, labs, section=DESKS, seed=3)))
    for name, values in forward.items():
        assert np.array_equal(values, backward[name]), name


def test_accounts_that_join_leave_the_draws_of_the_others_alone() -> None:
    few, many = (actor_of(Simulation(market({"firms": group(count=n)}, THREE))) for n in (500, 700))
    assert few.accounts.size == many.accounts.size[:500]
    mine = [t for t, a in zip(many.funnel.openings.time, many.funnel.openings.account, strict=True)
            if a < 500]  # fmt: skip
    assert few.funnel.openings.time == mine


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    short = rows(sold(market(MIXED, THREE, section=DESKS, duration="200 d")))
    long = rows(sold(market(MIXED, THREE, section=DESKS, duration="400 d")))
    for name, values in short.items():
        assert np.array_equal(values, long[name][: values.size]), name


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_accounts_and_revenue_change_no_bit_of_anything_else(engine: str) -> None:
    base = load("baseline-2026", engine=engine, until="2026-05-01")
    both = {
        "enterprise": {"accounts": {"firms": group(count=200, at_start={"openai": 0.5})}},
        "revenue": {},
    }
    with_accounts = simulate(load(base, set=both))
    without = simulate(base)
    assert without.tables["adoption"].equals(with_accounts.tables["adoption"])
    others, all_rows = rows(without), rows(with_accounts)
    assert not any(metric.startswith("revenue") for _, metric in others)
    for name, values in others.items():
        assert np.array_equal(values, all_rows[name]), name
    events = without.tables["events"].to_pylist()
    more = with_accounts.tables["events"].to_pylist()
    assert [e for e in more if e["kind"] not in {"accounts", "contract"}] == events


# --- revenue


def test_revenue_is_users_developers_and_contracts_times_their_prices() -> None:
    scenario = load(
        "baseline-2026",
        until="2026-05-01",
        set={
            "revenue": {"features": {"chatgpt": {"paying": "5 %", "engagement": "1 USD per year"}}},
            "developers.at_start.multi_home": 0,
        },
    )
    outcome = simulate(scenario)
    seen = rows(outcome)
    adoption = outcome.tables["adoption"].to_pandas()
    total = adoption[(adoption.platform == "all") & (adoption.segment == "all")]

    def users(feature: str, metric: str) -> Any:
        chosen = (total.feature == feature) & (total.metric == metric)
        return total[chosen].sort_values("day").value.to_numpy()

    def equal(lab: str, channel: str, expected: Any) -> None:
        np.testing.assert_allclose(seen[lab, f"revenue_{channel}"], expected, rtol=1e-12)

    # Meta AI is placed on platforms: 2 USD a year for each daily user, and no subscriptions.
    equal("meta", "engagement", 2.0 * users("meta-ai", "dau"))
    equal("meta", "subscription", 0.0 * users("meta-ai", "wau"))
    equal("openai", "engagement", users("chatgpt", "dau"))
    equal("openai", "subscription", 0.05 * 20.0 * 12.0 * users("chatgpt", "wau"))
    equal("google", "subscription", 0.056 * 20.0 * 12.0 * users("gemini", "wau"))
    for lab in ("meta", "openai"):
        parts = sum(seen[lab, f"revenue_{c}"] for c in ("engagement", "subscription", "api"))
        np.testing.assert_allclose(seen[lab, "revenue"], parts)
    # 40 % of 18 M developers on OpenAI with 100 M tokens a month each: between the list prices of
    # its two tiers, .26 and 3.4 USD per million tokens.
    for price, way in ((0.26, 1), (3.4, -1)):
        bound = 0.4 * 18e6 * 100 * price * 12
        assert way * seen["openai", "revenue_api"][0] > way * bound


def test_self_hosted_tokens_pay_nobody_and_hosted_ones_pay_the_lab_a_share() -> None:
    def api_revenue(price: str) -> float:
        lab = {"quality": "30 frontier-months",
               "models": {"main": {"level": "open", "api_price": price}}}  # fmt: skip
        developers = {"people": 1000, "at_start": {"building": 1, "families": {"maker": 1}}}
        scenario = market(
            {"firms": group()}, {"maker": lab}, duration="10 d", developers=developers, revenue={}
        )
        return float(rows(sold(scenario))["maker", "revenue_api"][0])

    # 500 USD a month and .1 USD per million tokens to host 100 M tokens oneself: 510 USD a month.
    assert api_revenue("6 USD per million tokens") == 0.0
    assert api_revenue("4 USD per million tokens") == pytest.approx(1000 * 0.2 * 400 * 12, rel=1e-6)


def test_rules_may_look_at_account_share_and_revenue() -> None:
    def rule(metric: str, value: str) -> dict[str, Any]:
        when = {"metric": metric, "op": ">", "value": value}
        return {"when": when, "then": {"tier": "main", "level": "finetune-api"}}

    held = {"firms": group(at_start={"guarded": 1})}
    for written, acts in (
        (rule("account_share", "99 %"), True),
        (rule("revenue", "50 M USD per year"), True),
        (rule("revenue", "500 M USD per year"), False),
    ):
        policy = {"review": {"every": "1 month"}, "rules": [written]}
        scenario = market(
            held, {"guarded": {**GUARDED, "policy": policy}}, duration="40 d", revenue={}
        )
        kinds = simulate(scenario).tables["events"].column("kind").to_pylist()
        assert ("rule" in kinds) == acts


# --- scenario files


def test_mistakes_are_reported_where_they_stand(tmp_path: Any) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "extends: baseline-2026\n"
        "name: wrong\n"
        "enterprise:\n"
        "  accounts:\n"
        "    large:\n"
        "      count: 100\n"
        "      contract: 1 M USD per year\n"
        "      families: [50 %, 40 %]\n"
        "      gates: {air-gapp: 10 %}\n"
        "      at_start: {opnai: 10 %}\n"
        "    meta: {count: 10, contract: 1 k USD per year}\n"
        "  vendors:\n"
        "    gogle: {sales: {servers: 3, work: 5 d}}\n"
        "revenue:\n"
        "  features: {chatgtp: {paying: 5 %}}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        load(path)
    found = {(p.line, p.column, p.nearest) for p in caught.value.problems}
    assert (9, 15, "air-gap") in found
    assert (15, 14, "chatgpt") in found
    assert (13, 5, "google") in found
    path.write_text(path.read_text().replace("air-gapp", "air-gap"))
    with pytest.raises(ScenarioError) as caught:
        load(path)
    found = {(p.line, p.column, p.nearest) for p in caught.value.problems}
    assert (10, 18, "openai") in found
    assert any(p.line == 8 and "90 %" in p.message for p in caught.value.problems)
    assert any(p.line == 11 and "is a lab too" in p.message for p in caught.value.problems)


def test_the_section_survives_writing_and_reading() -> None:
    scenario = market(MIXED, THREE, section=DESKS, revenue={})
    assert load(scenario.plain()) == scenario
