"""The figures that answer the questions of one run: what they say, draw, skip and keep apart."""

import math
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sim.figures import NoFigure, write
from sim.figures.derivatives import derivatives
from sim.figures.happenings import happenings, happenings_by_lab, orders
from sim.figures.incidents import incidents
from sim.figures.passage import passage
from sim.figures.retention import Cohorts
from sim.figures.style import new_figure, save, style
from sim.record.record import Record
from sim.record.tables import conform
from sim.running.run import Run
from tests.figures.conftest import Written
from tests.figures.test_figures import BY_NAME, NBSP, _labels, drawn, drawn_anew, texts
from tests.figures.test_network_figures import network_tables
from tests.record.synthetic import event_table, outcome

AGES = (1.0, 7.0, 30.0, 90.0)
GATES = ("authorised_cloud", "audit_logs", "indemnity", "residency", "air_gap")
KEPT = {"meta-ai": (0.93, 0.66, 0.45, 0.43), "chatgpt": (0.95, 0.8, 0.7, 0.61)}


def whole(**options: Any) -> Any:
    """A made-up run in which every mechanism of the market has left its rows."""
    made = outcome(by_segment=True, **options)
    tables = dict(made.tables)
    day = np.unique(tables["adoption"].column("day").to_numpy()).astype(float)
    rows = [*_market(made.scenario, day)]
    tables["market"] = pa.concat_tables(
        [conform("market", tables["market"]), _long(made.scenario.start, day, rows)],
        promote_options="permissive",
    )
    tables["events"] = _events(made.scenario, tables["events"])
    tables["retention"] = _retention(made.scenario)
    tables["derivatives"] = _derivatives()
    tables |= network_tables(made.scenario)
    return replace(made, tables=tables)


def _market(scenario: Any, day: Any) -> Any:
    flat = np.ones(len(day))
    for i, lab in enumerate(scenario.labs):
        yield lab, "apps", 1e4 * (5 - i) + 40 * day
        yield lab, "derivatives", 1e5 * (i + 1) + 300 * day
        out = 30.0 + 6.0 * np.floor(day / 180) - i
        yield lab, "irrevocable_capability", np.where(day < 50 * i, np.nan, out)
        deals = {"opened": 1000, "in_qualification": 100, "in_review": 50, "failed_review": 20}
        for name, count in {**deals, "won": 200, "lost": 400}.items():
            yield lab, f"deals_{name}", flat * (count / (i + 1) if name != "won" else count - i)
        for k, gate in enumerate(GATES):
            yield lab, f"shut_out_{gate}", flat * (70.0 * i * k)
        for channel, usd in (("engagement", 2e9), ("subscription", 8e9), ("contracts", 5e7)):
            yield lab, f"revenue_{channel}", flat * usd / (i + 1) * (1 + day / 730)
    for j, feature in enumerate(scenario.features):
        shocks = sum(0.2 * np.exp(-np.maximum(day - t, 0) / 90) * (day >= t) for t in (200, 500))
        yield feature, "trust", 1.0 - shocks * (j < 2)
    for s, segment in enumerate(scenario.segments):
        people = 3.6e9 * (0.15, 0.2, 0.45, 0.2)[s]
        yield segment, "surplus", people * (40 + 3 * s + day / 200)
        yield segment, "surplus_robust", people * (16 + s + (s + 1) * day / 730)
        for platform in scenario.platforms:
            place = f"meta-ai@{platform}@{segment}"
            late = segment == "europe"
            share = np.select([day < 60, day < (400 if late else 180)], [0.0, 0.3], 1.0)
            yield place, "rollout", share
            yield place, "held", 2.0 * (late & (day >= 180) & (day < 400))


