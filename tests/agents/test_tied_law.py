"""People with ties: hazards by plain loops over contacts, the exact law of small groups, and
counters counted from nothing."""

import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from sim.engines.agents.population import AgentPopulation
from sim.engines.agents.tables import tied_ways
from sim.engines.agents.tied import SHORTEST, Sifted
from sim.rates.contagion import Contagion, Form, Response
from sim.rates.table import RateTable, Transitions
from sim.ties.building import from_edges
from sim.ties.computed import computed_ties
from sim.ties.layer import Layer
from tests.agents.populations import FORMS, Case, random_case

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def g(response: Response, x: float, degree: float) -> float:
    """The influence form as the model paper writes it."""
    match response.form:
        case Form.LINEAR:
            return x
        case Form.SATURATING:  # a = -ln(1 - e)
            return float((1.0 - (1.0 - 0.3) ** (degree * x)) / (-degree * math.log(1.0 - 0.3)))
        case Form.HILL:
            return float(x**2.5 / (0.4**2.5 + x**2.5))
        case Form.THRESHOLD:
            return float(round(x * degree, 9) >= math.ceil(0.35 * degree))


def peer_of(
    person: int,
    state: NDArray[np.uint8],
    klass: int,
    layers: tuple[Layer, ...],
    active: NDArray[np.bool_],
    contagion: Contagion,
    divisor: F64 | None,
) -> list[float]:
    """Peer hazards of one person, by channel: loops over its contacts."""
    channels = active.shape[0]
    found = [0.0] * channels
    for number, layer in enumerate(layers):
        contacts = layer.contacts(np.array([person])).contacts.tolist()
        if not contacts:
            continue
        n = [sum(1 for other in contacts if active[k, state[other]]) for k in range(channels)]
        degree = float(len(contacts)) if divisor is None else float(divisor[number])
        for k in range(channels):
            x = (n[k] + contagion.chi * (sum(n) - n[k])) / degree
            weight = float(contagion.weight[k, number, klass])
            found[k] += weight * g(contagion.response, x, degree)
    return found


def hazard_of(
    case: Case, alone: F64, contagion: Contagion, state: int, klass: int, peer: list[float]
) -> float:
    """Total hazard to leave a state."""
    total = 0.0
    for t in np.flatnonzero(case.transitions.source == state):
        k = int(contagion.channel[t])
        felt = contagion.slope[t, klass] * peer[k] if k >= 0 else 0.0
        total += float(alone[t, klass] + felt)
    return total


def population_of(case: Case, divisor: F64 | None, *more: Layer) -> AgentPopulation:
    return AgentPopulation(
        case.transitions,
        case.people.copy(),
        seed=4,
        purpose="naive",
        class_names=tuple("abc"),
        layers=(*case.layers, *more),
        active=case.active,
        divisor=divisor,
    )


