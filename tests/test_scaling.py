"""The scale ladder: rungs, their errors, and sizes that are refused."""

import math

import pytest

import sim
from sim import scaling


def test_more_people_are_nearer_to_the_expected_course() -> None:
    climbed = sim.ladder("hybrid", sizes=[2_000, 200_000], until="2026-06-01")
    engines = [(rung.engine, rung.people) for rung in climbed.rungs]
    assert engines[:2] == [("agents", 2_000), ("agents", 200_000)]
    assert [name for name, _ in engines[2:]] == ["cohorts", "expected"]
    small, large, everybody, exact = climbed.rungs
    # A hundred times the people: the error falls to a tenth, give or take its own noise.
    assert 3.0 < small.error / large.error < 35.0
    assert small.chance / large.chance == pytest.approx(10.0)
    assert 0.2 < small.error / small.chance < 4.0
    assert everybody.error < 1e-3
    assert exact.error == exact.chance == 0.0
    assert list(climbed.frame().engine) == ["agents", "agents", "cohorts", "expected"]


def test_a_size_that_does_not_fit_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.people import footprint

    monkeypatch.setattr(footprint, "free_memory", lambda: 5.2e8)
    climbed = sim.ladder("hybrid", sizes=[1e4, 1e9], until="2026-04-01")
    assert climbed.rungs[0].reason == ""
    assert "are free" in climbed.rungs[1].reason
    assert math.isnan(climbed.rungs[1].error)


@pytest.mark.parametrize("sizes", [[], [0.0], [1e4, -1.0]])
def test_sizes_must_be_people(sizes: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one number of people"):
        scaling.ladder("hybrid", sizes=sizes)
