"""The shipped scenarios show what their heads say, and the replays stay within published bands.

Runs use the engine `expected`; those of the whole market are cut short or take weekly ticks, which
move a two-year figure by less than one per cent.
"""

import datetime as dt
import math
import re
from functools import cache

import pytest

import sim.scenario
from sim.facts import fact, facts
from sim.market.event_kinds import EVENT_KINDS
from sim.parameters import PARAMETERS
from sim.record.record import Record
from sim.record.tables import Series
from sim.running.run import Run
from sim.running.simulation import simulate
from sim.scenario import Scenario

LIBRARY = (
    "open",
    "closed",
    "hybrid",
    "staged",
    "open-then-closed",
    "better-rival",
    "standalone-app",
    "incident-mid-rollout",
    "choice-screen",
    "slow-waves",
    "fast-waves",
    "no-ecosystem",
    "enterprise-only",
    "research-bet",
    "threads-replay",
    "google-plus-replay",
)
REPLAYS = ("threads-replay", "google-plus-replay")
WEEKLY = ("tick=7 d",)


@cache
def played(
    name: str,
    with_: tuple[str, ...] = (),
    set_: tuple[str, ...] = (),
    until: str | None = None,
    seed: int | None = None,
) -> Record:
    scenario = sim.scenario.load(
        name, with_=with_, set=set_, until=until, seed=seed, engine="expected"
    )
    record = Run.of(simulate(scenario)).record
    assert {event.kind for event in record.events} <= set(EVENT_KINDS), "each is described"
    return record


def use(record: Record, feature: str, metric: str, segment: str = "all") -> dict[int, float]:
    """A measure of use by day; empty where the run has no such feature."""
    return by_day(record.adoption(metric, feature, segment=segment))


def market(record: Record, entity: str, metric: str) -> dict[int, float]:
    """A market measure of one entity by day."""
    return by_day(record.market(metric, entity))


def by_day(series: Series) -> dict[int, float]:
    return dict(zip(map(int, series.day.tolist()), series.value.tolist(), strict=True))


def last(series: dict[int, float]) -> float:
    return series[max(series)]


# --- the library


@pytest.mark.parametrize("name", LIBRARY)
def test_every_scenario_says_what_it_asks_and_where_to_look(name: str) -> None:
    _, title, question, path = next(row for row in sim.scenario.available() if row[0] == name)
    assert title
    assert question
    assert question.endswith("?")
    head = path.read_text(encoding="utf-8").split("\nname:")[0]
    if name not in ("open", "closed", "hybrid"):
        assert re.search(r"^# Questions? \d", head, re.M), "names one of the ten questions"
        assert "Look at" in head
        assert "illustratively" in head


@pytest.mark.parametrize("name", LIBRARY)
def test_every_scenario_loads_with_each_of_its_overrides(name: str) -> None:
    scenario = sim.scenario.load(name)
    for override in scenario.overrides:
        changed = sim.scenario.load(name, with_=(override,))
        assert changed != scenario or override == "survey-overlaps", override


@pytest.mark.parametrize("name", LIBRARY)
def test_numbers_lie_inside_their_registered_ranges_with_unit_label_and_source(name: str) -> None:
    for row in sim.scenario.load(name).evidence():
        assert row.low <= row.value <= row.high or row.value == 0.0, row.path
        assert row.label in ("S", "D", "A"), row.path
        assert row.source, row.path


@pytest.mark.parametrize("name", REPLAYS)
def test_strengths_of_replays_lie_inside_the_range_of_their_surface(name: str) -> None:
    for feature in sim.scenario.load(name).features.values():
        for placement in feature.placements.values():
            allowed = PARAMETERS[f"surface.{placement.surface}.strength"]
            strength = allowed.default if placement.strength is None else placement.strength
            assert strength is not None
            assert allowed.low <= strength <= allowed.high


@pytest.mark.parametrize("name", LIBRARY)
def test_a_number_that_cites_a_fact_equals_it(name: str) -> None:
    ids = {row.id for row in facts()}
    for row in sim.scenario.load(name).evidence():
        for cited in re.findall(r"\b([a-z]+(?:-[a-z0-9]+)+-\d[\w-]*)", row.source):
            assert cited in ids, row.path
        if match := re.fullmatch(r"fact ([a-z0-9-]+)", row.source):
            assert math.isclose(row.value, fact(match[1]).value, rel_tol=1e-9), row.path


# --- Threads: a borrowed graph


def _threads_day(id: str) -> int:
    return (fact(id).date - dt.date(2023, 7, 5)).days


