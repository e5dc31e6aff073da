"""State as plain data: what goes out comes back, and nothing else comes in."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from sim.running.plain import Misfit, layout, poured, written


@dataclass(frozen=True)
class Line:
    """One that never changes."""

    day: float
    words: tuple[str, ...] = ()
    lab: str | None = None


@dataclass
class Inner:
    counts: dict[str, int] = field(default_factory=dict)
    array: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))


@dataclass
class State:
    """Every kind of value that a state is made of."""

    whole: int = 0
    number: float = 0.0
    yes: bool = False
    text: str = ""
    maybe: float | None = None
    pairs: dict[tuple[str, int], float] = field(default_factory=dict)
    numbers: dict[int, list[float]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)


text = some.text(max_size=5)
number = some.floats(allow_nan=False)
arrays = some.sampled_from([
    np.arange(3.0), np.zeros(0), np.array([[1, 2]], np.uint8), np.array([True]),
    np.array([np.nan, -0.0, np.inf]), np.asfortranarray(np.arange(6.0).reshape(2, 3)),
])  # fmt: skip
states = some.builds(
    State,
    whole=some.integers(),
    number=number,
    yes=some.booleans(),
    text=text,
    maybe=some.none() | number,
    pairs=some.dictionaries(some.tuples(text, some.integers()), number, max_size=3),
    numbers=some.dictionaries(some.integers(), some.lists(number, max_size=3), max_size=3),
    members=some.sets(text, max_size=3),
    lines=some.lists(
        some.builds(Line, number, some.lists(text, max_size=2).map(tuple), some.none() | text),
        max_size=3,
    ),
    arrays=some.dictionaries(text, arrays, max_size=3),
    inner=some.builds(
        Inner,
        some.dictionaries(text, some.integers(), max_size=3),
        some.sampled_from([np.arange(3.0), np.full(3, np.nan)]).map(np.copy),
    ),
)


def bits(value: Any) -> Any:
    """What can be compared bit for bit, types and all."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return [(bits(k), bits(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [bits(v) for v in value]
    if isinstance(value, set):
        return sorted(value)
    if hasattr(value, "__dataclass_fields__"):
        return [bits(getattr(value, name)) for name in value.__dataclass_fields__]
    return type(value).__name__, repr(value)


@settings(max_examples=25, deadline=None)
@given(states, states)
def test_what_is_written_comes_back_bit_for_bit_whatever_stood_there(
    state: State, other: State
) -> None:
    plain, found = written(state)
    poured(other, json.loads(json.dumps(plain)), found)
    assert bits(other) == bits(state)


def test_it_is_put_in_place_so_that_who_shares_a_part_still_does() -> None:
    plain, found = written(State(lines=[Line(1.0)], members={"a"}, inner=Inner({"x": 1})))
    state = State()
    shared = state.lines, state.members, state.inner, state.inner.counts, state.inner.array
    poured(state, plain, found)
    assert shared == (state.lines, state.members, state.inner, state.inner.counts, shared[4])
    assert state.inner.array is shared[4]
    assert state.lines is shared[0]
    assert state.inner is shared[2]


PLAIN, ARRAYS = written(State(lines=[Line(1.0)], maybe=2.0))


@pytest.mark.parametrize(
    "change",
    [
        {"whole": 1.5}, {"whole": True}, {"number": "1"}, {"yes": 1}, {"text": 7}, {"maybe": "x"},
        {"pairs": [[1, 2]]}, {"pairs": {"a": 1}}, {"numbers": [[1]]}, {"members": 3},
        {"lines": [{"day": 1.0}, 2]}, {"lines": [{"day": "1", "words": [], "lab": None}]},
        {"inner": []}, {"inner": {"counts": {}}},
        {"inner": {"counts": {}, "array": {"array": "z"}}},
        {"stranger": 1}, {"__class__": "os.system"}, {"lines": {"py/object": "os.system"}},
    ],
    ids=repr,
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_never_made(change: dict[str, Any]) -> None:
    with pytest.raises(Misfit):
        poured(State(), PLAIN | change, ARRAYS)


@pytest.mark.parametrize("plain", [None, 3, [], "text", {}], ids=repr)
def test_what_is_no_state_at_all_is_refused(plain: Any) -> None:
    with pytest.raises(Misfit):
        poured(State(), plain, {})


def test_the_layout_tells_apart_what_cannot_read_each_other() -> None:
    @dataclass
    class Inner2:
        counts: dict[str, int]
        array: NDArray[np.float64]

    Inner2.__qualname__ = Inner.__qualname__
    assert layout([Inner]) == layout([Inner2])
    Inner2.__dataclass_fields__["counts"].type = dict[str, float]
    Inner2.__annotations__["counts"] = dict[str, float]
    assert layout([Inner]) != layout([Inner2])
    assert layout([Inner]) != layout([Line])