def _events(scenario: Any, plain: Any) -> Any:
    large = {"lab": "meta", "tier": "large"}
    grave, slight = large | {"number": 0.8, "what": "own"}, large | {"number": 0.03, "what": "own"}
    stop = {"what": "pause", "reason": "severity > 0.5"}
    ours, theirs = {"feature": "meta-ai"}, {"lab": "openai", "tier": "small", "number": 5}
    late = ours | {"features": ("meta-ai",), "segment": "europe", "number": 220.0}
    more: list[tuple[float, str, str, str, dict[str, Any]]] = [
        (200.0, "incident", "meta.large", "own channel, severity 0.80", grave),
        (200.0, "detection", "meta.large", "severity 0.80 known; trust meta-ai 0.80", grave),
        (260.0, "detection", "meta.large", "severity 0.03 known; trust meta-ai 0.90", slight),
        (500.0, "detection", "openai", "severity 0.60 known", {"lab": "openai", "number": 0.6}),
        (200.0, "stop", "meta-ai", "severity > 0.5 (0.80): pause for 60 d", ours | stop),
        (200.0, "pause", "meta-ai", "whatsapp in europe", ours),
        (180.0, "delay", "eu", "waves and launches of meta-ai wait in europe for 220 days", late),
        (280.0, "threshold", "eu", "no weights above 55.0 frontier-months for all labs", {}),
        (290.0, "held", "meta.large", "weights held at api by eu", large | {"number": 3}),
        (310.0, "rule", "openai.small", "developer_share < 0.35: small -> weights", theirs),
        (310.0, "level", "openai.small", "from api to weights", theirs),
        (330.0, "research", "meta", "a bet succeeds", {"lab": "meta", "what": "end", "number": 6}),
    ]
    tables = [conform("events", plain), event_table(scenario, more)]
    return pa.concat_tables(tables).unify_dictionaries().sort_by("time")


def _retention(scenario: Any) -> Any:
    rows = []
    for feature, kept in KEPT.items():
        if feature not in scenario.features:
            continue
        for month in range(6):
            cohort, size = date(2026, 5 + month, 1), 1000.0 * (month + 1)
            rows.append((cohort, feature, 0.0, "starters", size))
            for age, share in zip(AGES, kept, strict=True):
                if month < 4 or age < 90:
                    rows.append((cohort, feature, age, "kept", share))
                    rows.append((cohort, feature, age, "active", 0.2 * share))
    names = ("cohort", "feature", "age", "metric", "value")
    return pa.table({n: list(c) for n, c in zip(names, zip(*rows, strict=True), strict=True)})


def _derivatives() -> Any:
    """Sizes at which the Yule-Simon law of a tenth of new lines puts 20,000 lines."""
    rank = np.arange(1, 20_001)
    size = np.maximum(np.round(20_000**0.9 * rank**-0.9 * 0.55), 1).astype(int)
    return pa.table({"family": ["meta"] * rank.size, "rank": rank, "size": size})


def _long(start: date, day: Any, rows: list[Any]) -> Any:
    parts = [
        {
            "day": day[kept := ~np.isnan(value)],
            "date": np.datetime64(start, "D") + day[kept].astype(int),
            "entity": np.full(int(kept.sum()), entity),
            "metric": np.full(int(kept.sum()), metric),
            "value": value[kept],
        }
        for entity, metric, value in ((e, m, np.asarray(v, float)) for e, m, v in rows)
    ]
    return conform("market", pa.table({k: np.concatenate([p[k] for p in parts]) for k in parts[0]}))


def record(**options: Any) -> Record:
    return Run.of(whole(**options)).record


@pytest.fixture(scope="module")
def usual() -> Record:
    return record(tick=2.0)


NEW = (
    "passage",
    "retention",
    "rollout",
    "incidents",
    "ecosystem",
    "derivatives",
    "irrevocable",
    "funnel",
    "revenue",
    "concentration",
    "surplus",
)
TITLES = {
    "passage": "ChatGPT passes 1 B monthly users after 176 days, Meta AI after 232",
    "incidents": "After the incident of 17 Nov 2026 trust in Meta AI is 20 % lower",
    "derivatives": "The largest 1 % of Meta's lines hold 42 % of its derivatives; "
    "nobody has built on 67 % of the lines",
    "retention": "61 % of those who begin with ChatGPT are still users after 90 days, "
    "43 % with Meta AI",
    "rollout": "Meta AI is rolled out to everybody in June 2027 in 3 steps; "
    "held up for 220 days in places",
    "ecosystem": "Meta has the most apps by April 2028, 79.2 k; "
    "deepseek the most derived models, 719 k",
    "irrevocable": "Meta's are the best open weights in April 2028, "
    "5.5 frontier-months behind the frontier",
    "funnel": "Meta wins 200 of 1,000 deals by April 2028; "
    "deepseek cannot bid for 1,120 for want of air gap",
    "revenue": "Meta earns 20.1 B USD a year in April 2028, 80 % of it from subscriptions",
    "concentration": "Concentration stays at 2,652 by April 2028; Meta AI has 20 % of use",
    "surplus": "rest gains 4.00 USD a month per person by April 2028, north 1.00",
}


