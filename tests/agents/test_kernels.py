"""The compiled kernels of the agents against the clear ones: equal bit for bit."""

from typing import Any

import numpy as np
import pytest

from sim.draws.permutation import KeyedPermutation
from sim.engines.agents.kernels import Kernels, clear_kernels, fastest_kernels
from sim.engines.agents.layout import class_type, classes_of_people, make_chunks
from sim.engines.agents.population import AgentPopulation
from sim.engines.agents.scan import Key
from sim.engines.agents.tables import mixed_ways, tied_ways
from sim.engines.agents.tied import Exposures, Sifted
from sim.rates.contagion import Contagion
from sim.rates.table import RateTable, Transitions
from sim.ties.rows import copy_rows, find_rows
from tests.agents.populations import (
    FORMS,
    random_case,
    random_contagion,
    random_hazards,
    random_layer,
    random_transitions,
)

pytest.importorskip("numba")

KEY = Key(0x12345678, 0x9ABCDEF0, 0xDEADBEEF, 0x0BADCAFE, 7)
#: Around the sixteen people of a block and the 4,096 of a chunk.
ODD_SIZES = [1, 15, 16, 17, 4095, 4096, 4097, 1, 8193]


def compiled_kernels() -> Kernels:
    kernels = fastest_kernels()
    assert kernels.leave_mixed.__module__ == "sim.engines.agents.compiled"
    return kernels


