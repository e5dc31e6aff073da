"""Whatever stands in a file or a setting: a Scenario or a ScenarioError, never anything else."""

import importlib.util
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import Scenario, ScenarioError, load
from sim.scenario.nodes import to_plain
from sim.scenario.reading import read_text

_spec = importlib.util.spec_from_file_location("_base", Path(__file__).with_name("conftest.py"))
assert _spec is not None
assert _spec.loader is not None
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
BASE: str = _conftest.BASE
PLAIN: dict[str, Any] = to_plain(read_text(BASE, "base")[0])

# The working folder of the fixture is the same for all examples, and files in it are overwritten.
quickly = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)

PIECES = st.sampled_from(
    ["name", "labs", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&a", "*a", "!!int ", "|",
     ">", "'", '"', "#", "%", "? ", "---", "...", "<<", "extends", "null", "1e9", "5 %",
     "2026-05-01", "\t", "\r\n", "\x00", "\x85", "\u2028", "\ufeff", "\U0001f600", "é", "@", "`",
     "features", "platforms", "users", "value", "label", "all", "overrides"]
)  # fmt: skip
GARBAGE = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), GARBAGE,
    st.sampled_from(["5 %", "3 B", "1 year", "2026-06-01", "open", "all", "meta", "chat", "north"]),
)  # fmt: skip
KEYS = st.sampled_from(
    ["value", "label", "source", "north", "chat", "meta", "large", "level", "date", "share",
     "users", "kind", "people", "models", "title", "all", "[key]", "x", "", "a.b", "from",
     "extends"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(value, dict):
        children = list(value.items())
    else:
        children = list(enumerate(value)) if isinstance(value, list) else []
    for key, child in children:
        found += _paths(child, (*path, key))
    return found


PATHS = _paths(PLAIN)[1:]


def _replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {**value, path[0]: _replaced(value.get(path[0]), path[1:], new)}
    if isinstance(value, list) and isinstance(path[0], int) and path[0] < len(value):
        items = list(value)
        items[path[0]] = _replaced(items[path[0]], path[1:], new)
        return items
    return value


def outcome(*args: Any, **kwargs: Any) -> Scenario | ScenarioError:
    """The scenario, or its error with every problem complete; anything else raises."""
    try:
        return load(*args, **kwargs)
    except ScenarioError as raised:
        error = raised
    assert error.problems
    for problem in error.problems:
        assert problem.file
        assert problem.message
        assert problem.line is None or problem.line >= 1
        assert str(problem) in str(error) or len(error.problems) > 50
    return error


@quickly
@given(GARBAGE)
def test_any_text_as_a_file(text: str) -> None:
    path = Path("garbage.yaml")
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    outcome(path)


@quickly
@given(st.binary(max_size=80))
def test_any_bytes_as_a_file(data: bytes) -> None:
    path = Path("garbage.yaml")
    path.write_bytes(data)
    outcome(path)


@quickly
@given(st.integers(0, len(BASE)), st.integers(0, 30), GARBAGE)
def test_any_damage_to_a_good_file(at: int, length: int, text: str) -> None:
    path = Path("damaged.yaml")
    damaged = BASE[:at] + text + BASE[at + length :]
    path.write_text(damaged, encoding="utf-8", errors="replace", newline="")
    outcome(path)


@quickly
@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES), min_size=1, max_size=4))
def test_any_value_at_any_place_and_a_good_one_round_trips(
    changes: list[tuple[tuple[str | int, ...], Any]],
) -> None:
    changed: Any = PLAIN
    for path, value in changes:
        changed = _replaced(changed, path, value)
    result = outcome(changed)
    if isinstance(result, Scenario):
        Path("again.yaml").write_text(result.to_yaml(), encoding="utf-8")
        assert load("again.yaml") == result
        assert result.evidence()


@quickly
@given(
    st.one_of(st.sampled_from(PATHS).map(lambda path: ".".join(map(str, path))), GARBAGE),
    st.one_of(GARBAGE, st.sampled_from(["5 %", "null", "[]", "{}", "", "open", "[a, {b: c}]"])),
)
def test_any_setting(path: str, value: str) -> None:
    outcome(PLAIN, set=[f"{path}={value}"])
    outcome(PLAIN, set=[f"{path}.{value}={value}"])


@quickly
@given(st.sampled_from(PATHS), VALUES)
def test_any_override(path: tuple[str | int, ...], value: Any) -> None:
    overridden = {**PLAIN, "overrides": {"one": {".".join(map(str, path)): value}}}
    alone = outcome(overridden)
    applied = outcome(overridden, with_=["one"])
    # What is wrong in an override is said before anyone uses it.
    assert isinstance(alone, Scenario) == isinstance(applied, Scenario)


@quickly
@given(st.dictionaries(st.sampled_from([*PLAIN, "extends", "x"]), VALUES, max_size=5))
def test_any_child_of_a_good_file(child: dict[str, Any]) -> None:
    Path("base.yaml").write_text(BASE, encoding="utf-8")
    Path("child.yaml").write_text("extends: base\n", encoding="utf-8")
    outcome({"extends": "bass", **child})


@quickly
@given(st.text(max_size=40))
def test_any_name(name: str) -> None:
    outcome(name)
    outcome({"extends": name})
    outcome(PLAIN, with_=[name], until=name, engine=name)
