"""Agents without ties follow the law of the rate table, and agree with the other engines.

Draws are keyed, so what passes once passes everywhere; bounds say how likely a right engine would
have been to fail when the test was written.
"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engines.agents.kernels import fastest_kernels
from sim.engines.agents.layout import classes_of_people, make_chunks
from sim.engines.agents.population import AgentPopulation
from sim.engines.agents.scan import Key
from sim.engines.agents.tables import Ways, mixed_ways
from sim.engines.cohorts import CohortPopulation
from sim.engines.expected import ExpectedPopulation
from sim.engines.population import Population
from sim.rates.table import RateTable, Transitions

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEAVE = Transitions(("in", "out"), np.array([0]), np.array([1]))


def one_tick(
    ways: Ways, state: NDArray[np.uint8], size: I64, tick: int, shape: tuple[int, int]
) -> I64:
    """Flows (C, T) of one tick from `state`, which is left as it is."""
    flows = np.zeros(shape, np.int64)
    fastest_kernels().leave_mixed(
        state.copy(),
        classes_of_people(size),
        make_chunks(size, tuple(f"class {c}" for c in range(size.size))),
        ways,
        Key(5, 6, 7, 8, tick),
        flows,
    )
    return flows


def test_a_tick_moves_people_by_the_multinomial_law() -> None:
    """1,500 ticks of 30,000 people in three classes and two states with four ways out in all:
    means |z| < 4.5, variances within 15 % (6 standard errors of .026), covariances |z| < 4.5."""
    moves = Transitions(("a", "b", "c"), np.array([0, 0, 0, 1]), np.array([1, 2, 1, 0]))
    hazard = np.array([[0.3, 1e-3, 3.0], [0.05, 0.02, 0.5], [0.004, 0.0, 1.5], [0.7, 0.01, 5.0]])
    table, dt = RateTable(moves, hazard), 0.8
    size = np.array([4097, 20_000, 6000], np.int64)
    state = (np.arange(size.sum()) % 3).astype(np.uint8)
    klass = classes_of_people(size)
    people = np.zeros((3, 3))
    np.add.at(people, (state, klass), 1.0)
    ways = mixed_ways(table, dt)
    ticks = 1500
    flows = np.array([one_tick(ways, state, size, tick, (3, 4)).T for tick in range(ticks)])
    probability = table.move_probability(dt)
    trials = people[moves.source]
    mean = trials * probability
    variance = mean * (1.0 - probability)
    some = variance > 0.0
    z = (flows.mean(axis=0) - mean)[some] / np.sqrt(variance[some] / ticks)
    assert np.abs(z).max() < 4.5
    assert not flows[:, ~some].any()
    assert flows.var(axis=0)[some] / variance[some] == pytest.approx(1.0, abs=0.15)
    for t in range(4):
        for u in range(t):
            both = ((flows[:, t] - mean[t]) * (flows[:, u] - mean[u])).mean(axis=0)
            same_source = moves.source[t] == moves.source[u]
            exact = -trials[t] * probability[t] * probability[u] if same_source else 0.0
            scale = np.sqrt(variance[t] * variance[u] / ticks)
            ok = scale > 0.0
            assert np.abs((both - exact)[ok] / scale[ok]).max() < 4.5
    # Classes are independent of each other.
    for c in range(3):
        for d in range(c):
            a, b = flows[:, 0, c], flows[:, 0, d]
            assert abs(np.corrcoef(a, b)[0, 1]) < 4.5 / np.sqrt(ticks)


def test_the_table_of_bytes_holds_the_chance_to_leave_exactly() -> None:
    """P(leave) = (whole + rest) / 256: no digit is lost from certain to one in 10^15."""
    chance = np.concatenate([10.0 ** np.linspace(-15, -0.01, 400), np.arange(257) / 256.0])
    hazard = np.where(chance < 1.0, -np.log1p(-np.minimum(chance, 1 - 1e-16)), 1e4)
    people = RateTable(LEAVE, hazard[None, :])
    ways = mixed_ways(people, 1.0)
    leave = ((ways.whole + ways.rest) / 256.0)[::2]
    assert np.array_equal(leave, -np.expm1(-hazard))
    assert leave == pytest.approx(people.move_probability(1.0)[0], rel=1e-15)
    assert leave == pytest.approx(chance, rel=1e-13)
    assert (ways.rest >= 0.0).all()
    assert (ways.rest <= 1.0).all()
    assert leave[-1] == 1.0
    assert leave[400] == 0.0


@pytest.mark.parametrize(
    ("chance", "ticks"),
    [(1e-6, 400), (1.0 - 1e-6, 100), (1 / 256, 5), (0.5 / 256, 5), (255.5 / 256, 5), (0.3, 2)],
)
def test_people_leave_with_exactly_their_chance(chance: float, ticks: int) -> None:
    """A million people a tick, from the rarest event a byte can hide: |z| < 4."""
    size = np.array([1_000_000], np.int64)
    ways = mixed_ways(RateTable(LEAVE, np.array([[-np.log1p(-chance)]])), 1.0)
    state = np.zeros(size[0], np.uint8)
    left = sum(int(one_tick(ways, state, size, tick, (1, 1))[0, 0]) for tick in range(ticks))
    trials = ticks * float(size[0])
    assert abs(left - trials * chance) / np.sqrt(trials * chance * (1.0 - chance)) < 4.0


@pytest.mark.parametrize(("hazard", "left"), [(0.0, 0), (1e4, 100_000)])
def test_nobody_or_everybody(hazard: float, left: int) -> None:
    size = np.array([100_000], np.int64)
    ways = mixed_ways(RateTable(LEAVE, np.array([[hazard]])), 1.0)
    state = np.zeros(size[0], np.uint8)
    assert all(one_tick(ways, state, size, tick, (1, 1))[0, 0] == left for tick in range(5))


def test_neighbours_and_ticks_are_independent() -> None:
    """Who leaves says nothing of the next in line, of those who share a block of draws (256 places
    on), of the next chunk, nor of the person's own next tick: correlations within 4.5 / sqrt(n)."""
    size, chance = np.array([400_000], np.int64), 0.2
    ways = mixed_ways(RateTable(LEAVE, np.array([[-np.log1p(-chance)]])), 1.0)
    klass, chunks = classes_of_people(size), make_chunks(size, ("all",))
    left = []
    for tick in range(2):
        state = np.zeros(size[0], np.uint8)
        key, flows = Key(1, 2, 3, 4, tick), np.zeros((1, 1), np.int64)
        fastest_kernels().leave_mixed(state, klass, chunks, ways, key, flows)
        left.append(state.astype(float))
    a, b = left
    bound = 4.5 / np.sqrt(size[0])
    for lag in (1, 16, 255, 256, 512, 1024, 3840, 4096):
        assert abs(np.corrcoef(a[:-lag], a[lag:])[0, 1]) < bound
    assert abs(np.corrcoef(a, b)[0, 1]) < bound


