"""The engines against each other, and what every engine must keep."""

from itertools import pairwise

import numpy as np
import pytest

from sim.draws.binomial import INVERSION_LIMIT, binomial_quantile
from sim.draws.keyed import KeyedUniforms, combine_ids, unit_pairs
from sim.draws.multinomial import multinomial_moves
from sim.engines.cohorts import CohortPopulation
from sim.engines.expected import ExpectedPopulation
from sim.engines.moving import clear_kernels
from sim.rates.consumer_states import ConsumerStates
from sim.rates.table import RateTable, Transitions
from sim.running.simulation import Simulation, simulate
from sim.scenario import load
from tests.model.small import reading, series


def market_with_churn(**settings):
    """A month of the shipped hybrid market: all mechanisms at work."""
    return load("hybrid", until="2026-04-15", **settings)


def simulated(engine):
    """Agents in a sample with networks: what all engines must keep, they must keep with ties."""
    if engine != "agents":
        return {}
    networks = dict(whatsapp="groups", facebook="groups", instagram="computed")
    return {
        "people": 20_000,
        "set": {f"platforms.{name}.ties.network": kind for name, kind in networks.items()},
    }


@pytest.mark.parametrize("engine", ["expected", "cohorts", "agents"])
def test_people_are_conserved_in_every_class(engine):
    simulation = Simulation(market_with_churn(engine=engine, **simulated(engine)))
    at_start = simulation.world.people
    if engine == "agents":
        assert np.array_equal(simulation.consumers.inner.people.sum(axis=0), simulation.sample.size)
    else:
        assert np.array_equal(simulation.people.sum(axis=0), at_start)
    simulation.run()
    exact = {"expected": 1e-9, "cohorts": 0.0, "agents": 1e-12}[engine]
    assert np.abs(simulation.people.sum(axis=0) / at_start - 1.0).max() <= exact
    assert simulation.people.min() >= 0.0
    if engine == "cohorts":
        assert simulation.people.dtype == np.int64
    if engine == "agents":
        assert np.array_equal(simulation.consumers.inner.people.sum(axis=0), simulation.sample.size)


@pytest.mark.parametrize("engine", ["expected", "cohorts", "agents"])
def test_flows_balance_the_stocks(engine):
    """Users of anything tomorrow = users today + new - lapsed; and all people are in one state."""
    stocks = ("trial", "casual", "habitual", "never", "lapsed_now", "opted_out", "people")
    scenario = market_with_churn(engine=engine, **simulated(engine))
    outcome = simulate(scenario, plan=reading(*stocks, "new", "lapsed"))
    read = {m: series(outcome, m)[1] for m in ("trial", "casual", "habitual", "new", "lapsed")}
    users = read["trial"] + read["casual"] + read["habitual"]
    # Each of 20,000 agents stands for some 300,000 people, which leaves fewer digits.
    apart = 1.0 if engine == "agents" else 1e-3
    assert np.allclose(np.diff(users), read["new"] - read["lapsed"], rtol=0.0, atol=apart)
    people = {m: series(outcome, m)[1] for m in ("never", "lapsed_now", "opted_out", "people")}
    idle = people["never"] + people["lapsed_now"] + people["opted_out"]
    assert np.allclose(users + idle, people["people"], rtol=1e-12)


def test_shares_sum_to_one_and_the_weights_out_never_get_worse():
    simulation = Simulation(load("open", until="2027-01-01", engine="expected"))
    outcome = simulation.run()
    market = outcome.tables["market"].to_pandas()
    shares = market[market.metric == "share"].groupby("day", observed=True).value.sum()
    assert np.allclose(shares, 1.0)
    assert simulation.market.labs["meta"].tiers["frontier"].irrevocable > 0.0


def test_what_was_opened_stays_open_when_the_lab_closes():
    """Capability of released weights is a running maximum."""
    closing = load(
        "open",
        until="2026-12-01",
        engine="expected",
        set={"labs.meta.models.large.releases": [
            {"date": "2026-05-01", "level": "open"},
            {"date": "2026-06-01", "level": "closed", "new_version": False},
            {"date": "2026-09-01", "level": "closed"},
        ]},
    )  # fmt: skip
    simulation = Simulation(closing)
    out = []
    original = simulation.market.begin

    def watch(day, fields):
        original(day, fields)
        out.append(simulation.market.labs["meta"].tiers["large"].irrevocable)

    simulation.market.begin = watch
    simulation.run()
    assert all(later >= earlier for earlier, later in pairwise(out))
    tier = simulation.market.labs["meta"].tiers["large"]
    assert tier.level.name == "closed"
    assert tier.irrevocable == pytest.approx(out[70])
    assert tier.capability > tier.irrevocable


