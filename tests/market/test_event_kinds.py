"""Every kind of event is described once, and every event holds as data what its kind says."""

from dataclasses import fields
from typing import Any

import pyarrow as pa
import pytest

import sim
from sim.market.event_kinds import EVENT_KINDS, described
from sim.market.happening import About, Happening
from sim.parameters.market import LEVELS
from sim.record.tables import SCHEMAS, conform
from sim.running.run import Run
from sim.running.simulation import simulate
from sim.scenario import load

BASE = ("time", "kind", "entity", "detail")
NAMES = ("lab", "tier", "feature", "platform", "segment")

#: A market in which everything happens within half a year.
EVERYTHING: dict[str, Any] = {
    "extends": "enterprise-only",
    "name": "everything",
    "duration": "250 d",
    "tick": "7 d",
    "engine": "expected",
    "labs": {
        "meta": {
            "investment": {
                "quality": "80 %", "usability": "10 %", "latency": "10 %", "start": "2026-05-01",
            },
            "research": [
                {
                    "share": "20 %",
                    "success": "100 %",
                    "start": "2026-04-01",
                    "duration": {"median": "30 d", "spread": 0},
                    "size": {"median": "2 frontier-months"},
                }
            ],
            "policy": {
                "review": {"every": "60 d"},
                "rules": [
                    {
                        "when": {"metric": "hhi", "op": ">", "value": 1},
                        "then": {"tier": "frontier", "level": "finetune-api"},
                    },
                    {
                        "when": {"metric": "hhi", "op": ">", "value": 1},
                        "then": {"feature": "helper", "price": "3 USD per month"},
                    },
                ],
            },
            "models": {
                "large": {
                    "level": "weights",
                    "releases": [{"date": "2026-06-20", "level": "weights"}],
                },
                "small": {"turn": {"date": "2026-08-01", "level": "hosted"}},
            },
        }
    },
    "features": {
        "helper": {
            "lab": "meta",
            "tier": "small",
            "placements": {"facebook": {"surface": "default"}, "instagram": {"surface": "menu"}},
            "at_start": {"mau": "1 M", "dau_mau": "10 %", "rollout": "10 %"},
            "rollout": [
                {"date": "2026-04-01", "share": "30 %"},
                {"date": "2026-04-10", "action": "pause", "platforms": ["facebook"],
                 "segments": ["europe"]},
                {"date": "2026-04-20", "action": "resume", "platforms": ["facebook"],
                 "segments": ["europe"]},
                {
                    "date": "2026-04-25", "share": "60 %",
                    "platforms": ["instagram"], "segments": ["europe"],
                },
            ],
            "standalone": {"launch": "2026-05-10", "pull": "0.001 per day"},
        }
    },
    "safety": {
        "incidents": "none",
        "scripted": [
            {"date": "2026-05-20", "lab": "meta", "severity": 1},
            {"date": "2026-05-25", "feature": "gemini", "severity": 0.5, "segments": ["europe"]},
        ],
        "stop": [
            {
                "when": {"metric": "severity", "op": ">=", "value": 0.6},
                "then": "rollback",
                "share": "5 %",
                "resume_after": "20 d",
            }
        ],
    },
    "changes": [{"date": "2026-04-02", "set": {"parameters.omega": "0.01 per day"}}],
    "regulation": {
        "actions": [
            {
                "date": "2026-03-20", "regime": "eu", "action": "delay", "for": "30 d",
                "features": ["helper"],
            },
            {
                "date": "2026-03-21", "regime": "eu", "action": "choice-screen",
                "platforms": ["facebook"], "for": "90 d",
            },
            {
                "date": "2026-03-24", "regime": "eu", "action": "access-order",
                "platforms": ["facebook", "whatsapp"], "for": "90 d",
            },
            {
                "date": "2026-03-22", "regime": "eu", "action": "access-order",
                "platforms": ["whatsapp"],
            },
            {
                "date": "2026-03-23", "regime": "eu", "action": "threshold",
                "capability": "10 frontier-months", "labs": ["meta"], "for": "180 d",
            },
        ]
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Run:
    return Run.of(simulate(load(EVERYTHING)))


def of(run: Run, kind: str) -> list[Happening]:
    return [event for event in run.record.events if event.kind == kind]


def test_the_columns_of_the_log_are_those_of_a_line() -> None:
    about = [field.name for field in fields(Happening) if field.name not in BASE]
    assert about == list(About.__annotations__)
    assert SCHEMAS["events"].names == ["time", "date", *BASE[1:], *about]


def test_every_kind_that_happens_is_described_and_filled_as_described(run: Run) -> None:
    assert {event.kind for event in run.record.events} == set(EVENT_KINDS)
    for event in run.record.events:
        kind = EVENT_KINDS[event.kind]
        for name in NAMES:
            given = getattr(event, name)
            if name in kind.names:
                assert given is not None, (event, name)
            elif name not in kind.sometimes:
                assert given is None, (event, name)
        for name in ("number", "what", "reason", "features"):
            if name not in kind.holds:
                assert getattr(event, name) is None, (event, name)


def test_whatever_a_kind_may_hold_is_held_by_some_event(run: Run) -> None:
    for name, kind in EVENT_KINDS.items():
        for column in (*kind.names, *kind.sometimes, *kind.holds):
            assert any(getattr(event, column) is not None for event in of(run, name)), name


def test_the_numbers_are_those_of_the_sentence(run: Run) -> None:
    for event in of(run, "release"):
        assert event.number is not None
        assert f"at {LEVELS[int(event.number)]}," in event.detail
    wave = next(e for e in of(run, "wave") if e.entity == "helper")
    assert (wave.feature, wave.number, wave.what) == ("helper", 0.3, "visits")
    assert (wave.platform, wave.segment) == (None, None)  # all of them
    assert next(e.platform for e in of(run, "pause")) == "facebook"
    assert next(e.segment for e in of(run, "resume")) == "europe"
    known = [(e.lab, e.feature, e.segment, e.number, e.what) for e in of(run, "detection")]
    assert sorted(known, key=str) == [
        ("google", "gemini", "europe", 0.5, "own"),
        ("meta", None, None, 1.0, "own"),
    ]
    stop = of(run, "stop")[0]
    assert (stop.what, stop.number, stop.reason) == ("rollback", 0.05, "severity >= 0.6")
    held = of(run, "held")[0]
    assert (held.lab, held.tier, held.reason) == ("meta", "large", "eu")
    assert held.number == LEVELS.index("api")
    assert next((e.what, e.number) for e in of(run, "research")) == ("begin", 0.2)


def test_an_order_names_the_features_it_acts_on(run: Run) -> None:
    delay, screen = of(run, "delay")[0], of(run, "choice-screen")[0]
    assert (delay.features, delay.feature, delay.number) == (("helper",), "helper", 30.0)
    assert (delay.segment, screen.number) == ("europe", 90.0)
    assert screen.features is not None
    assert all(f"{name} on " in screen.detail for name in screen.features)
    assert of(run, "access-order")[0].number is None  # without an end
    threshold = of(run, "threshold")[0]
    assert (threshold.lab, threshold.features) == ("meta", None)


def test_a_log_written_before_there_was_data_reads_as_null() -> None:
    old = pa.table({"time": [1.5], "date": [None], "kind": ["wave"], "entity": ["a"],
                    "detail": ["20% of visits"]})  # fmt: skip
    row = conform("events", old).to_pylist()[0]
    assert row["detail"] == "20% of visits"
    assert [row[name] for name in About.__annotations__] == [None] * 9


def test_run_events_explains_every_kind() -> None:
    assert described() in str(sim.Run.events.__doc__)
    assert all(f"`{kind}`" in described() for kind in EVENT_KINDS)