# --- MODEL, row 15 ---

PEOPLE = np.array([600_000, 300_000, 100_000], np.int64)
INNOVATION = np.array([0.03, 0.01, 0.10])
MOVES = Transitions(
    ("never", "user", "lapsed"),
    np.array([0, 1, 2]),
    np.array([1, 2, 1]),
)
DATES = (3, 8, 14, 20, 29)
ENGINES: dict[str, type[Any]] = {"agents": AgentPopulation, "cohorts": CohortPopulation}


def bass_with_churn(population: Population) -> F64:
    """Users by date and class; p differs by class, q = .38 and churn .05 a year, ticks of half a
    year."""
    users = []
    for tick in range(DATES[-1] + 1):
        share = population.people[1].sum() / PEOPLE.sum()
        hazard = np.array(
            [INNOVATION + 0.38 * share, np.full(3, 0.05), np.full(3, 0.2 * share)], float
        )
        population.advance(RateTable(MOVES, hazard), 0.5, tick)
        if tick in DATES:
            users.append(population.people[1].astype(float))
    return np.array(users)


def start() -> I64:
    return np.array([PEOPLE, 0 * PEOPLE, 0 * PEOPLE], np.int64)


def test_agents_cohorts_and_expected_agree() -> None:
    """A million people, 64 replicates of 30 ticks, five dates, three classes and their sum: means
    of `agents` and `cohorts` |z| < 3.5 apart, variances within a factor of two, and `expected`
    within 3.5 standard errors of both."""
    names = ("a", "b", "c")
    runs = {
        engine: np.array(
            [
                bass_with_churn(make(MOVES, start(), seed=s, purpose="row 15", class_names=names))
                for s in range(64)
            ]
        )
        for engine, make in ENGINES.items()
    }
    exact = bass_with_churn(ExpectedPopulation(MOVES, start().astype(float)))
    for _ in ("by class", "all classes"):
        agents, cohorts = runs["agents"], runs["cohorts"]
        error = {k: v.std(axis=0, ddof=1) / 8.0 for k, v in runs.items()}
        both = np.sqrt(error["agents"] ** 2 + error["cohorts"] ** 2)
        assert (np.abs(agents.mean(axis=0) - cohorts.mean(axis=0)) < 3.5 * both).all()
        ratio = agents.var(axis=0, ddof=1) / cohorts.var(axis=0, ddof=1)
        assert ratio.min() > 0.5
        assert ratio.max() < 2.0
        for engine, found in (("agents", agents), ("cohorts", cohorts)):
            assert (np.abs(found.mean(axis=0) - exact) < 3.5 * error[engine]).all()
        runs = {k: v.sum(axis=-1, keepdims=True) for k, v in runs.items()}
        exact = exact.sum(axis=-1, keepdims=True)