@pytest.mark.parametrize("name", NEW)
def test_a_title_states_what_was_found_in_numbers(usual: Record, name: str) -> None:
    figure, _ = drawn(name, usual)
    found = [text.replace("\n", " ") for text in texts(figure)]
    assert any(text.startswith("Illustrative: uncalibrated, 63 of 84") for text in found)
    assert TITLES[name] in found


def test_a_figure_without_data_says_what_is_missing(empty: Written) -> None:
    drawn_ = empty.entry
    assert drawn_.failed == {}
    missing = {"passage", "retention", "rollout", "incidents", "ecosystem", "derivatives"}
    assert drawn_.skipped.keys() >= missing | {"irrevocable", "funnel", "revenue", "surplus"}
    assert drawn_.skipped["incidents"] == "no incident that hit a feature became known"


CASES: dict[str, dict[str, Any]] = {
    "one feature": {"features": 1},
    "eight features": {"features": 8, "tick": 2.0},
    "ten days": {"days": 10},
    "weekly ticks": {"days": 365, "tick": 7.0},
}


@pytest.mark.parametrize("case", CASES)
def test_no_two_labels_touch_and_none_leaves_the_picture(case: str) -> None:
    run = record(**{"tick": 2.0, **CASES[case]})
    for name in ("adoption", "developers", "quality", *NEW):
        try:
            figure, _ = drawn(name, run)
        except NoFigure:
            assert case == "ten days", name
            continue
        labels = _labels(figure)
        meeting = [(a, b) for (a, x), (b, y) in combinations(labels, 2) if x.overlaps(y)]
        assert meeting == [], name
        width, height = figure.get_size_inches() * figure.dpi
        outside = [
            text
            for text, box in labels
            if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
        ]
        assert outside == [], name


def test_every_figure_of_a_whole_market_is_made_and_equal_runs_give_equal_bytes(
    usual: Record, tmp_path: Path
) -> None:
    made = write(usual, tmp_path)
    assert made.failed == {}
    assert {Path(name).stem for name in made.made} == set(BY_NAME)
    for name in ("retention", "rollout", "incidents", "funnel"):
        figure, _ = drawn_anew(name, usual)
        with style():
            again, _ = save(figure, tmp_path / f"{name}-again")
        assert again.read_bytes() == (tmp_path / f"{name}.png").read_bytes(), name


def test_marks_are_dated_by_the_first_recorded_day_at_or_above_them(usual: Record) -> None:
    """Vibes begins at nothing and ends at 310 M: four marks are passed, and 500 M is not."""
    run = record(features=8, tick=2.0)
    with style():
        figure, ax = new_figure()
        passage(ax, run)
    vibes = run.adoption("mau", "vibes")
    day = vibes.first_day_at(1e8)
    assert day is not None
    assert vibes.value[vibes.day < day].max() < 1e8
    dots = {
        float(x)
        for line in ax.lines
        for x in np.asarray(line.get_xdata(), float)
        if line.get_marker() == "o"
    }
    assert (run.manifest.start - date(1970, 1, 1)).days + day in dots
    assert f"500{NBSP}M not reached".replace(NBSP, " ") in texts(figure)


def test_cohorts_weigh_in_the_mean_by_their_people_and_only_if_followed_to_the_end() -> None:
    a, b, c = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
    cohorts = Cohorts(
        {a: 100.0, b: 300.0, c: 600.0},
        {("kept", 1.0): {a: 1.0, b: 0.6, c: 0.1}, ("kept", 90.0): {a: 0.5, b: 0.1}},
    )
    means = cohorts.mean("kept")
    assert [age for age, _ in means] == [1.0, 90.0]
    assert [share for _, share in means] == pytest.approx([0.7, 0.2])
    assert cohorts.curve("kept", c) == [(1.0, 0.1)]