@pytest.mark.parametrize("by_number", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_peer_hazards_by_loops_over_everybodys_contacts(form: str, by_number: bool) -> None:
    """Four hundred people in two layers, one with a direction: what the engine decides with, to
    rounding; also where it has moved people about."""
    case = random_case(3, form=form, sizes=[180, 150, 70])
    found = case.table.contagion
    assert found is not None
    divisor = np.array([6.0, 4.0]) if by_number else None
    population = population_of(case, divisor)
    everybody = np.arange(400)
    sifted = Sifted(everybody, np.zeros(400), np.zeros(400))
    for tick in range(3):
        peer = population._peer(sifted, found)
        expected = [
            peer_of(
                person,
                population.state,
                int(population.klass[person]),
                case.layers,
                case.active,
                found,
                divisor,
            )
            for person in everybody.tolist()
        ]
        assert peer == pytest.approx(np.array(expected), rel=1e-12, abs=1e-15)
        assert (peer > 0.0).mean() > 0.3
        population.advance(case.table, 3.0, tick)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("by_number", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_sifting_discards_nobody_who_leaves(form: str, by_number: bool, layers: int) -> None:
    """Who moves in a tick is exactly who has E <= H dt, with E from the person's own draws, which
    a sift that lets everybody through shows, and H from loops."""
    from sim.engines.agents.kernels import clear_kernels
    from sim.engines.agents.scan import Key

    case = random_case(5, form=form, sizes=[1500, 1200, 300]).with_layers(layers)
    found = case.table.contagion
    assert found is not None
    divisor = np.array([6.0, 4.0])[:layers] if by_number else None
    population = population_of(case, divisor)
    assert population.exposure is not None
    state, klass = population.state.copy(), population.klass
    key = Key(4, 0, population._byte_purpose, population._own_purpose, 0)
    huge = RateTable(case.transitions, case.table.hazard + 1e6, found)
    everybody = clear_kernels().sift(
        np.zeros_like(state), klass, population._chunks, tied_ways(huge, 1.0, np.ones(layers)),
        population.exposure.seen, False, 1.0, key,
    )  # fmt: skip
    assert np.array_equal(everybody.person, np.arange(3000))
    leaving = []
    for person in range(3000):
        s, c = int(state[person]), int(klass[person])
        peer = peer_of(person, state, c, case.layers, case.active, found, divisor)
        if everybody.time[person] <= hazard_of(case, case.table.hazard, found, s, c, peer):
            leaving.append(person)
    population.advance(case.table, 1.0, 0)
    assert population.latest is not None
    assert population.latest.person.tolist() == leaving
    assert 100 < len(leaving) < 2900


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("chi", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("form", FORMS)
def test_what_sifting_allows_for_is_never_exceeded(form: str, chi: float, layers: int) -> None:
    """Bound and byte of everybody, whatever its contacts do, against the hazard by loops; the bound
    is reached where contacts use one feature."""
    nearest = math.inf
    for seed in range(4):
        case = random_case(seed, form=form, sizes=[120, 100]).with_layers(layers)
        assert case.table.contagion is not None
        found = replace(case.table.contagion, chi=chi)
        table, dt = RateTable(case.transitions, case.table.hazard, found), 0.7
        for divisor in (None, np.array([6.0, 4.0])[:layers]):
            population = population_of(case, divisor)
            exposure = population.exposure
            assert exposure is not None
            ways = tied_ways(table, dt, exposure.most, divisor)
            for person in range(220):
                s, c = int(population.state[person]), int(population.klass[person])
                peer = peer_of(
                    person, population.state, c, case.layers, case.active, found, divisor
                )
                hazard = hazard_of(case, table.hazard, found, s, c, peer)
                at = c * len(case.transitions.states) + s
                uses = exposure.counts[:, person].astype(float)
                share = uses / exposure.seen.divisor
                if divisor is None:
                    share = uses / np.maximum([x.degrees()[person] for x in case.layers], 1)
                if not found.response.at_most_linear:
                    share = (uses > 0.0).astype(float)
                bound = ways.base[at] + ways.reach[:, at] @ share
                assert bound >= hazard * (1.0 - 1e-12)
                if hazard > ways.base[at]:
                    nearest = min(nearest, bound / hazard)
                level = min(int(uses[0]), ways.whole.shape[0] - 1)
                assert (ways.whole[level, at] + 1.0) / 256.0 > -math.expm1(-hazard * dt) - 1e-15
    assert nearest < 1.2


def test_the_shortest_time_of_a_byte_is_its_least() -> None:
    least = -np.log1p(-np.arange(256) / 256.0)
    assert (least >= SHORTEST).all()
    assert (least * (1.0 - 1e-11) <= SHORTEST).all()


# --- the exact law of small groups ---

TRIO = Transitions(
    ("none", "first", "second", "both"),
    np.array([0, 0, 1, 1, 2, 2, 3]),
    np.array([1, 2, 0, 3, 0, 3, 1]),
)
ACTIVE = np.array([[False, True, False, True], [False, False, True, True]])
#: Position in the group that sees -> positions that it sees, by layer.
SEES: tuple[dict[int, list[int]], ...] = (
    {0: [1], 1: [0, 2], 2: [1]},
    {0: [1, 2], 1: [2], 2: []},
)
COPIES = 30_000


def trio_layers() -> tuple[Layer, ...]:
    """COPIES groups of three; person `position * COPIES + group`, so a position is a class."""
    group = np.arange(COPIES)
    layers = []
    for sees, directed in zip(SEES, (False, True), strict=True):
        pairs = [(b, a) for a, others in sees.items() for b in others if directed or a < b]
        source, target = (
            np.concatenate([pair[end] * COPIES + group for pair in pairs]) for end in (0, 1)
        )
        layers.append(from_edges(source, target, 3 * COPIES, directed=directed))
    return tuple(layers)


def exact_chain(table: RateTable, contagion: Contagion, dt: float, divisor: F64 | None) -> F64:
    """Transition matrix of the 64 joint states of a group, (64, 64)."""
    joint = list(product(range(4), repeat=3))
    chain = np.zeros((64, 64))
    for row, states in enumerate(joint):
        alone = []
        for position in range(3):
            peer = [0.0, 0.0]
            for number, sees in enumerate(SEES):
                others = sees[position]
                if not others:
                    continue
                n = [sum(int(ACTIVE[k, states[o]]) for o in others) for k in range(2)]
                degree = float(len(others)) if divisor is None else float(divisor[number])
                for k in range(2):
                    x = (n[k] + contagion.chi * n[1 - k]) / degree
                    weight = float(contagion.weight[k, number, position])
                    peer[k] += weight * g(contagion.response, x, degree)
            hazard = np.zeros(4)
            for t in np.flatnonzero(TRIO.source == states[position]):
                k = int(contagion.channel[t])
                felt = contagion.slope[t, position] * peer[k] if k >= 0 else 0.0
                hazard[TRIO.target[t]] += table.hazard[t, position] + felt
            total = hazard.sum()
            moves = -np.expm1(-total * dt) * hazard / total if total > 0.0 else hazard
            moves[states[position]] = np.exp(-total * dt)
            alone.append(moves)
        chain[row] = np.einsum("i,j,k->ijk", *alone).ravel()
    return chain


@pytest.mark.parametrize("by_number", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_groups_of_three_follow_their_exact_markov_chain(form: str, by_number: bool) -> None:
    """30,000 groups of three people with two channels, chi, two layers, one of them directed, and a
    class for each position: the joint states of the groups after 1, 3 and 6 ticks, by chi-square
    at the level of 1e-4. That is the whole law, covariances and all."""
    random = np.random.default_rng(12)
    contagion = Contagion(
        channel=np.array([0, 1, -1, 1, -1, 0, -1]),
        slope=random.uniform(0.5, 2.0, (7, 3)),
        weight=random.uniform(0.2, 1.0, (2, 2, 3)),
        chi=0.3,
        response=FORMS[form],
    )
    hazard = random.uniform(0.0, 0.4, (7, 3))
    hazard[0, 1] = hazard[3, 2] = hazard[4, 0] = 0.0
    table, dt = RateTable(TRIO, hazard, contagion), 0.5
    divisor = np.array([1.5, 2.5]) if by_number else None
    start = np.zeros((4, 3), np.int64)
    start[1, 0] = start[0, 1] = start[0, 2] = COPIES
    population = AgentPopulation(
        TRIO,
        start,
        seed=7,
        purpose="trios",
        class_names=("left", "middle", "right"),
        layers=trio_layers(),
        active=ACTIVE,
        divisor=divisor,
    )
    chain = exact_chain(table, contagion, dt, divisor)
    assert chain.sum(axis=1) == pytest.approx(1.0)
    exact = np.zeros(64)
    exact[16] = 1.0  # first, none, none
    for tick in range(6):
        population.advance(table, dt, tick)
        exact = exact @ chain
        if tick in (0, 2, 5):
            joint = np.array([16, 4, 1]) @ population.state.reshape(3, COPIES).astype(np.int64)
            seen, expected = np.bincount(joint, minlength=64), exact * COPIES
            rare = expected < 8.0
            seen = np.append(seen[~rare], seen[rare].sum())
            expected = np.append(expected[~rare], expected[rare].sum())
            kept = expected > 0.0
            assert not seen[~kept].any()
            statistic = ((seen - expected)[kept] ** 2 / expected[kept]).sum()
            assert 1e-4 < chi2.sf(statistic, kept.sum() - 1) < 1.0 - 1e-4


def test_how_far_a_choice_falls_into_the_peers_part() -> None:
    """With hazards .1 alone and .3 by peers, peers had a part in 3 of 4 moves, and where in it the
    choice fell is uniform on [0, 1)."""
    people = 40_000
    moves = Transitions(("out", "in", "away"), np.array([0, 0]), np.array([1, 2]))
    layer = from_edges(np.arange(0, people, 2), np.arange(1, people, 2), people)
    table = RateTable(
        moves,
        np.array([[0.1, 0.1], [0.2, 0.2]]),
        Contagion(
            np.array([0, -1]), np.array([[1.0] * 2, [0.0] * 2]), np.full((1, 1, 2), 0.3), 0.0
        ),
    )
    population = AgentPopulation(
        moves,
        np.array([[people, 0], [0, 0], [0, 0]]),
        seed=1,
        purpose="parts",
        class_names=("a", "b"),
        layers=(layer,),
        active=np.array([[False, True, False]]),
    )
    population.place(np.arange(1, people, 2), 1)
    assert population.people[1, 0] == people // 2
    population.advance(table, 1.0, 0)
    latest = population.latest
    assert latest is not None
    into = latest.into_peer[latest.way == 0]
    assert (latest.into_peer[latest.way == 1] == -1.0).all()
    assert (latest.person % 2 == 0).all()
    heard = into[into >= 0.0]
    assert abs(heard.size - 0.75 * into.size) < 4.5 * np.sqrt(0.1875 * into.size)
    assert (into[into < 0.0] == -1.0).all()
    assert heard.max() < 1.0
    ordered = np.sort(heard)
    gap = np.abs(ordered - (np.arange(heard.size) + 0.5) / heard.size).max()
    assert gap < 2.2 / np.sqrt(heard.size)  # Kolmogorov-Smirnov at 1e-4
    left = latest.person.size / (people // 2)
    assert abs(left - (1.0 - np.exp(-0.6))) < 4.5 * np.sqrt(0.25 / (people // 2))


# --- counters ---


def recounted(population: AgentPopulation, active: NDArray[np.bool_]) -> list[I64]:
    """Uses of everybody's contacts on each layer, from nothing."""
    assert population.exposure is not None
    uses = active.sum(axis=0)[population.state]
    found = []
    for layer in population.exposure.layers:
        rows = layer.contacts(np.arange(layer.people))
        whose = np.repeat(np.arange(layer.people), np.diff(rows.offsets))
        counted = np.bincount(whose, weights=uses[rows.contacts], minlength=layer.people)
        found.append(counted.astype(np.int64))
    return found


@pytest.mark.parametrize("form", ["linear", "threshold"])
def test_pushed_counters_are_those_counted_from_nothing(form: str) -> None:
    """An undirected, a directed and a computed layer, at the start and after ten ticks."""
    case = random_case(9, form=form, sizes=[3000, 2500, 1])
    found = case.table.contagion
    assert found is not None
    people = int(case.people.sum())
    third = computed_ties(people, 5.0, distribution="poisson", seed=3)
    population = population_of(case, None, third)
    weight = np.concatenate([found.weight, found.weight[:, :1]], axis=1)
    contagion = Contagion(found.channel, found.slope, weight, found.chi, found.response)
    table = RateTable(case.transitions, case.table.hazard, contagion)
    assert population.exposure is not None
    for tick in range(10):
        for counts, expected in zip(
            population.exposure.counts, recounted(population, case.active), strict=True
        ):
            assert np.array_equal(counts, expected)
        population.advance(table, 1.0, tick)
    population.place(np.arange(0, people, 7), 1)
    for counts, expected in zip(
        population.exposure.counts, recounted(population, case.active), strict=True
    ):
        assert np.array_equal(counts, expected)
    assert population.exposure.pushes > 0


def test_a_tie_with_a_direction_is_heard_at_one_end() -> None:
    """A star follows its centre and not the other way round: with the centre using, all followers
    adopt; with the followers using, the centre alone does."""
    people = 101
    follow = from_edges(np.zeros(100, np.int64), np.arange(1, 101), people, directed=True)
    moves = Transitions(("out", "in"), np.array([0]), np.array([1]))
    table = RateTable(
        moves,
        np.zeros((1, 1)),
        Contagion(np.array([0]), np.ones((1, 1)), np.full((1, 1, 1), 50.0), 0.0),
    )
    for starts, moved in (([0], 100), (list(range(1, 51)), 0)):
        population = AgentPopulation(
            moves, np.array([[people], [0]]), seed=1, purpose="star", class_names=("all",),
            layers=(follow,), active=np.array([[False, True]]),
        )  # fmt: skip
        population.place(np.array(starts), 1)
        assert population.advance(table, 1.0, 0).sum() == moved
    listen = from_edges(np.arange(1, 101), np.zeros(100, np.int64), people, directed=True)
    population = AgentPopulation(
        moves, np.array([[people], [0]]), seed=1, purpose="star", class_names=("all",),
        layers=(listen,), active=np.array([[False, True]]),
    )  # fmt: skip
    population.place(np.arange(1, 51), 1)
    assert population.advance(table, 1.0, 0).sum() == 1
    assert population.state[0] == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"active": None}, "ties need to know who is active in what"),
        ({"layers": (from_edges([0], [1], 5),)}, "every layer must cover all 101 people"),
    ],
)
def test_what_ties_need(more: dict[str, Any], message: str) -> None:
    moves = Transitions(("out", "in"), np.array([0]), np.array([1]))
    settings: dict[str, Any] = {
        "layers": (from_edges([0], [1], 101),),
        "active": np.array([[False, True]]),
    }
    with pytest.raises(ValueError, match=message):
        AgentPopulation(
            moves, np.array([[101], [0]]), seed=1, purpose="x", class_names=("all",),
            **(settings | more),
        )  # fmt: skip
