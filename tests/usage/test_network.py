"""Uptake along ties against deterministic cascades, branching laws and a recount by hand."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from sim.engines.agents.kernels import clear_kernels
from sim.engines.agents.population import AgentPopulation
from sim.observing import contact_classes, group_shares
from sim.observing.contact_classes import ContactClasses
from sim.observing.contact_classes import contact_classes as classes_of
from sim.observing.group_shares import TENTHS, binomial, groups_by_share
from sim.observing.network import NetworkMeter
from sim.observing.transmissions import NOBODY, Transmissions
from sim.rates.consumer_states import Move
from sim.rates.contagion import Contagion, Response
from sim.rates.table import RateTable, Transitions
from sim.running.simulation import Simulation
from sim.scenario import load
from sim.ties import from_edges, group_ties, random_ties, regular_ties
from tests.ties import without_numba

SURE = 80.0  # a hazard per day at which nobody stays
SUSCEPTIBLE, ADOPTED = 0, 1
TIES = [
    "platforms.whatsapp.ties.network=groups",
    "platforms.facebook.ties.network=random",
    "platforms.facebook.ties.clustering=0",
    "platforms.instagram.ties.network=configuration",
]


def adopting(layers: Any, seeds: Any, weight: Any = SURE, **options: Any) -> Any:
    """One thing that spreads at `weight` (L,) a day per active contact, and what follows it."""
    layers = layers if isinstance(layers, tuple) else (layers,)
    table = RateTable(
        Transitions(("susceptible", "adopted"), np.array([0]), np.array([1])),
        np.array([[options.get("external", 0.0)]]),
        Contagion(
            channel=np.array([0]),
            slope=np.ones((1, 1)),
            weight=np.broadcast_to(np.asarray(weight, float), (len(layers),)).reshape(1, -1, 1),
            chi=0.0,
            response=Response(),
        ),
    )
    population = AgentPopulation(
        table.transitions,
        np.array([[layers[0].people], [0]], np.int64),
        seed=options.get("seed", 1),
        purpose="test",
        class_names=("everybody",),
        layers=layers,
        active=np.array([[False, True]]),
        divisor=np.ones(len(layers)),
        kernels=options.get("kernels"),
    )
    population.place(np.asarray(seeds), ADOPTED)
    uses = np.array([[False, True]])
    return population, table, Transmissions(population, uses, uses[0], np.ones(1))


def ticks(population: AgentPopulation, table: RateTable, count: int) -> None:
    for tick in range(count):
        population.advance(table, 1.0, tick)


# --- who brought whom


def test_along_a_line_the_nth_person_is_of_generation_n_and_everybody_brings_one() -> None:
    n = 40
    population, table, found = adopting(
        from_edges(np.arange(n - 1), np.arange(1, n), people=n), [0]
    )
    ticks(population, table, 10)
    assert found.generation[:11].tolist() == list(range(11))
    assert set(found.generation[11:].tolist()) == {NOBODY}
    ticks(population, table, n)
    assert found.generation.tolist() == list(range(n))
    assert found.brought.tolist() == [1] * (n - 1) + [0]
    assert found.uptakes[0][1:n].tolist() == [1.0] * (n - 1)


def test_the_middle_of_a_star_brings_everybody() -> None:
    star = from_edges(np.zeros(50, int), np.arange(1, 51), people=51)
    population, table, found = adopting(star, [0])
    ticks(population, table, 1)
    assert found.generation.tolist() == [0] + [1] * 50
    assert found.people_by_brought().tolist() == [50.0] + [0.0] * 49 + [1.0]


def test_from_a_leaf_a_star_takes_two_steps() -> None:
    star = from_edges(np.zeros(50, int), np.arange(1, 51), people=51)
    population, table, found = adopting(star, [7])
    ticks(population, table, 2)
    assert found.generation[0] == 1
    assert np.delete(found.generation, [0, 7]).tolist() == [2] * 49
    assert found.brought[[0, 7]].tolist() == [49, 1]


def test_who_moves_in_the_same_tick_has_brought_nobody_yet() -> None:
    """Two seeds at the ends of a line of five: the middle has two active contacts, who themselves
    adopted only in the tick before."""
    line = from_edges(np.arange(4), np.arange(1, 5), people=5)
    population, table, found = adopting(line, [0, 4])
    ticks(population, table, 2)
    assert found.generation.tolist() == [0, 1, 2, 1, 0]
    assert sorted(found.brought.tolist()) == [0, 0, 1, 1, 1]


def test_uptake_from_outside_is_of_generation_nothing_and_nobodys_doing() -> None:
    layer = from_edges(np.arange(4), np.arange(1, 5), people=5)
    population, table, found = adopting(layer, [2], weight=0.0, external=SURE)
    ticks(population, table, 1)
    assert found.generation.tolist() == [0] * 5
    assert found.uptakes.sum() == 4.0
    assert found.carried.sum() == 0.0
    assert not found.brought.any()


def test_credits_add_up_to_the_uptakes_that_peers_caused_in_every_generation() -> None:
    layer = random_ties(20_000, 8, seed=3)
    population, table, found = adopting(layer, np.arange(20), weight=0.02, external=0.002)
    ticks(population, table, 40)
    assert found.uptakes.sum() == np.count_nonzero(population.state == ADOPTED) - 20
    assert found.uptakes[0, 1:].sum() == found.carried.sum() == found.brought.sum() > 1000
    outside = found.uptakes[0, 0]
    assert 0 < outside < found.uptakes.sum()
    # Everybody of generation g + 1 was brought by somebody of generation g.
    for g in range(5):
        parents = found.brought[found.generation == g].sum()
        assert parents == np.count_nonzero(found.generation == g + 1) == found.uptakes[0, g + 1]


def test_generations_from_lone_seeds_follow_the_branching_law() -> None:
    """On a tree of degree d, a person at distance g adopts within T ticks if a binomial of T trials
    has g successes: d (d - 1)^(g - 1) P(Bin(T, 1 - exp(-rate)) >= g) people a seed."""
    d, rate, days = 4, 0.05, 8
    seeds = np.arange(0, 1_000_000, 1000)
    population, table, found = adopting(
        regular_ties(1_000_000, d, seed=5), seeds, weight=rate, seed=11
    )
    ticks(population, table, days)
    chance = binom.sf(np.arange(0, 4), days, -np.expm1(-rate))  # g = 1, 2, 3, 4
    for g in range(1, 4):
        expected = seeds.size * d * (d - 1) ** (g - 1) * chance[g - 1]
        counted = np.count_nonzero(found.generation == g)
        # Of one seed's tree the branches are not independent: 5 sigma with their common luck.
        assert abs(counted - expected) < 5.0 * np.sqrt(expected * (1 + (d - 1) * (g - 1))), g
    brought = found.brought[seeds].astype(float)
    mean = d * -np.expm1(-rate * days)
    assert brought.mean() == pytest.approx(mean, abs=5 * brought.std() / np.sqrt(seeds.size))


def test_a_contact_is_blamed_in_proportion_to_its_layers_weight() -> None:
    """Everybody has two seeds: one on a layer with hazard .03, one on a layer with hazard .01."""
    n = 30_000
    ids = np.arange(n)
    left = from_edges(ids, n + ids, people=3 * n)
    right = from_edges(ids, 2 * n + ids, people=3 * n)
    population, table, found = adopting(
        (left, right), np.arange(n, 3 * n), weight=[0.03, 0.01], seed=2
    )
    ticks(population, table, 20)
    carried = found.carried[0]
    assert carried[0] / carried.sum() == pytest.approx(
        0.75, abs=5 * np.sqrt(0.1875 / carried.sum())
    )
    assert found.brought[n : 2 * n].sum() == carried[0]
    assert found.brought[2 * n :].sum() == carried[1]
    assert found.generation[found.brought[n : 2 * n].nonzero()[0]].tolist() == [1] * int(carried[0])


def test_users_of_another_feature_are_blamed_chi_times_as_often() -> None:
    """Everybody has three contacts: one with the feature, one with both features, and one with the
    other only. Their weights are 1, 1 + chi and chi."""
    n, chi = 20_000, 0.5
    names = ("never", "a", "b", "both")
    transitions = Transitions(names, np.array([0]), np.array([1]))
    uses = np.array([[False, True, False, True], [False, False, True, True]])
    ids = np.arange(n)
    layer = from_edges(np.tile(ids, 3), np.arange(n, 4 * n), people=4 * n)
    population = AgentPopulation(
        transitions,
        np.array([[4 * n], [0], [0], [0]], np.int64),
        seed=4,
        purpose="test",
        class_names=("everybody",),
        layers=(layer,),
        active=uses,
    )
    for k in (1, 2, 3):
        population.place(np.arange(k * n, (k + 1) * n), k)
    found = Transmissions(population, uses, np.array([False, True, True, True]), np.ones(1))
    table = RateTable(
        transitions,
        np.zeros((1, 1)),
        Contagion(np.array([0]), np.ones((1, 1)), np.full((2, 1, 1), SURE), chi),
    )
    population.advance(table, 1.0, 0)
    assert (population.state[:n] == 1).all()
    of = found.brought.reshape(4, n).sum(axis=1)
    weights = np.array([0.0, 1.0, chi, 1.0 + chi])
    expected = n * weights / weights.sum()
    assert of[0] == 0
    assert of.sum() == n
    assert np.all(np.abs(of - expected) < 5 * np.sqrt(expected + 1.0))


def test_the_trees_are_the_same_with_clear_and_compiled_kernels() -> None:
    layer = random_ties(3000, 8, seed=3)
    trees = []
    for kernels in (None, clear_kernels()):
        population, table, found = adopting(
            (layer, layer), np.arange(5), weight=0.02, kernels=kernels
        )
        ticks(population, table, 15)
        trees.append((found.generation, found.brought))
    assert trees[0][1].sum() > 100
    assert np.array_equal(trees[0][0], trees[1][0])
    assert np.array_equal(trees[0][1], trees[1][1])


def test_counts_are_widened_before_they_overflow() -> None:
    star = from_edges(np.zeros(70_000, int), np.arange(1, 70_001), people=70_001)
    population, table, found = adopting(star, [0])
    ticks(population, table, 1)
    assert found.brought[0] == 70_000
    assert found.brought.dtype == np.uint32


# --- classes and groups


def test_few_numbers_of_contacts_are_classes_of_their_own() -> None:
    found = classes_of(np.array([3, 0, 5, 0, 0, 2]))
    assert found.low.tolist() == found.high.tolist() == [0, 2, 5]
    assert found.of[[0, 2, 5]].tolist() == [0, 1, 2]


def test_many_numbers_of_contacts_fall_into_at_most_twelve_steps_that_leave_nobody_out() -> None:
    degree = np.random.default_rng(1).zipf(2.0, 100_000).clip(max=5000) - 1
    histogram = np.bincount(degree)
    found = classes_of(histogram)
    assert found.low.size <= 12
    assert found.low[0] == found.high[0] == 0
    assert found.high[-1] == degree.max()
    assert np.all(found.low[1:] > found.high[:-1])
    of = found.of[degree]
    assert np.all((degree >= found.low[of]) & (degree <= found.high[of]))
    for d in range(found.low.size):
        assert found.mean[d] == pytest.approx(degree[of == d].mean())


@pytest.mark.parametrize("size", [4, 40])
def test_groups_by_share_of_users_equal_a_recount_and_the_binomial_law(size: int) -> None:
    rng = np.random.default_rng(size)
    group = group_ties(30_011, size - 1, size, seed=1).groups[0]
    uses = rng.random((14, 9)) < 0.4
    state = rng.integers(0, 9, group.size).astype(np.uint8)
    found, expected = groups_by_share(group, state, uses)
    for f, of_state in enumerate(uses):
        shares = np.bincount(group[group >= 0], of_state[state[group >= 0]])
        sizes = np.bincount(group[group >= 0])
        tenth = np.minimum(shares * TENTHS // sizes, TENTHS - 1).astype(int)
        assert found[f].tolist() == np.bincount(tenth, minlength=TENTHS).tolist()
    share = shares.sum() / sizes.sum()
    assert expected[-1].sum() == pytest.approx(np.count_nonzero(sizes))
    # States are independent of groups here.
    assert np.abs(found[-1] - expected[-1]).max() < 5 * np.sqrt(expected[-1].max())
    assert binomial(size, share) == pytest.approx(binom.pmf(np.arange(size + 1), size, share))


def test_clear_and_compiled_counts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = group_ties(20_000, 11, 12, seed=1)
    population, table, found = adopting(layer, np.arange(300), weight=0.05)
    ticks(population, table, 5)
    classes = ContactClasses(
        np.array([0, 11]), np.array([10, 11]), np.array([5.0, 11.0]), np.arange(12).astype(np.uint8)
    )
    classes.of[:] = np.arange(12) == 11
    uses = np.array([[False, True], [True, True]])
    both = []
    for clear in (False, True):
        if clear:
            without_numba(monkeypatch)
            assert contact_classes.fastest_kernels() == contact_classes.clear_kernels()
            assert group_shares.fastest_kernels() == group_shares.clear_kernels()
        counts = contact_classes.count_by_contacts(population, 0, classes, found.generation, NOBODY)
        both.append((counts, *groups_by_share(layer.groups[0], population.state, uses)))
    assert all(np.array_equal(a, b) for a, b in zip(*both, strict=True))
    assert both[0][0].sum() == 20_000


# --- a whole run


def hybrid(people: float = 20_000, until: str = "2026-05-10", **options: Any) -> Simulation:
    return Simulation(load("hybrid", engine="agents", people=people, until=until, **options))


@pytest.fixture(scope="module")
def run() -> Any:
    """A sample of the hybrid scenario, what a recount by hand gives at its end, and its moves."""
    simulation = hybrid(set=TIES)
    population = simulation.consumers.inner  # type: ignore[attr-defined]
    lapsed = np.array([state.lapsed_from >= 0 for state in simulation.states.states])
    using: Any = simulation.states.uses.any(axis=0)
    flows, ever = [], (using | lapsed)[population.state]
    advance = simulation.consumers.advance

    def counting(table: RateTable, dt: float, tick: int) -> Any:
        flows.append(advance(table, dt, tick))
        nonlocal ever
        ever |= using[population.state]
        return flows[-1]

    simulation.consumers.advance = counting  # type: ignore[method-assign]
    return simulation, simulation.run(), flows, ever


def test_uptake_by_contacts_is_a_recount_of_everybody(run: Any) -> None:
    simulation, outcome, _, ever = run
    frame = outcome.tables["network"].to_pandas()
    frame = frame[(frame.what == "degree") & (frame.day == frame.day.max())]
    population, world = simulation.consumers.inner, simulation.world
    weight = (world.people / population.people.sum(axis=0))[population.klass]
    assert set(frame.platform) == set(world.platforms)
    for p, (name, layer) in enumerate(
        zip(world.platforms, population.exposure.layers, strict=True)
    ):
        degree, member = layer.degrees(), world.member[p][population.klass]
        rows = frame[frame.platform == name]
        for low, high in {(row.low, row.high) for row in rows.itertuples()}:
            here = member & (degree >= low) & (degree <= high)
            mine = rows[rows.low == low].set_index(["feature", "metric"]).value
            assert mine["all", "people"] == pytest.approx(weight[here].sum())
            assert mine["all", "ever"] == pytest.approx(weight[here & ever].sum())
            for j, feature in enumerate(simulation.states.features):
                users = simulation.states.uses[j][population.state]
                assert mine[feature, "users"] == pytest.approx(weight[here & users].sum())
        people = rows[rows.metric == "people"].value.sum()
        assert people == pytest.approx(world.people[world.member[p]].sum())


def test_uptakes_are_the_flows_and_their_trees_hold_all_that_peers_caused(run: Any) -> None:
    simulation, outcome, flows, _ = run
    network = outcome.tables["network"].to_pandas()
    uptake = network[network.what == "uptake"]
    assert sorted(set(uptake.day)) == [31, 61, 70]
    kinds = (Move.UPTAKE, Move.RETURN, Move.ADD)
    for k, feature in enumerate(simulation.states.features):
        up = [s.k == k and s.move in kinds for s in simulation.states.steps]
        mine = uptake[uptake.feature == feature]
        total = mine[(mine.metric == "uptakes")].value.sum()
        assert total == pytest.approx(sum(flow[up].sum() for flow in flows))
        caused = mine[mine.metric == "by_peers"]
        by_platform = caused[caused.platform != "all"].value.sum()
        assert caused[caused.platform == "all"].value.sum() == pytest.approx(by_platform)
        assert by_platform <= total
    cascades = outcome.tables["cascades"].to_pandas()
    generations = cascades[(cascades.what == "generation") & (cascades.feature == "all")]
    assert generations.value.sum() == pytest.approx(uptake[uptake.metric == "uptakes"].value.sum())
    by_peers = uptake[(uptake.metric == "by_peers") & (uptake.platform == "all")].value.sum()
    assert generations[generations.number > 0].value.sum() == pytest.approx(by_peers)
    assert by_peers > 0.0
    brought = cascades[cascades.what == "transmissions"]
    # People of classes stand for slightly different numbers, so credits weigh a little otherwise.
    assert (brought.number * brought.value).sum() == pytest.approx(by_peers, rel=0.02)
    credits = int(simulation.observer("network").meter.transmissions.brought.sum())
    weight = simulation.world.people.sum() / simulation.consumers.inner.state.size
    assert credits * weight == pytest.approx(by_peers, rel=0.05)


def test_groups_are_read_at_the_start_and_the_end_and_all_are_counted(run: Any) -> None:
    simulation, outcome, _, _ = run
    frame = outcome.tables["network"].to_pandas()
    frame = frame[frame.what == "group"]
    assert set(frame.platform) == {"whatsapp"}
    assert sorted(set(frame.day)) == [0, 70]
    at = simulation.world.platforms.index("whatsapp")
    layer = simulation.consumers.inner.exposure.layers[at]
    groups = sum(int(group.max()) + 1 for group in layer.groups)
    summed = frame.groupby(["day", "feature", "metric"]).value.sum()
    assert np.allclose(summed.to_numpy(), groups)


def test_the_meter_changes_nothing_and_its_memory_is_four_bytes_a_person(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulation, outcome, _, _ = run
    assert simulation.observer("network").bytes == 4 * simulation.consumers.inner.state.size
    monkeypatch.setattr(NetworkMeter, "of", lambda *_: None)
    bare = hybrid(set=TIES).run()
    assert {"network", "cascades"} & bare.tables.keys() == set()
    for name, table in bare.tables.items():
        assert table.equals(outcome.tables[name]), name


def test_without_ties_there_is_no_meter_and_no_table() -> None:
    simulation = hybrid(people=2000, until="2026-03-05")
    assert simulation.observer("network") is None
    assert {"network", "cascades"} & simulation.run().tables.keys() == set()


def test_readings_come_with_the_month_the_start_and_the_end() -> None:
    layer = random_ties(50, 4, seed=1)
    population, table, _ = adopting(layer, [1])
    uses = np.array([[False, True]])
    meter = NetworkMeter(
        population,
        platforms=("here",),
        features=("it",),
        uses=uses,
        tried=uses[0],
        weight=np.ones(1),
        member=np.ones((1, 1), bool),
        start=date(2026, 1, 20),
    )
    for day in range(0, 60):
        meter.read(float(day), last=day == 59)
        population.advance(table, 1.0, day)
    days = meter.tables()["network"].column("day").to_pylist()
    assert sorted(set(days)) == [0.0, 12.0, 40.0, 59.0]


def test_a_meter_that_is_made_again_goes_on_where_it_was() -> None:
    """Readings, trees and the sums at the reading before, in 16 bits and in 32."""
    layer = random_ties(3000, 8, seed=3)
    uses = np.array([[False, True]])

    def made() -> tuple[AgentPopulation, RateTable, NetworkMeter]:
        population, table, _ = adopting((layer, layer), np.arange(5), weight=0.02)
        meter = NetworkMeter(
            population,
            platforms=("here", "there"),
            features=("it",),
            uses=uses,
            tried=uses[0],
            weight=np.ones(1),
            member=np.ones((2, 1), bool),
            start=date(2026, 1, 1),
        )
        return population, table, meter

    def advance(made: tuple[AgentPopulation, RateTable, NetworkMeter], a: int, b: int) -> None:
        population, table, meter = made
        for tick in range(a, b):
            meter.read(float(10 * tick), last=tick == 14)
            population.advance(table, 1.0, tick)

    for wide in (np.uint16, np.uint32):
        whole = made()
        advance(whole, 0, 6)
        whole[2].transmissions.brought = whole[2].transmissions.brought.astype(wide)
        moving = [{k: v.copy() for k, v in part.moving().items()} for part in (whole[0], whole[2])]
        assert all(array.dtype != object for part in moving for array in part.values())
        advance(whole, 6, 15)
        again = made()
        again[0].resume(moving[0])
        again[2].resume(moving[1])
        advance(again, 6, 15)
        for name, rows in whole[2].tables().items():
            assert rows.num_rows > 3
            assert rows.equals(again[2].tables()[name])
        trees = whole[2].transmissions, again[2].transmissions
        assert trees[0].brought.sum() > 100
        assert trees[1].brought.dtype == wide
        assert np.array_equal(trees[0].brought, trees[1].brought)
        assert np.array_equal(trees[0].generation, trees[1].generation)
