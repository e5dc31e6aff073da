from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.contagion import generations, thresholds
from sim.contagion.cascade import Cascade
from sim.contagion.independent import cascade_sizes, independent_cascade
from sim.contagion.thresholds import linear_threshold
from sim.draws.keyed import entity_id
from sim.draws.philox import philox4x32
from sim.ties.layer import Layer, StoredLayer
from sim.ties.rows import I32, I64, Rows
from tests.ties import without_numba

Ids = NDArray[np.integer]
Call = Callable[..., Any]


class Asked(Layer):
    """A layer that shows no arrays of its own, as one whose ties are computed."""

    def __init__(self, layer: StoredLayer) -> None:
        self.inner, self.people = layer, layer.people

    @property
    def ties(self) -> int:
        return self.inner.ties

    @property
    def tied_people(self) -> int:
        return self.inner.tied_people

    @property
    def largest_degree(self) -> int:
        return self.inner.largest_degree

    @property
    def largest_audience(self) -> int:
        return self.inner.largest_audience

    @property
    def bytes(self) -> int:
        return self.inner.bytes

    def degrees(self, ids: NDArray[np.integer] | None = None) -> I32:
        return self.inner.degrees(ids)

    def contacts(self, ids: NDArray[np.integer]) -> Rows:
        return self.inner.contacts(ids)

    def audience(self, ids: NDArray[np.integer]) -> Rows:
        return self.inner.audience(ids)


def rows(source: Ids, target: Ids, people: int) -> tuple[I64, I32]:
    order = np.lexsort((target, source))
    first = np.zeros(people + 1, np.int64)
    np.cumsum(np.bincount(source, minlength=people), out=first[1:])
    return first, target[order].astype(np.int32)


def random_layer(
    people: int, ties: int, *, directed: bool = False, hub: int = 0, seed: int = 1
) -> StoredLayer:
    """Random ties, and `hub` of person 7."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, people, (2, ties))
    a, b = np.append(a, np.full(hub, 7)), np.append(b, rng.integers(0, people, hub))
    if directed:
        return StoredLayer(*rows(b, a, people), StoredLayer(*rows(a, b, people)))
    return StoredLayer(*rows(np.append(a, b), np.append(b, a), people))


def one_way(edges: ArrayLike, people: int) -> StoredLayer:
    """The second of each pair sees the use of the first."""
    a, b = np.asarray(edges, np.int64).T
    return StoredLayer(*rows(b, a, people), StoredLayer(*rows(a, b, people)))


def sees(layer: StoredLayer) -> StoredLayer:
    return layer.reverse or layer


def brought_by(found: Cascade) -> I32:
    assert found.parent is not None
    return found.parent


def directly(function: Call, *given: Any, **named: Any) -> Any:
    return function(*given, **named)


@pytest.fixture
def in_numpy(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call a function with the clear versions."""

    def call(function: Call, *given: Any, **named: Any) -> Any:
        with monkeypatch.context() as patch:
            without_numba(patch)
            return function(*given, **named)

    return call


def same(a: Cascade, b: Cascade) -> None:
    np.testing.assert_array_equal(a.generation, b.generation)
    assert (a.parent is None) == (b.parent is None)
    if a.parent is not None and b.parent is not None:
        np.testing.assert_array_equal(a.parent, b.parent)