def test_cohorts_agree_with_the_expected_engine_within_the_noise_of_64_replicates():
    """A million people: on five dates the mean of `cohorts` lies within 3.5 standard errors of
    `expected`, up to the finite-size shift of a nonlinear system, which is of the order of the
    variance over people."""
    settings = {"set": {"tick": "7 d"}, "until": "2007-09-01"}
    dates = 7.0 * np.array([20, 80, 160, 240, 400])

    def adopters(**engine):
        outcome = simulate(load("bass", **engine, **settings), plan=reading("ever", every=140.0))
        day, ever = series(outcome, "ever", "product")
        return ever[np.searchsorted(day, dates)]

    expected = adopters(engine="expected")
    drawn = np.array([adopters(engine="cohorts", seed=seed) for seed in range(64)])
    error = drawn.std(axis=0, ddof=1) / 8.0
    assert np.all(np.abs(drawn.mean(axis=0) - expected) < 3.5 * error)
    assert np.all(drawn.std(axis=0) > 0.0)


def test_a_tick_moves_people_by_the_multinomial_law():
    """Means, variances and covariances of 4,000 ticks against the closed form, |z| < 4.5."""
    people = np.array([[1000, 40, 3_000_000]], np.int64)
    probability = np.array([[0.02, 0.1, 0.001], [0.005, 0.3, 1e-6], [0.0, 0.0, 0.0]])
    first = np.array([0, 3])
    ids = combine_ids(np.arange(3, dtype=np.uint64), np.arange(3, dtype=np.uint64))
    uniforms = KeyedUniforms(3, "law", ids)
    # Classes do not know of each other, so the classes of all ticks are drawn at once.
    ticks = 4000
    u = np.concatenate([uniforms.at(tick).copy() for tick in range(ticks)], axis=1)
    drawn = np.zeros((3, 3 * ticks), np.int64)
    everybody, chance = (np.tile(a, ticks) for a in (people, probability))
    multinomial_moves(everybody, chance, u, first, drawn)
    flows = drawn.reshape(3, ticks, 3).swapaxes(0, 1).astype(float)
    mean = people * probability
    variance = mean * (1.0 - probability)
    z = (flows.mean(axis=0) - mean)[:2] / np.sqrt(variance[:2] / len(flows))
    assert np.abs(z).max() < 4.5
    assert np.allclose(flows.var(axis=0)[:2], variance[:2], rtol=0.12)
    covariance = ((flows[:, 0] - mean[0]) * (flows[:, 1] - mean[1])).mean(axis=0)
    exact = -people[0] * probability[0] * probability[1]
    scale = np.sqrt(variance[0] * variance[1] / len(flows))
    assert np.abs((covariance - exact) / scale).max() < 4.5
    assert not flows[:, 2].any()


def random_moves(random, states, most_ways):
    """Transitions among so many states, two of them without a way out."""
    ways = random.integers(1, most_ways, states - 2)
    source = np.repeat(np.arange(states - 2), ways)
    target = random.integers(0, states, source.size)
    target = np.where(target == source, states - 1, target)
    return Transitions(tuple(f"s{i}" for i in range(states)), source, target)