def test_threads_has_100_million_sign_ups_in_five_days_and_hardly_any_before_the_second() -> None:
    ever = use(played("threads-replay"), "threads", "ever")
    assert _threads_day("threads-signups-day-5") == 5
    assert ever[5] == pytest.approx(fact("threads-signups-day-5").value, rel=0.02)
    assert ever[1] < 0.4 * ever[5]


def test_threads_loses_52_per_cent_of_its_daily_users_in_a_week_from_the_peak() -> None:
    daily = use(played("threads-replay"), "threads", "dau")
    peak = max(range(15), key=daily.__getitem__)
    assert peak in (2, 3)
    published = fact("threads-dau-day-9").value / fact("threads-dau-day-2").value
    assert published - 1.0 == pytest.approx(-0.52, abs=0.005)
    assert daily[peak + 7] / daily[peak] == pytest.approx(published, abs=0.01)
    assert daily[peak] == pytest.approx(fact("threads-dau-day-2").value, rel=0.05)


def test_threads_has_a_fifth_of_the_peak_after_a_month() -> None:
    daily = use(played("threads-replay"), "threads", "dau")
    month = _threads_day("threads-dau-day-33")
    published = fact("threads-dau-day-33").value / fact("threads-dau-day-2").value
    assert published == pytest.approx(0.2, abs=0.005)
    assert daily[month] / max(daily[d] for d in range(15)) == pytest.approx(published, abs=0.01)


@pytest.mark.parametrize(
    "month", ["2023-10", "2024-02", "2024-04", "2024-07", "2024-08", "2024-11"]
)
def test_threads_grows_again(month: str) -> None:
    monthly = use(played("threads-replay"), "threads", "mau")
    day = _threads_day(f"threads-mau-{month}")
    assert monthly[day] == pytest.approx(fact(f"threads-mau-{month}").value, rel=0.10)


def test_nobody_in_the_eu_has_threads_before_it_opens_there() -> None:
    record = played("threads-replay")
    opening = (dt.date(2023, 12, 14) - dt.date(2023, 7, 5)).days
    there = use(record, "threads", "ever", "eu")
    assert max(people for day, people in there.items() if day <= opening) == 0.0
    assert last(there) > 0.0


# --- Google+: reach without engagement


@pytest.mark.parametrize("year", [2012, 2013, 2014, 2015])
def test_google_plus_has_the_users_that_were_counted(year: int) -> None:
    counted = fact(f"google-plus-users-{year}")
    day = (counted.date - dt.date(2011, 9, 20)).days
    monthly = use(played("google-plus-replay"), "google-plus", "mau")
    assert monthly[day] == pytest.approx(counted.value, rel=0.05)


def test_google_plus_has_reach_without_engagement() -> None:
    record = played("google-plus-replay")
    base = float(fact("youtube-mau-2013").value)
    ever, monthly, daily = (use(record, "google-plus", m) for m in ("ever", "mau", "dau"))
    assert last(ever) / base > 0.7
    assert 0.25 <= ever[730] / base <= 0.50, "default placement: only over two years"
    assert max(daily[d] / monthly[d] for d in daily if d >= 28) < 0.15
    assert last(use(record, "google-plus", "habitual")) < 0.03 * last(ever)
    came = [
        row["value"]
        for row in record.table("retention").to_pylist()
        if row["metric"] == "active" and row["age"] >= 30.0
    ]
    assert came
    assert max(came) < 0.07


# --- pushed against sought


def _fresh(kind: str, surface: str) -> Scenario:
    """One assistant of today's quality put on one platform, everything else at the registry's
    values."""
    return sim.scenario.load(
        {
            "name": "fresh",
            "start": "2026-01-01",
            "duration": "60 d",
            "engine": "expected",
            "segments": {"world": {"people": "1 B"}},
            "platforms": {"host": {"kind": kind, "users": "1 B"}},
            "labs": {
                "lab": {"quality": "39 frontier-months", "models": {"m": {"level": "hosted"}}}
            },
            "features": {
                "assistant": {
                    "lab": "lab",
                    "tier": "m",
                    "placements": {"host": {"surface": surface}},
                }
            },
        }
    )


@cache
def _fresh_reach(kind: str, surface: str) -> float:
    """Share of the base that has tried it after two months."""
    record = Run.of(simulate(_fresh(kind, surface))).record
    return use(record, "assistant", "ever")[60] / 1e9


def test_a_default_in_a_messenger_reaches_20_to_26_per_cent_in_two_months() -> None:
    assert 0.20 <= _fresh_reach("messaging", "default") <= 0.26
    tried = fact("my-ai-ever-2023").value / 750e6  # eight weeks after its launch as a pinned chat
    assert _fresh_reach("messaging", "default") == pytest.approx(tried, abs=0.03)