def words(layer: StoredLayer, seed: int, purpose: str = "cascade") -> NDArray[np.uint64]:
    """The upper word of every tie's draw, from the generator itself."""
    held = sees(layer)
    degree = np.diff(held.first)
    who = np.repeat(np.arange(layer.people), degree).astype(np.uint64)
    rank = np.arange(held.contact.size) - np.repeat(held.first[:-1], degree)
    last = np.array([entity_id("purpose", purpose) & 0xFFFFFFFF], np.uint64)
    block = philox4x32(
        (who, (rank // 4).astype(np.uint64), np.zeros(1, np.uint64), last), (seed, 0)
    )
    return np.stack(block, -1)[np.arange(rank.size), rank % 4]


# --- independent cascade ---


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("kind", ["one", "float32", "float64"])
@pytest.mark.parametrize("chance", [0.0, 0.13, 0.4, 1.0])
def test_compiled_clear_stored_and_asked_agree(
    in_numpy: Call, directed: bool, kind: str, chance: Any
) -> None:
    layer = random_layer(3000, 9000, directed=directed, hub=2500)
    transmission = chance
    if kind != "one":
        each = np.random.default_rng(2).random(sees(layer).contact.size).astype(kind)
        transmission = np.minimum(each * 2 * chance, 1)
    found = independent_cascade(layer, [3, 7, 7, 2999], transmission, seed=5)
    same(found, in_numpy(independent_cascade, layer, [7, 2999, 3], transmission, seed=5))
    if kind == "one":
        same(found, independent_cascade(Asked(layer), [3, 7, 2999], chance, seed=5))
        same(found, in_numpy(independent_cascade, Asked(layer), [3, 7, 2999], chance, seed=5))
    without = independent_cascade(layer, [3, 7, 2999], transmission, seed=5, parents=False)
    np.testing.assert_array_equal(without.generation, found.generation)
    assert without.parent is None
    sizes = cascade_sizes(layer, [3, 7, 2999], transmission, seed=5, runs=3)
    assert sizes[0] == found.size
    np.testing.assert_array_equal(
        sizes, in_numpy(cascade_sizes, layer, [3, 7, 2999], transmission, seed=5, runs=3)
    )


def test_small_pieces_of_an_asked_layer_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = random_layer(2000, 6000)
    found = independent_cascade(layer, [3], 0.5)
    monkeypatch.setattr(generations, "CHUNK", 17)
    same(found, independent_cascade(Asked(layer), [3], 0.5))
    same(
        linear_threshold(layer, [3, 4], thresholds=0.2),
        linear_threshold(Asked(layer), [3, 4], thresholds=0.2),
    )


def test_one_probability_for_all_ties_is_as_each_tie_having_it() -> None:
    layer = random_layer(2000, 5000)
    for chance in (0.3, 1.0):
        each = np.full(layer.contact.size, chance)
        same(independent_cascade(layer, [1], chance), independent_cascade(layer, [1], each))


@pytest.mark.parametrize("people", [2, 63, 64, 65, 129, 1000])
def test_a_line_has_a_generation_for_each(in_numpy: Call, people: int) -> None:
    layer = one_way([(i, i + 1) for i in range(people - 1)], people)
    for call in (directly, in_numpy):
        found = call(independent_cascade, layer, [0], 1.0)
        assert found.sizes.tolist() == [1] * people
        assert found.generation.tolist() == found.reached.tolist() == list(range(people))
        assert brought_by(found).tolist() == list(range(-1, people - 1))
        assert call(cascade_sizes, layer, [[0], [1]], 1.0, runs=2).tolist() == [people, people - 1]


@pytest.mark.parametrize("directed", [False, True])
def test_generations_are_distances_over_open_ties(directed: bool) -> None:
    layer, seeds = random_layer(2000, 6000, directed=directed), [5, 900]
    found = independent_cascade(layer, seeds, 0.5, seed=4)
    held = sees(layer)
    is_open = (words(layer, 4) < 0.5 * 2**32).astype(float)
    graph = csr_array((is_open, held.contact, held.first), shape=(2000, 2000))
    graph.sum_duplicates()
    graph.eliminate_zeros()
    distance = dijkstra(graph, unweighted=True, indices=seeds).min(axis=0)
    np.testing.assert_array_equal(found.generation, np.where(np.isinf(distance), -1, distance))
    assert found.size > 500


def test_every_parent_is_a_generation_earlier_and_seen() -> None:
    layer = random_layer(3000, 9000, directed=True)
    found = independent_cascade(layer, [0, 1, 2], 0.5)
    child = np.flatnonzero(brought_by(found) >= 0)
    assert set(np.flatnonzero(found.generation >= 0)) == {*child, 0, 1, 2}
    parent = brought_by(found)[child]
    np.testing.assert_array_equal(found.generation[parent], found.generation[child] - 1)
    held, at = layer.contact, layer.first
    assert all(p in held[at[c] : at[c + 1]] for c, p in zip(child, parent, strict=True))


def test_more_transmission_or_seeds_reach_the_same_people_and_more() -> None:
    layer = random_layer(5000, 12000)
    before = np.zeros(5000, bool)
    for chance in (0.0, 0.1, 0.2, 0.21, 0.5, 0.9, 1.0):
        now = independent_cascade(layer, [1, 2], chance).generation >= 0
        assert (now >= before).all()
        before = now
    before = np.zeros(5000, bool)
    for count in (0, 1, 5, 50, 500):
        now = independent_cascade(layer, np.arange(count), 0.3).generation >= 0
        assert (now >= before).all()
        before = now


def test_ties_of_others_do_not_change_a_persons_draws() -> None:
    layer, seeds = random_layer(2000, 6000, directed=True), np.arange(9)
    found = independent_cascade(layer, seeds, 0.5)
    idle = np.flatnonzero(found.generation < 0)[0]
    a = np.repeat(np.arange(2000), np.diff(sees(layer).first))
    edges = np.column_stack([a, sees(layer).contact])
    more = one_way(np.append(edges, [[idle, person] for person in range(9)], axis=0), 2000)
    same(found, independent_cascade(more, seeds, 0.5))
    assert found.size > 500


def test_the_lower_half_decides_where_upper_words_are_equal(in_numpy: Call) -> None:
    layer = one_way([(0, 1)], 2)
    word = int(words(layer, 9)[0])
    lower = int(words(layer, 9, purpose="cascade, lower half")[0])
    assert word > 2**20  # so that a double holds the sums below to 2**-54 or so
    for steps, wanted in [
        (-1, False),
        (0, False),
        (lower / 2**32 - 1e-3, False),
        (lower / 2**32 + 1e-3, True),
        (1, True),
    ]:
        for call in (directly, in_numpy):
            for chance in ((word + steps) / 2**32, np.array([(word + steps) / 2**32])):
                found = call(independent_cascade, layer, [0], chance, seed=9)
                assert (found.size == 2) == wanted


@pytest.mark.parametrize("chances", [(0.6, 0.6), (0.9, 0.3)])
def test_parents_are_a_fair_lot_among_those_who_succeed(chances: tuple[float, float]) -> None:
    """Seeds 0 and 1 of each triple try 2: who succeeds together wins as often, whatever its
    transmission."""
    triples = 40_000
    two = 3 * np.arange(triples) + 2
    layer = one_way(
        np.concatenate([np.column_stack([two - 2, two]), np.column_stack([two - 1, two])]),
        3 * triples,
    )
    seeds = np.setdiff1d(np.arange(3 * triples), two)
    chance = np.tile(chances, triples)  # one tie in each seed's row, in order of id
    found = independent_cascade(layer, seeds, chance)
    hit = words(layer, 1).reshape(-1, 2) < np.array(chances) * 2**32
    both = hit.all(axis=1)
    z = (np.mean(brought_by(found)[two[both]] % 3 == 0) - 0.5) / (0.5 / np.sqrt(both.sum()))
    assert abs(z) < 4
    assert both.sum() > 0.9 * triples * np.prod(chances)
    np.testing.assert_array_equal(found.generation[two] == 1, hit.any(axis=1))


def test_sizes_do_not_depend_on_threads_or_on_other_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = random_layer(3000, 6000)
    seeds = np.random.default_rng(3).integers(0, 3000, (40, 2))
    sizes = cascade_sizes(layer, seeds, 0.3, seed=8, runs=40)
    for threads in "13":
        monkeypatch.setenv("UPTAKE_THREADS", threads)
        np.testing.assert_array_equal(cascade_sizes(layer, seeds, 0.3, seed=8, runs=40), sizes)
    np.testing.assert_array_equal(
        cascade_sizes(layer, seeds[:13], 0.3, seed=8, runs=13), sizes[:13]
    )
    np.testing.assert_array_equal(cascade_sizes(Asked(layer), seeds, 0.3, seed=8, runs=40), sizes)
    assert len(set(sizes.tolist())) > 10
    assert cascade_sizes(layer, [1], 0.3, runs=0).shape == (0,)


def test_summaries_of_a_known_tree() -> None:
    """0 brings 2 and 3, 3 brings 4; 1 brings nobody; 5 is never reached."""
    found = Cascade(
        6,
        np.array([1, 0, 3, 2, 4], np.int32),
        np.array([2, 2, 1]),
        np.array([-1, -1, 0, 0, 3], np.int32),
    )
    assert found.generation.tolist() == [0, 0, 1, 1, 2, -1]
    assert brought_by(found).tolist() == [-1, -1, 0, 0, 3, -1]
    assert (found.size, found.depth) == (5, 2)
    assert found.sizes.tolist() == [2, 2, 1]
    assert found.transmissions().tolist() == [3, 1, 1]
    assert found.depths.tolist() == [2, 0]


def test_nobody_starts_nothing() -> None:
    layer = random_layer(100, 300)
    found = independent_cascade(layer, [], 1.0)
    assert (found.size, found.depth, found.sizes.size, found.depths.size) == (0, -1, 0, 0)
    assert found.transmissions().sum() == 0
    empty = StoredLayer(np.zeros(4, np.int64), np.empty(0, np.int32))
    assert independent_cascade(empty, [1], 1.0).generation.tolist() == [-1, 0, -1]
    assert independent_cascade(empty, [1], np.empty(0)).size == 1
    assert linear_threshold(empty, [1]).generation.tolist() == [-1, 0, -1]
    alone = linear_threshold(empty, [], thresholds=np.array([0.0, 0.1, -1.0]))
    assert (alone.sizes.tolist(), alone.generation.tolist()) == ([0, 2], [1, -1, 1])


@pytest.mark.parametrize("chance", [-0.1, 1.1, np.nan, np.full(4, 0.5), np.full(600, 1.5)])
def test_probabilities_are_checked(chance: Any) -> None:
    layer = random_layer(100, 300)
    with pytest.raises(ValueError, match="transmission"):
        independent_cascade(layer, [0], chance)


@pytest.mark.parametrize("seeds", [[-1], [100], [0.5], [True]])
def test_seeds_are_checked(seeds: Any) -> None:
    layer = random_layer(100, 300)
    with pytest.raises(ValueError, match="from 0 to 99"):
        independent_cascade(layer, seeds, 0.5)
    with pytest.raises(ValueError, match="from 0 to 99"):
        linear_threshold(layer, seeds)


def test_what_cannot_be_answered_is_refused() -> None:
    layer = random_layer(100, 300)
    with pytest.raises(ValueError, match="stored"):
        independent_cascade(Asked(layer), [0], np.full(600, 0.5))
    with pytest.raises(ValueError, match="2 rows"):
        cascade_sizes(layer, [[0], [1]], 0.5, runs=3)
    with pytest.raises(ValueError, match="who brought whom"):
        linear_threshold(layer, [0]).transmissions()
    for bad in (np.ones(5), np.nan, np.full(100, np.nan)):
        with pytest.raises(ValueError, match="thresholds"):
            linear_threshold(layer, [0], thresholds=bad)
    for bad in (np.ones(5), np.full(600, -1.0), np.full(600, np.inf)):
        with pytest.raises(ValueError, match="weights"):
            linear_threshold(layer, [0], weights=bad)


# --- linear threshold ---


def by_the_book(layer: StoredLayer, seeds: list[int], level: NDArray[np.float64]) -> Ids:
    """Everybody looks at all contacts in each generation."""
    people = layer.people
    generation = np.full(people, -1)
    generation[list(seeds)] = 0
    for now in range(1, people):
        active = generation >= 0
        new = []
        for person in np.flatnonzero(~active):
            contacts = layer.contact[layer.first[person] : layer.first[person + 1]]
            share = active[contacts].mean() if contacts.size else -1.0
            if share >= level[person] or level[person] <= 0:
                new.append(person)
        if not new:
            break
        generation[new] = now
    return generation


@pytest.mark.parametrize("directed", [False, True])
def test_thresholds_agree_with_the_definition(in_numpy: Call, directed: bool) -> None:
    layer = random_layer(400, 900, directed=directed)
    level = np.random.default_rng(3).choice([-1, 0.0, 0.2, 1 / 3, 0.5, 0.6, 2 / 3, 1.0, 1.5], 400)
    level[:350] = np.maximum(level[:350], 0.2)
    seeds = [0, 5, 9, 30, 31, 32]
    found = linear_threshold(layer, seeds, thresholds=level)
    np.testing.assert_array_equal(found.generation, by_the_book(layer, seeds, level))
    assert found.depth > 4
    same(found, in_numpy(linear_threshold, layer, seeds[::-1], thresholds=level))
    same(found, linear_threshold(Asked(layer), seeds, thresholds=level))


@pytest.mark.parametrize("contacts", range(1, 60))
def test_a_share_equal_to_the_threshold_is_enough(contacts: int) -> None:
    """k of d contacts against the threshold k / d and the next number above it."""
    for k in range(1, contacts + 1):
        level = np.array([k / contacts, np.nextafter(k / contacts, 2)])
        needed = thresholds._needed(level, np.full(2, contacts, np.int32))
        assert needed.tolist() == [k, k + 1]


def test_weights_of_one_over_the_contacts_are_shares(in_numpy: Call) -> None:
    layer = random_layer(3000, 9000, directed=True, hub=500)
    weights = 1.0 / layer.degrees()[sees(layer).contact]
    seeds = np.arange(100)
    shares = linear_threshold(layer, seeds, seed=3)
    same(shares, linear_threshold(layer, seeds, weights=weights, seed=3))
    same(shares, in_numpy(linear_threshold, layer, seeds, weights=weights, seed=3))
    assert shares.size > 500


def test_three_thirds_make_one() -> None:
    layer = one_way([(0, 3), (1, 3), (2, 3)], 4)
    weights = np.full(3, 1 / 3)
    assert linear_threshold(layer, [0, 1, 2], thresholds=1.0, weights=weights).size == 4
    assert linear_threshold(layer, [0, 1], thresholds=1.0, weights=weights).size == 2
    assert linear_threshold(layer, [0], thresholds=0.4, weights=weights).size == 1
    assert linear_threshold(layer, [0], thresholds=0.3, weights=weights).size == 2


def test_lower_thresholds_and_more_seeds_reach_the_same_people_and_more() -> None:
    layer = random_layer(3000, 9000)
    level = np.random.default_rng(1).random(3000)
    before = np.zeros(3000, bool)
    for seeds, factor in [(50, 1.0), (200, 1.0), (200, 0.8), (200, 0.5), (400, 0.5)]:
        found = linear_threshold(layer, np.arange(seeds), thresholds=level * factor)
        now = found.generation >= 0
        assert (now >= before).all()
        before = now
