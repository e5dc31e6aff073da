"""What `sim.spread` and the cascades take: counts of any kind, spans that ticks do not divide."""

from typing import Any

import numpy as np
import pytest

import sim
from sim.contagion import cascade_sizes, independent_cascade, linear_threshold
from sim.ties import from_edges, random_ties

LAYER = random_ties(60, mean_degree=4, seed=1)
NOBODY = from_edges([], [], 0)
WHOLE = [int, np.int64, np.uint16, np.array]


@pytest.mark.parametrize("kind", WHOLE)
def test_a_count_of_seeds_is_a_count_whatever_its_type(kind: Any) -> None:
    plain = sim.spread(LAYER, rate=0.1, seeds=5, days=4, seed=7)
    other = sim.spread(LAYER, rate=0.1, seeds=kind(5), days=4, seed=7)
    assert plain.adopted[0] == 5
    assert np.array_equal(plain.adopted_at, other.adopted_at)


@pytest.mark.parametrize("kind", [list, tuple, np.array, range])
def test_seeds_that_are_named_are_these_people(kind: Any) -> None:
    named = kind(range(3, 6)) if kind is not range else range(3, 6)
    found = sim.spread(LAYER, rate=0.0, seeds=named, days=1)
    assert np.flatnonzero(found.adopted_at == 0).tolist() == [3, 4, 5]


@pytest.mark.parametrize("kind", [np.int64, np.uint16])
def test_seeds_of_the_generator_mean_the_same_in_every_type(kind: Any) -> None:
    assert np.array_equal(
        sim.spread(LAYER, rate=0.2, seeds=3, days=5, seed=9).adopted_at,
        sim.spread(LAYER, rate=0.2, seeds=3, days=5, seed=kind(9)).adopted_at,
    )
    assert np.array_equal(
        independent_cascade(LAYER, [0], 0.4, seed=9).reached,
        independent_cascade(LAYER, kind(0), 0.4, seed=kind(9)).reached,
    )
    assert np.array_equal(
        linear_threshold(LAYER, [0, 1], seed=9).reached,
        linear_threshold(LAYER, np.array([0, 1], kind), seed=kind(9)).reached,
    )
    assert np.array_equal(
        cascade_sizes(LAYER, [0], 0.4, seed=9, runs=4),
        cascade_sizes(LAYER, [0], 0.4, seed=kind(9), runs=kind(4)),
    )


@pytest.mark.parametrize("seed", [-1, 2**64, 2**70, 1.5, True, "1", None])
def test_seeds_that_would_repeat_others_are_refused(seed: Any) -> None:
    for call in (
        lambda: sim.spread(LAYER, rate=0.1, seed=seed),
        lambda: independent_cascade(LAYER, [0], 0.1, seed=seed),
        lambda: linear_threshold(LAYER, [0], seed=seed),
        lambda: cascade_sizes(LAYER, [0], 0.1, seed=seed, runs=2),
        lambda: random_ties(60, mean_degree=4, seed=seed),
    ):
        with pytest.raises((ValueError, TypeError), match="seed must be"):
            call()


@pytest.mark.parametrize(
    ("days", "dt", "ends"),
    [
        (7, 2, [0, 2, 4, 6, 7]),
        (0.3, 0.1, [0, 0.1, 0.2, 0.3]),
        (1, 3, [0, 1]),
        (6, 3, [0, 3, 6]),
        (0, 1, [0]),
    ],
)
def test_a_spread_ends_on_its_last_day(days: float, dt: float, ends: list[float]) -> None:
    found = sim.spread(LAYER, rate=0.1, external=0.01, days=days, dt=dt)
    assert found.day == pytest.approx(ends)
    assert found.day[-1] == days
    assert found.adopted.shape == found.day.shape


def test_a_shorter_last_tick_moves_fewer() -> None:
    """Nobody tells anybody: 1 - exp(-.1 t) of a million have adopted by day t."""
    people = 1_000_000
    layer = from_edges([0], [1], people)
    found = sim.spread(layer, rate=0.0, external=0.1, days=7, dt=2)
    expected = 1.0 - np.exp(-0.1 * np.array([0, 2, 4, 6, 7]))
    assert found.share == pytest.approx(expected, abs=4 * np.sqrt(0.25 / people))


@pytest.mark.parametrize("name", ["rate", "external", "leave", "days", "dt"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, -1.0, "1", None, True])
def test_times_and_rates_that_are_none_are_refused(name: str, value: Any) -> None:
    given: dict[str, Any] = {"rate": 0.1, name: value}
    with pytest.raises((ValueError, TypeError), match=name):
        sim.spread(LAYER, **given)


def test_nothing_spreads_in_a_layer_of_nobody() -> None:
    with pytest.raises(ValueError, match="a layer of nobody"):
        sim.spread(NOBODY, rate=0.1)
    assert independent_cascade(NOBODY, [], 0.1).size == 0
    assert linear_threshold(NOBODY, []).size == 0
    assert cascade_sizes(NOBODY, [], 0.1, runs=2).tolist() == [0, 0]
    with pytest.raises(ValueError, match="a layer of nobody"):
        independent_cascade(NOBODY, [0], 0.1)