def random_table(random, moves, classes):
    """Hazards of every size, some of them none; many transitions share a row."""
    distinct = 10.0 ** random.uniform(-9, 0.5, (max(len(moves) // 3, 1), classes))
    distinct[random.random(distinct.shape) < 0.1] = 0.0
    row_of = random.integers(0, len(distinct), len(moves))
    return RateTable(moves, distinct, None, row_of)


def test_compiled_pairs_of_uniforms_equal_the_clear_ones_bit_for_bit():
    compiled = pytest.importorskip("sim.draws.compiled")
    ids = combine_ids(np.arange(200, dtype=np.uint64), np.arange(30, dtype=np.uint64))
    for block in range(12):
        clear = unit_pairs(ids & np.uint64(0xFFFFFFFF), ids >> np.uint64(32), block, 9, (7, 8))
        even, odd = np.empty(ids.size), np.empty(ids.size)
        low, high = (ids & np.uint64(0xFFFFFFFF)).ravel(), (ids >> np.uint64(32)).ravel()
        compiled.unit_pairs(low, high, *(np.uint64(w) for w in (block, 9, 7, 8)), even, odd)
        assert np.array_equal(even, clear[0].ravel())
        assert np.array_equal(odd, clear[1].ravel())


@pytest.mark.parametrize(("classes", "most_ways"), [(30, 12), (1, 4), (450, 3), (7, 160)])
def test_compiled_draws_equal_the_clear_ones_bit_for_bit(classes, most_ways):
    pytest.importorskip("numba")
    random = np.random.default_rng(5)
    moves = random_moves(random, 40, most_ways)
    people = (10.0 ** random.uniform(-1, 9, (40, classes))).astype(np.int64)
    people[random.random(40) < 0.2] = 0
    names = tuple(str(c) for c in range(classes))
    runs = [
        CohortPopulation(moves, people.copy(), seed=7, purpose="twins", class_names=names)
        for _ in range(2)
    ]
    runs[1]._moving = clear_kernels()
    kinds = set()
    # Not every tick: a block holds the uniforms of an even tick and of the odd one after it.
    for tick in (0, 1, 2, 5, 6, 7, 9, 12):
        table = random_table(random, moves, classes)
        mean = people[moves.source] * table.move_probability(0.3)
        kinds |= set((mean[mean > 0.0] > INVERSION_LIMIT).tolist())
        fast, slow = (run.advance(table, 0.3, tick) for run in runs)
        assert np.array_equal(fast, slow)
        assert np.array_equal(*(run.people for run in runs))
    assert kinds == {True, False}


def test_compiled_quantiles_equal_the_clear_ones_to_the_far_tails():
    compiled = pytest.importorskip("sim.draws.moves_compiled")
    random = np.random.default_rng(6)
    far = 10.0 ** random.uniform(-16, -9, 5000)
    level = np.concatenate([random.random(20_000), far, 1.0 - far])
    trials = np.rint(10.0 ** random.uniform(1.5, 10, level.size))
    mean = 10.0 ** random.uniform(-3, 6, level.size)
    chance = np.minimum(mean / trials, 0.5)
    exact = binomial_quantile(level, trials.astype(np.int64), chance)
    large = trials * chance >= INVERSION_LIMIT
    found, room = np.empty(level.size), level.size + compiled.LANES
    compiled._by_expansion(int(large.sum()), level[large], trials[large], chance[large], found)
    assert np.array_equal(found[: large.sum()], exact[large])
    few = int((~large).sum())
    u, n, z, mass, odds = (np.empty(room) for _ in range(5))
    u[:few], n[:few] = level[~large], trials[~large]
    compiled._by_inversion(few, u, n, chance[~large], z, mass, odds, np.empty(room, np.int64))
    assert np.array_equal(z[:few], exact[~large])


def test_quantiles_are_compiled_once_whoever_asks_for_them():
    """A kernel more costs seconds of the first run after an installation."""
    compiled = pytest.importorskip("sim.draws.moves_compiled")
    random = np.random.default_rng(3)
    moves = random_moves(random, 6, 3)
    whole = np.full((6, 4), 1000)
    run = CohortPopulation(moves, whole, seed=1, purpose="t", class_names=tuple("abcd"))
    run.advance(random_table(random, moves, 4), 0.3, 0)
    for n, p in ((100, 0.1), (10**6, 0.1), (10**6, 1e-6), (100, 0.9)):
        compiled.binomial_count(0.999, n, p)
    for kernel in (compiled._by_inversion, compiled._by_expansion, compiled.draw_rows):
        assert len(kernel.signatures) == 1


@pytest.mark.parametrize(("classes", "most_ways"), [(30, 12), (3, 160)])
def test_compiled_expected_flows_equal_the_clear_ones_bit_for_bit(classes, most_ways):
    """Sums of up to hundreds of terms keep numpy's order."""
    pytest.importorskip("numba")
    random = np.random.default_rng(8)
    moves = random_moves(random, 40, most_ways)
    assert (
        most_ways < 100 or np.bincount(moves.target).max() > 128 < np.bincount(moves.source).max()
    )
    people = 10.0 ** random.uniform(-1, 9, (40, classes))
    people[random.random(40) < 0.2] = 0.0
    runs = [ExpectedPopulation(moves, people.copy()) for _ in range(2)]
    runs[1]._moving = clear_kernels()
    for tick in range(6):
        table = random_table(random, moves, classes)
        fast, slow = (run.advance(table, 0.3, tick) for run in runs)
        assert np.array_equal(fast, slow)
        assert np.array_equal(*(run.people for run in runs))


@pytest.mark.parametrize(("features", "states"), [(1, 6), (5, 82), (8, 202)])
def test_states_fit_a_byte(features, states):
    """1 + 3J + 3J(J - 1) + J + 1."""
    space = ConsumerStates(tuple(f"f{i}" for i in range(features)))
    assert len(space) == states <= 256
    assert len(set(space.transitions.names)) == len(space.transitions)