@pytest.mark.parametrize("kind", ["social", "photo"])
@pytest.mark.xfail(
    strict=True,
    reason="fewer visits: .192 of a social and .172 of a photo platform in two months, not .20",
)
def test_a_default_elsewhere_reaches_20_to_26_per_cent_in_two_months(kind: str) -> None:
    assert 0.20 <= _fresh_reach(kind, "default") <= 0.26


@pytest.mark.parametrize("kind", ["messaging", "social", "photo"])
def test_an_app_beside_a_platform_stays_below_a_hundredth_of_embedded_reach(kind: str) -> None:
    assert _fresh_reach(kind, "app") < 0.01 * _fresh_reach(kind, "default")


def _people_on_platforms() -> float:
    """Members of at least one platform of the baseline."""
    return 3.62e9


def test_embedded_use_is_25_to_50_per_cent_of_the_base_over_two_years() -> None:
    monthly = use(played("baseline-2026", set_=WEEKLY), "meta-ai", "mau")
    assert 0.25 <= monthly[0] / _people_on_platforms() < last(monthly) / _people_on_platforms()
    assert last(monthly) / _people_on_platforms() <= 0.50


def _stickiness(feature: str, upto: int) -> list[float]:
    record = played("baseline-2026", set_=WEEKLY)
    daily, monthly = use(record, feature, "dau"), use(record, feature, "mau")
    return [daily[d] / monthly[d] for d in daily if d <= upto]


def test_pushed_is_used_on_one_to_two_days_in_ten_for_the_first_sixteen_months() -> None:
    ratios = _stickiness("meta-ai", 487)
    assert 0.1 <= min(ratios) <= max(ratios) <= 0.2


@pytest.mark.xfail(strict=True, reason="the pushed assistant is at .23 after two years, not .2")
def test_pushed_is_used_on_one_to_two_days_in_ten_for_two_years() -> None:
    assert max(_stickiness("meta-ai", 731)) <= 0.2


def test_sought_is_used_on_nearly_half_the_days_at_first() -> None:
    assert min(_stickiness("chatgpt", 28)) == pytest.approx(0.45, abs=0.03)


@pytest.mark.xfail(strict=True, reason="the sought assistant is at .38 after two years, not .45")
def test_sought_is_used_on_nearly_half_the_days_for_two_years() -> None:
    assert min(_stickiness("chatgpt", 731)) == pytest.approx(0.45, abs=0.05)


def _app_against_embedded(day: int) -> float:
    app = use(played("standalone-app", set_=WEEKLY), "meta-ai", "mau")
    embedded = use(played("baseline-2026", set_=WEEKLY), "meta-ai", "mau")
    return app[day] / embedded[day]


def test_a_separate_app_starts_below_a_hundredth_of_embedded_reach() -> None:
    assert _app_against_embedded(0) < 0.01


@pytest.mark.xfail(
    strict=True,
    reason="people who switch or come back weigh an unknown app like a known one: .20, not .01",
)
def test_a_separate_app_stays_below_a_hundredth_of_embedded_reach() -> None:
    assert _app_against_embedded(728) < 0.01


# --- distribution against quality


def _lead_over_chatgpt(*with_: str) -> float:
    """ln of Meta AI's monthly users over ChatGPT's after two years."""
    record = played("better-rival", with_, WEEKLY)
    return math.log(last(use(record, "meta-ai", "mau")) / last(use(record, "chatgpt", "mau")))


def test_a_rivals_lead_has_a_break_even_against_placement() -> None:
    leads = {0: "no-lead", 12: "", 24: "lead-24", 48: "lead-48"}
    odds = {lead: _lead_over_chatgpt(*filter(None, [name])) for lead, name in leads.items()}
    values = list(odds.values())
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.0 > values[-1]
    low = max(lead for lead, ratio in odds.items() if ratio > 0.0)
    high = min(lead for lead, ratio in odds.items() if ratio < 0.0)
    even = low + (high - low) * odds[low] / (odds[low] - odds[high])
    assert 20.0 < even < 30.0


def test_with_the_baselines_taste_no_lead_undoes_placement() -> None:
    assert _lead_over_chatgpt("lead-48", "baseline-taste") > 0.0


# --- what the other heads say


def test_a_staged_generation_is_out_later_and_reaches_products_later() -> None:
    staged, opened = (played(name, set_=WEEKLY) for name in ("staged", "open"))
    out = [market(record, "meta", "irrevocable_capability") for record in (staged, opened)]
    assert last(out[0]) < last(out[1]) - 6.0
    users = [use(record, "meta-ai", "mau") for record in (staged, opened)]
    assert 0.97 < last(users[0]) / last(users[1]) < 0.995