def test_the_law_of_derivatives_is_the_closed_form(usual: Record) -> None:
    """A tenth of new lines: .5263 of the lines are of size 1, and the tail has slope -.9."""
    with style():
        _, ax = new_figure()
        derivatives(ax, usual)
    table = usual.table("derivatives")
    lines, total = table.num_rows, sum(table.column("size").to_pylist())
    alpha = lines / total
    rho = 1.0 / (1.0 - alpha)
    law = next(line for line in ax.lines if line.get_linewidth() == pytest.approx(1.3))
    rank, size = (np.asarray(v, float) for v in law.get_data())
    two_or_more = lines * (1.0 - rho / (1.0 + rho))
    at_two = np.interp(math.log10(2), size, rank)
    assert 10**at_two == pytest.approx(two_or_more, rel=0.01)
    slope = (size[-1] - size[-10]) / (rank[-1] - rank[-10])
    assert slope == pytest.approx(-(1.0 - alpha), abs=0.01)


def test_places_that_went_the_same_way_share_a_row(usual: Record) -> None:
    figure, _ = drawn("rollout", usual)
    found = texts(figure)
    on = "Meta AI: WhatsApp, Facebook and Instagram"
    assert f"{on} (europe)" in found
    assert f"{on} (not europe)" in found
    assert sum(text.startswith("Meta AI: ") for text in found) == 2


def test_the_funnel_counts_a_deal_at_every_stage_it_reached(usual: Record) -> None:
    """1,000 opened, 100 still before the review, 50 in it, 20 failed it: 900 and 830 came on."""
    figure, _ = drawn("funnel", usual)
    assert {"1,000", "900", "830", "200"} <= set(texts(figure))


def test_only_grave_incidents_get_a_line_and_the_others_a_tick(usual: Record) -> None:
    with style():
        _, ax = new_figure()
        incidents(ax, usual)
    trust = ax.child_axes[0]
    rug = [line for line in trust.lines if line.get_marker() == "|"]
    assert [np.size(line.get_xdata()) for line in rug] == [1]
    dashed = [line for line in trust.lines if np.asarray(line.get_ydata()).tolist() == [0, 1]]
    assert len(dashed) == 2


def test_events_of_the_market_stand_where_they_act(usual: Record) -> None:
    found = {(h.time, h.kind, h.on, h.text) for h in happenings(usual)}
    assert (200.0, "incident", "meta-ai", "incident, severity 0.8") in found
    assert (200.0, "stop", "meta-ai", "pause") in found
    assert not any(kind == "pause" and time == 200.0 for time, kind, _, _ in found)
    assert not any(text.endswith("0.03") for *_, text in found)  # too slight to be seen
    assert (180.0, "regulator", "meta-ai", "delay, eu") in found
    assert (290.0, "regulator", "meta-ai", "large: held at api") in found
    assert (310.0, "level", "chatgpt", "rule: small: weights") in found
    assert (330.0, "research", "meta-ai", "bet succeeds") in found
    by_lab = {(h.time, h.on) for h in happenings_by_lab(usual, ("level", "regulator"))}
    assert {(290.0, "meta"), (310.0, "openai")} <= by_lab
    assert orders(usual) == [(180.0, "delay, eu"), (280.0, "threshold, eu")]


def test_marks_come_from_the_data_of_an_event_and_not_from_its_sentence(usual: Record) -> None:
    events = usual.table("events")
    silent = events.set_column(
        events.column_names.index("detail"), "detail", pa.array([""] * len(events))
    )
    mute = Record(usual.manifest, lambda name: silent if name == "events" else usual.table(name))
    assert happenings(mute) == happenings(usual)
    assert [e.detail for e in mute.events] == [""] * len(events)
    legend = drawn("rollout", mute)[1].get_legend()
    assert legend is not None
    assert "stop rule: severity > 0.5" in [text.get_text() for text in legend.get_texts()]
