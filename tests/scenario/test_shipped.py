"""The scenarios that come with the program, and the JSON Schema for editors."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sim.scenario import available, json_schema, load
from sim.scenario.nodes import to_plain
from sim.scenario.reading import read_file

SHIPPED = available()


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_five_scenarios_are_shipped_with_title_and_question() -> None:
    names = {row.name for row in SHIPPED}
    assert {"bass", "baseline-2026", "open", "closed", "hybrid"} <= names
    assert all(row.title and row.path.is_file() for row in SHIPPED)


@pytest.mark.parametrize("name", [row.name for row in SHIPPED])
def test_a_shipped_scenario_loads_by_its_own_name_and_round_trips(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert load(scenario.plain()) == scenario


@pytest.mark.parametrize("path", [row.path for row in SHIPPED], ids=[row.name for row in SHIPPED])
def test_the_json_schema_accepts_every_shipped_file_and_its_resolved_form(
    path: Path, validator: Any
) -> None:
    written = to_plain(read_file(path, path.name)[0])
    assert [error.message for error in validator.iter_errors(written)] == []
    resolved = load(path).plain()
    assert [error.message for error in validator.iter_errors(resolved)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"nam": "x"},
        {"platforms": {"chat": {"vists": 1}}},
        {"platforms": {"My Chat": {"kind": "social"}}},
        {"platforms": {"chat": {"users": 1e99}}},
        {"parameters": {"omga": "1 per day"}},
        {"parameters": {"omega": 3}},
        {"parameters": {"omega": {"value": "0.01 per day", "lable": "S"}}},
        {"labs": {"a": {"models": {"b": {"level": "wieghts"}}}}},
        {"seed": -1},
        {"engine": "agent"},
        {"overlaps": {"a": 1}},
    ],
    ids=str,
)
def test_the_json_schema_refuses_what_loading_refuses(
    wrong: dict[str, Any], validator: Any
) -> None:
    assert list(validator.iter_errors(wrong))


def test_the_json_schema_describes_every_parameter() -> None:
    from sim.parameters import GLOBALS

    parameters = json_schema()["properties"]["parameters"]["anyOf"][0]["properties"]
    assert tuple(parameters) == tuple(GLOBALS)
    assert parameters["omega"]["default"] == "0.005 per day"
    assert "0 or 0.001 to 0.03 per day" in parameters["omega"]["description"]


def test_the_json_schema_is_the_same_every_time() -> None:
    assert json_schema() == json_schema()
