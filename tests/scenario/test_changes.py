"""Dated changes of parameters: what they say, what they may set, and a changed copy for a fork."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sim.parameters import GLOBALS
from sim.scenario import Problem, Quantity, Scenario, ScenarioError, changed, json_schema, load

Write = Callable[..., Path]
Problems = Callable[..., list[Problem]]

CHANGES = """\
changes:
  - {date: 2026-09-01, set: {parameters.omega: 0.02 per day, parameters.chi: 0.5}}
  - date: 2026-10-01
    note: as measured
    set:
      parameters.omega: {value: 0.003 per day, label: S, source: "a study of 2026"}
overrides:
  all-open:
"""


@pytest.fixture
def moving(write: Write) -> Scenario:
    return load(write("base.yaml", ("overrides:\n  all-open:\n", CHANGES)))


def test_a_change_holds_values_in_the_units_of_the_registry_from_its_date_on(
    moving: Scenario,
) -> None:
    first, second = moving.changes
    assert (first.date, second.date) == (date(2026, 9, 1), date(2026, 10, 1))
    assert dict(first.parameters) == {"omega": 0.02, "chi": 0.5}
    assert dict(first.set) == {"parameters.omega": 0.02, "parameters.chi": 0.5}
    assert second.note == "as measured"
    value = second.parameters["omega"]
    assert isinstance(value, Quantity)
    assert (value.unit, value.label, value.source) == ("per day", "S", "a study of 2026")
    assert moving.parameters["omega"] == 0.01  # of the start


def test_changes_are_part_of_the_digest_and_of_what_is_written(
    moving: Scenario, write: Write
) -> None:
    assert moving.digest != load(write("plain.yaml")).digest
    again = load(write("again.yaml", text=moving.to_yaml()))
    assert again == moving
    assert again.changes == moving.changes


def test_dated_values_stand_in_the_evidence_with_date_and_line(moving: Scenario) -> None:
    rows = [row for row in moving.evidence() if row.parameter == "omega"]
    assert [(row.value, row.since, row.where) for row in rows] == [
        (0.01, None, "base.yaml:58"),
        (0.02, date(2026, 9, 1), "base.yaml:61"),
        (0.003, date(2026, 10, 1), "base.yaml:65"),
    ]
    assert rows[2].path == "changes.1.set.parameters.omega"
    assert rows[2].source == "a study of 2026"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{date: »2026-04-30, set: {parameters.chi: 1}}",
         "changes.0.date: 2026-04-30 is before the start, 2026-05-01; expected a later date; "
         "values from the start on go into `parameters`"),
        ("{date: 2027-01-01, set: {parameters.omega: »0.01}}",
         "changes.0.set.parameters.omega: `0.01` has no unit; expected a rate"),
        ("{date: 2027-01-01, set: {parameters.omega: »7 per day}}",
         "7 per day is out of range; expected 0 or 0.001 to 0.03 per day"),
        ("{date: 2027-01-01, set: {parameters.omega: {value: 0.01 per day, label: »S}}}",
         "label S without a source"),
        ("{date: 2027-01-01, set: {»parameters.omga: 0.01 per day}}",
         "unknown parameter; expected one of the "),
        ("{date: 2027-01-01, set: {»parameters.omga: 0.01 per day}}",
         "did you mean `parameters.omega`?"),
        ("{date: 2027-01-01, set: {»omega: 0.01 per day}}",
         "`omega` cannot be set on a date here; expected `parameters.` before the name; did you "
         "mean `parameters.omega`?"),
        ("{date: 2027-01-01, set: {»activity_trial: 1 %}}",
         "`activity_trial` cannot move during a run: users are counted by it"),
        ("{date: 2027-01-01, set: {»parameters.activity_trial: 1 %}}",
         "`activity_trial` cannot move during a run: users are counted by it from the start on; "
         "expected `parameters.activity_trial` from the start on, or another parameter"),
        ("{date: 2027-01-01, set: {»features.helper.price: 3 USD per month}}",
         "cannot be set on a date here; expected the feature's `prices: [{date: ..., price: ..."),
        ("{date: 2027-01-01, set: {»features.helper.rollout: 3 %}}",
         "expected the feature's `rollout: [{date: ..., share: ...}]`"),
        ("{date: 2027-01-01, set: {»labs.meta.models.large.level: open}}",
         "expected the tier's `releases: [{date: ..., level: ...}]`"),
        ("{date: 2027-01-01, set: {»parameters: {omega: 0.01 per day}}}",
         "expected `parameters.NAME`, e.g. `parameters.omega`"),
        ("{date: 2027-01-01, set: »{}}", "nothing is set; expected `parameters.NAME: value`"),
        ("{date: 2027-01-01, »set: }", "changes.0.set: nothing where a mapping belongs"),
        ("»{date: 2027-01-01}", "changes.0.set: missing key"),
        ("{date: 2027-01-01, »st: {parameters.chi: 1}}", "did you mean `set`?"),
        ("{date: 2027-01-01, set: {parameters.chi: 1}}\n"
         "  - {date: 2027-01-01, set: {»parameters.chi: 0.5}}",
         "`parameters.chi` is set twice on 2027-01-01 (first on line 62); expected one value for "
         "each date"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_change_is_one_problem_at_its_place(
    write: Write, problems: Problems, entry: str, said: str
) -> None:
    text = f"overrides:\nchanges:\n  - {entry}\n"
    before, mark, after = text.partition("»")
    assert mark
    base = write("base.yaml").read_text(encoding="utf-8")
    head = base.partition("overrides:\n")[0]
    found = problems(write("base.yaml", text=head + before + after))
    assert len(found) == 1, found
    assert said in str(found[0])
    line = (head + before).count("\n") + 1
    assert found[0].line == line
    if not said.endswith("belongs"):
        assert found[0].column == len((head + before).rpartition("\n")[2]) + 1


def test_all_mistakes_of_all_changes_are_told_at_once(write: Write, problems: Problems) -> None:
    bad = (
        "changes:\n"
        "  - {date: 2026-04-30, set: {parameters.omga: 1, parameters.chi: 9}}\n"
        "  - {date: soon, set: {parameters.month_window: 7 d, parameters.omega: 0.01}}\n"
        "overrides:\n  all-open:\n"
    )
    found = problems(write("base.yaml", ("overrides:\n  all-open:\n", bad)))
    assert [(p.line, p.column) for p in found] == [
        (61, 12), (61, 30), (61, 66), (62, 12), (62, 24), (62, 72),
    ]  # fmt: skip


def test_what_comes_after_the_end_is_never_reached_and_no_mistake(write: Write) -> None:
    late = "changes: [{date: 2090-01-01, set: {parameters.chi: 1}}]\noverrides:\n  all-open:\n"
    assert (
        load(write("base.yaml", ("overrides:\n  all-open:\n", late))).changes[0].date.year == 2090
    )


def test_settings_and_overrides_reach_into_changes(moving: Scenario) -> None:
    set_one = load(moving, set=["changes.0.set.parameters.omega=0.004 per day"])
    assert set_one.changes[0].parameters["omega"] == 0.004
    added = load(moving, set={"changes.2": {"date": "2026-10-02", "set": {"parameters.chi": 1}}})
    assert len(added.changes) == 3


def test_the_schema_lists_what_may_move() -> None:
    change = json_schema()["$defs"]["Change"]["properties"]["set"]["anyOf"][0]
    moving = [f"parameters.{name}" for name, known in GLOBALS.items() if known.fixed is None]
    assert list(change["properties"]) == moving
    assert "parameters.omega" in moving
    assert "parameters.level.open.access" not in moving


def test_a_changed_scenario_is_the_same_with_one_more_change(moving: Scenario) -> None:
    fork = changed(moving, "2026-11-01", ["parameters.omega=0.01 per day"])
    assert fork.changes[:2] == moving.changes
    assert (fork.changes[2].date, dict(fork.changes[2].parameters)) == (
        date(2026, 11, 1), {"omega": 0.01},
    )  # fmt: skip
    assert moving.changes == fork.changes[:2]
    assert load(fork.plain()) == fork
    assert changed(moving, date(2026, 11, 1), {"parameters.omega": "0.01 per day"}) == fork
    sourced = changed(
        moving, "2026-11-01", ["parameters.chi={value: 0.4, label: S, source: a panel}"]
    )
    assert sourced.changes[2].parameters["chi"].source == "a panel"
    assert {row.where for row in fork.evidence() if row.since == date(2026, 11, 1)} == {
        "--set parameters.omega=0.01 per day"
    }


@pytest.mark.parametrize(
    ("at", "setting", "file", "said"),
    [
        ("2026-11-01", "parameters.omga=1", "--set parameters.omga=1", "did you mean `parameters."),
        ("2026-11-01", "parameters.omega=1", "--set parameters.omega=1", "`1` has no unit"),
        ("2026-11-01", "parameters.week_window=7 d", "--set parameters.week_window=7 d",
         "cannot move during a run"),
        ("2026-11-01", "omega", "--set omega", "not a setting"),
        ("2026-04-01", "parameters.chi=1", "--at", "2026-04-01 is before the start, 2026-05-01"),
        ("tomorrow", "parameters.chi=1", "--at", "expected a date"),
        ("2026-09-01", "parameters.chi=1", "--set parameters.chi=1",
         "`parameters.chi` is set twice on 2026-09-01 (first on line 61)"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_more_change_is_told_at_its_option(
    moving: Scenario, at: str, setting: str, file: str, said: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        changed(moving, at, [setting])
    found = caught.value.problems
    assert [problem.file for problem in found] == [file]
    assert said in str(found[0])