def test_what_is_out_stays_out_when_a_lab_turns() -> None:
    record = played("open-then-closed", set_=WEEKLY)
    turned = (dt.date(2027, 6, 1) - dt.date(2026, 3, 1)).days
    out = market(record, "meta", "irrevocable_capability")
    assert len({value for day, value in out.items() if day > turned}) == 1
    before = {d: v for d, v in market(played("open", set_=WEEKLY), "meta", "quality").items()}
    after = market(record, "meta", "quality")
    assert all(after[d] == before[d] for d in after if d <= turned)


def test_an_incident_trebles_leaving_for_a_day_and_costs_less_than_two_per_cent() -> None:
    hit, calm = (
        played("incident-mid-rollout", with_, until="2027-03-02")
        for with_ in ((), ("no-incident",))
    )
    day = (dt.date(2026, 9, 1) - dt.date(2026, 3, 1)).days
    leaving = [use(record, "meta-ai", "lapsed") for record in (hit, calm)]
    assert 3.0 <= leaving[0][day + 1] / leaving[1][day + 1] <= 4.0
    assert leaving[0][day + 2] / leaving[1][day + 2] > 1.5
    assert leaving[0][day + 14] / leaving[1][day + 14] < 1.1
    users = [use(record, "meta-ai", "mau") for record in (hit, calm)]
    assert all(users[0][d] == users[1][d] for d in users[0] if d <= day)
    assert min(users[0][d] / users[1][d] for d in users[0] if d >= day) > 0.98
    assert users[0][day + 181] < users[1][day + 181]


def test_a_choice_screen_moves_users_in_its_region_only_and_to_both_rivals() -> None:
    screen, none = (
        played("choice-screen", with_, WEEKLY, until="2027-03-02") for with_ in ((), ("no-order",))
    )

    def change(feature: str, segment: str) -> float:
        return last(use(screen, feature, "mau", segment)) / last(use(none, feature, "mau", segment))

    assert 0.80 < change("meta-ai", "europe") < 0.95
    assert change("chatgpt", "europe") > 1.0 < change("gemini", "europe")
    assert change("chatgpt", "us-canada") == pytest.approx(1.0, abs=5e-3)
    assert change("meta-ai", "asia-pacific") == pytest.approx(1.0, abs=5e-3)


def test_fast_waves_reach_more_and_slow_waves_wait_out_the_incident() -> None:
    fast, slow = (
        played(name, set_=WEEKLY, until="2026-12-01") for name in ("fast-waves", "slow-waves")
    )
    for name in ("slow-waves", "fast-waves"):
        feature = sim.scenario.load(name).features["meta-ai"]
        assert [float(wave.share) for wave in feature.rollout or ()] == [0.85, 1.0]
        assert feature.ramp is not None
        assert float(feature.ramp.holdout) == 0.02
    assert last(use(fast, "meta-ai", "mau")) > 1.1 * last(use(slow, "meta-ai", "mau"))
    kinds = [set(record.table("events").column("kind").to_pylist()) for record in (fast, slow)]
    assert all({"incident", "stop", "pause", "resume"} <= found for found in kinds)


def test_without_an_ecosystem_apps_fade_and_fewer_people_use_assistants() -> None:
    without, whole = (played("no-ecosystem", with_, WEEKLY) for with_ in ((), ("ecosystem",)))
    assert use(without, "meta-ai", "mau")[0] == use(whole, "meta-ai", "mau")[0]
    apps = market(without, "meta", "apps")
    assert last(apps) == pytest.approx(apps[0] * (1.0 - 0.035) ** 24, rel=0.03)
    for feature in ("meta-ai", "chatgpt", "gemini"):
        less = last(use(without, feature, "mau")) / last(use(whole, feature, "mau"))
        assert 0.90 < less < 0.99, feature


def test_a_lab_that_sells_earns_from_contracts_and_reaches_no_consumers() -> None:
    selling, silent = (played("enterprise-only", with_, WEEKLY) for with_ in ((), ("not-selling",)))
    assert not use(selling, "meta-ai", "mau")
    assert last(market(selling, "meta", "contracts")) > 2 * last(
        market(silent, "meta", "contracts")
    )
    assert last(market(selling, "meta", "revenue")) > last(market(silent, "meta", "revenue"))
    assert last(market(selling, "meta", "revenue_subscription")) == 0.0


def test_a_bet_lost_costs_quality_and_a_bet_won_brings_it() -> None:
    baseline = last(market(played("baseline-2026", set_=WEEKLY), "meta", "quality"))
    ends = {
        seed: last(market(played("research-bet", set_=WEEKLY, seed=seed), "meta", "quality"))
        for seed in (1, 4)
    }
    assert ends[1] < baseline < ends[4]