def sizes_and_owners(many: bool) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Classes of odd sizes, some of them of one owner; with `many`, more than a byte can number."""
    sizes = ODD_SIZES + ([3, 0, 40] * 100 if many else [])
    owners = tuple(f"owner {c // 2 if c % 5 else c}" for c in range(len(sizes)))
    return np.array(sizes, np.int64), owners


def same(a: Any, b: Any) -> None:
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("dt", [0.125, 1.0, 30.4375])
def test_well_mixed_people_leave_alike(many: bool, dt: float) -> None:
    random = np.random.default_rng(4)
    size, owners = sizes_and_owners(many)
    moves = random_transitions(random, 7)
    table = RateTable(moves, random_hazards(random, moves, size.size))
    klass, chunks = classes_of_people(size), make_chunks(size, owners)
    assert klass.dtype == (np.uint16 if many else np.uint8)
    assert (chunks.size <= 4096).all()
    assert chunks.size.sum() == size.sum()
    state = random.integers(0, 7, klass.size).astype(np.uint8)
    results = []
    for kernels in (clear_kernels(), compiled_kernels()):
        moved, flows = state.copy(), np.zeros((size.size, len(moves)), np.int64)
        kernels.leave_mixed(moved, klass, chunks, mixed_ways(table, dt), KEY, flows)
        results.append((moved, flows))
    same(results[0][0], results[1][0])
    same(results[0][1], results[1][1])
    assert results[0][1].sum() == (results[0][0] != state).sum() > 0


@pytest.mark.parametrize(("layers", "many"), [(1, False), (2, False), (2, True)])
@pytest.mark.parametrize("by_degree", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_people_with_ties_are_sifted_and_decided_alike(
    form: str, by_degree: bool, layers: int, many: bool
) -> None:
    random = np.random.default_rng(11)
    size, owners = sizes_and_owners(many)
    moves = random_transitions(random, 6)
    contagion = random_contagion(random, moves, size.size, layers, 3, FORMS[form])
    table = RateTable(moves, random_hazards(random, moves, size.size) * 1e-2, contagion)
    klass, chunks = classes_of_people(size), make_chunks(size, owners)
    people = klass.size
    state = random.integers(0, 6, people).astype(np.uint8)
    uses = random.integers(0, 20, (layers, people)).astype(np.uint16)
    uses[random.random(uses.shape) < 0.5] = 0
    degree = np.maximum(uses, random.integers(0, 30, (layers, people)).astype(np.uint16))
    divisor = np.array([7.3, 11.0])[:layers]
    seen = Exposures(uses, degree if by_degree else degree[:, :0], divisor)
    most = np.ones(layers) if by_degree else 20.0 / divisor
    dt = 1.0
    ways = tied_ways(table, dt, most, None if by_degree else divisor)
    indicator = not FORMS[form].at_most_linear
    clear, compiled = (
        kernels.sift(state, klass, chunks, ways, seen, indicator, dt, KEY)
        for kernels in (clear_kernels(), compiled_kernels())
    )
    for a, b in zip(clear, compiled, strict=True):
        same(a, b)
    assert 0 < clear.person.size < people
    peer = random.uniform(0.0, 0.5, (clear.person.size, 3))
    peer[random.random(peer.shape) < 0.4] = 0.0
    found = [
        kernels.decide(state, klass, clear, ways, peer, dt)
        for kernels in (clear_kernels(), compiled_kernels())
    ]
    for a, b in zip(*found, strict=True):
        same(a, b)
    assert 0 < found[0].who.size < clear.person.size
    assert (found[0].into_peer < 0.0).any()
    assert (found[0].into_peer >= 0.0).any()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("external", "felt", "dt"),
    [
        (0.0, 0.02, 1.0),
        (0.03, 0.7, 1.0),
        (1e-7, 2e-4, 0.125),
        (2.0, 40.0, 0.7),
        (np.log(2), 0, 1.0),
    ],
)
def test_few_states_are_sifted_alike(
    external: float, felt: float, dt: float, kind: type[np.unsignedinteger[Any]]
) -> None:
    """Where the compiled kernel reads lines in place of a table, up to counters of any size."""
    random = np.random.default_rng(5)
    size, owners = sizes_and_owners(False)
    moves = Transitions(tuple("abcd"), np.array([0, 0, 2, 3]), np.array([1, 3, 0, 2]))
    contagion = Contagion(
        channel=np.array([0, -1, 0, -1]),
        slope=random.uniform(0.5, 1.0, (4, size.size)),
        weight=np.full((1, 1, size.size), felt),
        chi=0.0,
    )
    hazard = external * random.uniform(0.5, 1.0, (4, size.size))
    hazard[3] = 0.0
    klass, chunks = classes_of_people(size), make_chunks(size, owners)
    state = random.integers(0, 4, klass.size).astype(np.uint8)
    most = int(np.iinfo(kind).max)
    uses = np.minimum(random.geometric(0.2, (1, klass.size)) - 1, most).astype(kind)
    uses[0, ::97] = most
    seen = Exposures(uses, uses[:, :0], np.array([1.3]))
    ways = tied_ways(
        RateTable(moves, hazard, contagion), dt, np.array([most / 1.3]), np.array([1.3])
    )
    assert ways.lines.state.tolist() == ([0, 2] if external or felt else [])
    clear, compiled = (
        kernels.sift(state, klass, chunks, ways, seen, False, dt, KEY)
        for kernels in (clear_kernels(), compiled_kernels())
    )
    for a, b in zip(clear, compiled, strict=True):
        same(a, b)
    assert np.isin(state[clear.person], [0, 2]).all()
    assert 0 < clear.person.size < np.isin(state, [0, 2]).sum()


def test_choices_at_the_very_ends_are_decided_alike() -> None:
    """Uniforms next to 0 and 1, hazards of none, and equality of the time with the hazard."""
    random = np.random.default_rng(2)
    moves = Transitions(("a", "b", "c"), np.array([0, 0, 0, 1]), np.array([1, 2, 1, 0]))
    contagion = random_contagion(random, moves, 1, 1, 2, FORMS["linear"])
    hazard = np.array([[0.0], [0.3], [0.0], [0.0]])
    ways = tied_ways(RateTable(moves, hazard, contagion), 1.0, np.ones(1))
    state, klass = np.zeros(64, np.uint8), np.zeros(64, np.uint8)
    choice = np.resize([2.0**-54, 1.0 - 2.0**-53, 0.5, 0.25], 64)
    peer = np.zeros((64, 2))
    peer[16:32] = 0.125
    peer[32:48, 0] = 1e-17
    sifted = Sifted(np.arange(64), np.resize([0.3, 0.3 + 2.0**-54, 1e-9], 64), choice)
    a, b = (
        kernels.decide(state, klass, sifted, ways, peer, 1.0)
        for kernels in (clear_kernels(), compiled_kernels())
    )
    for x, y in zip(a, b, strict=True):
        same(x, y)
    assert (a.into_peer < 1.0).all()
    # Without peers there is one way with a hazard.
    assert (a.way[a.who < 16] == 1).all()


@pytest.mark.parametrize("form", FORMS)
def test_peer_hazards_are_the_same(form: str) -> None:
    random = np.random.default_rng(6)
    people, channels, classes = 4097, 3, 5
    n = random.integers(0, 30, (people, channels))
    n[random.random(n.shape) < 0.3] = 0
    degree = np.maximum(n.sum(axis=1), random.integers(0, 60, people)).astype(np.float64)
    degree[:100] += 0.37  # a mean number of contacts, where their number counts
    weight = random.uniform(0.0, 1.0, (classes, channels))
    klass = random.integers(0, classes, people)
    results = []
    for kernels in (clear_kernels(), compiled_kernels()):
        peer = np.full((people, channels), 0.01)
        kernels.add_peer(n, degree, weight, klass, 0.35, FORMS[form], peer)
        results.append(peer)
    same(*results)
    assert (results[0][degree == 0.0] == 0.01).all()
    assert (results[0] > 0.01).any()


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("people", [1, 15, 16, 17, 4095, 4096, 4097])
def test_uses_are_counted_and_pushed_alike(people: int, directed: bool) -> None:
    random = np.random.default_rng(people)
    layer = random_layer(random, people, 5.0, directed=directed)
    state = random.integers(0, 4, people).astype(np.uint8)
    active = np.array([0, 1, 2, 7], np.uint8)
    some = np.flatnonzero(random.random(people) < 0.4)
    spans = layer.contact_spans(some)
    counted = []
    for kernels in (clear_kernels(), compiled_kernels()):
        n = np.full((some.size, 3), 99, np.int64)
        kernels.count_uses(state, active, *spans, n)
        counted.append(n)
    same(*counted)

    change = random.integers(-2, 3, some.size).astype(np.int8)
    spans = layer.audience_spans(some)
    rows = layer.audience(some)
    for kind in (np.uint8, np.uint16, np.uint32):
        pushed = []
        for kernels in (clear_kernels(), compiled_kernels()):
            uses = np.full(people, 200, kind)
            for low, high in ((0, people // 3), (people // 3, people)):
                kernels.push(*spans, change, low, high, uses)
            pushed.append(uses)
        same(*pushed)
        expected = np.full(people, 200, np.int64)
        np.add.at(expected, rows.contacts, np.repeat(change, np.diff(rows.offsets)))
        assert np.array_equal(pushed[0], expected.astype(kind))


def test_uses_of_many_contacts_are_counted() -> None:
    """More than a byte counts to."""
    state = np.ones(1000, np.uint8)
    state[::3] = 0
    active = np.array([0b101, 0b110], np.uint8)
    contacts = np.arange(1000, dtype=np.int32)
    start, stop = np.array([0, 5, 0, 7]), np.array([1000, 5, 256, 517])
    counted = []
    for kernels in (clear_kernels(), compiled_kernels()):
        n = np.full((4, 3), 99, np.int64)
        kernels.count_uses(state, active, start, stop, contacts, n)
        counted.append(n)
    same(*counted)
    assert counted[0].tolist()[0] == [334, 666, 1000]


@pytest.mark.parametrize("classes", [1, 300])
def test_people_move_alike(classes: int) -> None:
    random = np.random.default_rng(classes)
    moves = random_transitions(random, 5)
    state = random.integers(0, 5, 4097).astype(np.uint8)
    klass = random.integers(0, classes, 4097).astype(class_type(classes))
    person = np.flatnonzero(random.random(4097) < 0.4)
    way = random.integers(0, len(moves), person.size)
    target, uses = moves.target.astype(np.uint8), np.array([0, 2, 0, 1, 3], np.int8)
    moved = []
    for kernels in (clear_kernels(), compiled_kernels()):
        after, flows = state.copy(), np.zeros((len(moves), classes), np.int64)
        change = np.full(person.size, 99, np.int8)
        kernels.move(person, way, target, uses, after, klass, flows, change)
        moved.append((after, flows, change))
    for a, b in zip(*moved, strict=True):
        same(a, b)
    assert moved[0][1].sum() == person.size
    assert (moved[0][0] != state).sum() <= person.size
    assert moved[0][2].tolist() == [
        int(uses[target[w]] - uses[state[p]]) for p, w in zip(person, way, strict=True)
    ]


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_rows_are_found_and_copied_alike(kind: type[np.signedinteger[Any]]) -> None:
    from sim.ties.rows_compiled import copy_rows as compiled
    from sim.ties.rows_compiled import find_rows as compiled_find

    random = np.random.default_rng(3)
    layer = random_layer(random, 4097, 7.0)
    for ids in ([], [5], [4096, 0, 0, 17], random.permutation(4097)):
        some = np.array(ids, kind)
        offsets = np.concatenate([[0], np.cumsum(layer.degrees(some))]).astype(np.int64)
        results = []
        for copy in (copy_rows, compiled):
            taken = np.full(offsets[-1], -1, np.int32)
            copy(layer.first, layer.contact, some, offsets, taken)
            results.append(taken)
        same(*results)
        found = []
        for find in (find_rows, compiled_find):
            start, stop = np.full(some.size, -1), np.full(some.size, -1)
            find(layer.first, some, start, stop)
            found.append(np.array([start, stop]))
        same(*found)
        assert np.array_equal(found[0][1] - found[0][0], layer.degrees(some))


def test_classes_are_numbered_in_as_few_bytes_as_they_need() -> None:
    assert class_type(256) == np.uint8
    assert class_type(257) == np.uint16
    assert class_type(65_537) == np.uint32
    assert classes_of_people(np.ones(65_537, np.int64))[-1] == 65_536


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("form", ["linear", "hill"])
def test_whole_runs_are_the_same(form: str, ties: bool) -> None:
    """Forty ticks: people by state and class, everybody's state, and who moved."""
    case = random_case(8, form=form, sizes=[1, 17, 4095, 300, 1100, 0, 6])
    runs = []
    for kernels in (clear_kernels(), compiled_kernels()):
        population = AgentPopulation(
            case.transitions,
            case.people.copy(),
            seed=2**40 + 9,
            purpose="twins",
            class_names=tuple("abcdefg"),
            owners=tuple("aabbbcc"),
            layers=case.layers if ties else (),
            active=case.active,
            kernels=kernels,
        )
        table = case.table if ties else RateTable(case.transitions, case.table.hazard)
        flows = [population.advance(table, 0.5, tick) for tick in range(40)]
        runs.append((population, np.array(flows)))
    (a, flows_a), (b, flows_b) = runs
    same(flows_a, flows_b)
    same(a.state, b.state)
    same(a.people, b.people)
    assert flows_a.sum() > 1000
    counted = np.zeros_like(a.people)
    np.add.at(counted, (a.state, a.klass), 1)
    assert np.array_equal(counted, a.people)
    if ties:
        assert a.exposure is not None
        assert b.exposure is not None
        assert a.latest is not None
        assert b.latest is not None
        same(a.exposure.counts, b.exposure.counts)
        for x, y in zip(a.latest, b.latest, strict=True):
            same(x, y)


def test_first_states_are_exact_in_every_class_and_in_a_drawn_order() -> None:
    people = np.array([[3, 0, 5000], [0, 0, 120], [14, 1, 880]], np.int64)
    from sim.engines.agents.layout import first_states

    state = first_states(people, 5, "order", ("a", "b", "c"))
    klass = classes_of_people(people.sum(axis=0))
    for c in range(3):
        assert np.array_equal(np.bincount(state[klass == c], minlength=3), people[:, c])
    rank = KeyedPermutation(6000, 5, "order", "c").of(np.arange(6000))
    expected = np.where(rank < 5000, 0, np.where(rank < 5120, 1, 2))
    assert np.array_equal(state[klass == 2], expected)
