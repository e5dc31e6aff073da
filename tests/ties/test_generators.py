"""Random layers of ties against the laws that are published for them."""

from collections.abc import Callable
from math import exp, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from sim.ties import building
from sim.ties.blocks import block_ties
from sim.ties.configuration import configuration_ties, regular_ties
from sim.ties.degrees import (
    DegreeHistogram,
    degree_histogram,
    degree_sequence,
    lognormal,
    poisson,
    power_law,
    regular,
)
from sim.ties.groups import expected_clustering, group_ties
from sim.ties.layer import StoredLayer
from sim.ties.random import random_ties
from sim.ties.small_world import small_world_ties
from tests.ties import in_pieces, without_numba

Generator = Callable[..., StoredLayer]


def quarters(people: int) -> NDArray[np.int64]:
    """Segments with shares 1/2, 1/4, 1/4."""
    return np.array([0, 1, 0, 2])[np.arange(people) % 4]


#: Every generator with some arguments, as a function of (people, seed, members, layer).
GENERATORS: dict[str, Generator] = {
    "random": lambda n, **key: random_ties(n, 8, **key),
    "configuration": lambda n, **key: configuration_ties(lognormal(9, 6, 40), people=n, **key),
    "regular": lambda n, **key: regular_ties(n, 8, **key),
    "small world": lambda n, **key: small_world_ties(n, 8, 0.2, **key),
    "groups": lambda n, **key: group_ties(n, 11, 5, **key),
    "groups in segments": lambda n, **key: group_ties(
        n, 11, 5, segment=quarters(n), homophily=0.4, **key
    ),
    "blocks": lambda n, **key: block_ties(n, 8, block=quarters(n), homophily=0.4, **key),
}
each = pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS.keys())


def same(one: StoredLayer, other: StoredLayer) -> bool:
    return np.array_equal(one.first, other.first) and np.array_equal(one.contact, other.contact)


def matrix(layer: StoredLayer) -> Any:
    ones = np.ones(layer.contact.size, np.int64)
    return csr_array((ones, layer.contact, layer.first), shape=(layer.people, layer.people))


def closed_triples(layer: StoredLayer) -> int:
    ties = matrix(layer)
    return int((ties @ ties).multiply(ties).sum())


def transitivity(layer: StoredLayer) -> float:
    k = layer.degrees().astype(np.int64)
    return closed_triples(layer) / int((k * (k - 1)).sum())


@each
def test_ties_are_symmetric_sorted_and_simple(make: Generator) -> None:
    layer = make(2000, seed=5)
    ties = matrix(layer)
    assert (ties != ties.T).nnz == 0
    assert ties.diagonal().sum() == 0
    inside = np.ones(layer.contact.size, bool)
    inside[layer.first[:-1][np.diff(layer.first) > 0]] = False
    assert (np.diff(layer.contact, prepend=0)[inside] > 0).all()


@each
@pytest.mark.parametrize("people", [48, 3002])
def test_compiled_and_clear_layers_are_equal(
    make: Generator, people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    compiled = make(people, seed=2**40 + 3)
    without_numba(monkeypatch)
    assert building.fastest_kernels() == building.clear_kernels()
    assert same(compiled, make(people, seed=2**40 + 3))


@each
def test_a_layer_belongs_to_its_seed_and_its_name(make: Generator) -> None:
    layer = make(500, seed=1)
    assert same(layer, make(500, seed=1))
    assert not same(layer, make(500, seed=2))
    assert not same(layer, make(500, seed=1 + 2**32))
    assert not same(layer, make(500, seed=1, layer="messenger"))


@each
def test_threads_and_pieces_do_not_show(make: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPTAKE_THREADS", "1")
    alone = make(50_000, seed=4)
    monkeypatch.setenv("UPTAKE_THREADS", "3")
    in_pieces(monkeypatch, 1 << 17)
    assert same(alone, make(50_000, seed=4))


@each
def test_members_alone_are_tied(make: Generator) -> None:
    members = np.arange(1, 1200, 2)
    layer = make(1200, seed=6, members=members)
    assert layer.people == 1200
    assert layer.degrees()[::2].sum() == 0
    assert layer.degrees(members).mean() > 7
    assert (layer.contact % 2 == 1).all()
    if make in (GENERATORS["random"], GENERATORS["regular"], GENERATORS["small world"]):
        among = make(600, seed=6)
        np.testing.assert_array_equal(members[among.contact], layer.contact)


def test_random_ties_have_poisson_degrees() -> None:
    n, c = 100_000, 10
    layer = random_ties(n, c, seed=11)
    # The edges drawn are fixed; the number dropped is Poisson with mean c / 2 + c**2 / 4.
    assert abs(layer.ties / 2 - n * c / 2) < 4 * sqrt(c / 2 + c * c / 4)
    degrees = layer.degrees()
    assert abs(degrees.var() - c) / sqrt(2 * c * c / n) < 4
    share_lonely, expected = (degrees <= 4).mean(), 0.02925269  # Poisson(10) up to 4
    assert abs(share_lonely - expected) / sqrt(expected / n) < 4


def test_random_ties_keep_their_mean_where_many_know_each_other() -> None:
    n, c = 400, 300
    edges = random_ties(n, c, seed=1).ties / 2
    pairs = n * (n - 1) / 2
    share = n * c / 2 / pairs
    assert abs(edges - n * c / 2) < 4 * sqrt(pairs * share * (1 - share))


def test_the_giant_component_of_random_ties_has_the_published_size() -> None:
    n, c = 100_000, 2.0
    share = 1.0
    for _ in range(200):
        share = 1.0 - exp(-c * share)
    _, label = connected_components(matrix(random_ties(n, c, seed=3)), directed=False)
    largest = np.bincount(label).max()
    # Variance of Stepanov 1970 for independent ties, above that of a fixed number of them.
    sd = sqrt(n * share * (1 - share)) / (1 - c * (1 - share))
    assert abs(largest - n * share) / sd < 4


def test_a_random_pair_is_any_pair() -> None:
    n, draws = 5, 4000
    found = np.zeros((n, n))
    for seed in range(draws):
        layer = random_ties(n, 1.0, seed=seed)
        found[np.repeat(np.arange(n), layer.degrees()), layer.contact] += 1
    counts = found[np.triu_indices(n, 1)]
    mean = counts.mean()
    assert ((counts - mean) ** 2 / mean).sum() < 27.9  # chi-squared, 9 degrees, p = 0.001


def test_a_matching_is_any_matching() -> None:
    draws = 3000
    counts: dict[tuple[int, ...], int] = {}
    for seed in range(draws):
        partner = tuple(regular_ties(6, 1, seed=seed).contact.tolist())
        counts[partner] = counts.get(partner, 0) + 1
    found, mean = np.array(list(counts.values())), draws / 15
    assert found.size == 15  # 5 * 3 * 1 perfect matchings of six people
    assert ((found - mean) ** 2 / mean).sum() < 36.1  # 14 degrees, p = 0.001


def test_configuration_keeps_degrees_but_for_the_erased_ties() -> None:
    n, c = 100_000, 10.0
    wanted = degree_sequence(poisson(c), n, seed=1)
    layer = configuration_ties(wanted, seed=1)
    lost = wanted - layer.degrees()
    assert lost.min() >= 0
    expected = c / 2 + c * c / 4  # nu = E[k (k - 1)] / E[k] = c for Poisson degrees
    assert abs(lost.sum() / 2 - expected) < 4 * sqrt(expected)


def test_an_odd_stub_is_taken_from_who_has_most() -> None:
    layer = configuration_ties([1, 0, 3, 1, 3, 1], seed=1)
    assert (layer.degrees() <= [1, 0, 2, 1, 3, 1]).all()


def test_configuration_of_a_histogram_shares_its_sequence_out() -> None:
    histogram = lognormal(12, 8, 200)
    layer = configuration_ties(histogram, people=3000, seed=9)
    sequence = degree_sequence(histogram, 3000, seed=9)
    assert same(layer, configuration_ties(sequence, seed=9))


@pytest.mark.parametrize(("people", "degree"), [(1000, 3), (999, 40), (7, 4), (8, 7), (5, 0)])
def test_regular_ties_are_exactly_regular(people: int, degree: int) -> None:
    layer = regular_ties(people, degree, seed=2)
    assert (layer.degrees() == degree).all()
    assert (matrix(layer) != matrix(layer).T).nnz == 0
    assert matrix(layer).diagonal().sum() == 0


@pytest.mark.parametrize("degree", [2, 4, 10])
def test_without_rewiring_a_small_world_is_the_ring(degree: int) -> None:
    n = 100
    layer = small_world_ties(n, degree, 0.0, seed=1)
    steps = np.r_[-degree // 2 : 0, 1 : degree // 2 + 1]
    expected = np.sort((np.arange(n)[:, None] + steps) % n, axis=1)
    np.testing.assert_array_equal(layer.contact.reshape(n, degree), expected)
    assert transitivity(layer) == pytest.approx(3 * (degree - 2) / (4 * (degree - 1)))


@pytest.mark.parametrize("rewiring", [0.05, 0.3, 1.0])
def test_rewiring_loosens_the_ring_as_published(rewiring: float) -> None:
    n, k = 20_000, 10
    layer = small_world_ties(n, k, rewiring, seed=8)
    expected = 3 * (k - 2) / (4 * (k - 1)) * (1 - rewiring) ** 3
    assert closed_triples(layer) / (n * k * (k - 1)) == pytest.approx(expected, abs=0.004)
    dropped = rewiring * k * k / 2
    assert abs(n * k / 2 - layer.ties / 2 - dropped) < 4 * sqrt(dropped)
    # Moved ends are a Poisson number, at least half of the contacts stay: Barrat & Weigt 2000.
    half = k / 2
    variance = half * rewiring * (1 - rewiring) + half * rewiring
    assert layer.degrees().var() == pytest.approx(variance, rel=0.06)


@pytest.mark.parametrize(("mean", "size"), [(12.0, 5), (4.0, 5), (11.0, 5), (30.0, 11), (7.3, 4)])
def test_groups_have_the_expected_clustering(mean: float, size: int) -> None:
    layer = group_ties(30_000, mean, size, seed=7)
    assert layer.ties / 30_000 == pytest.approx(mean, rel=0.003)
    assert transitivity(layer) == pytest.approx(expected_clustering(mean, size), rel=0.01)
    if mean % (size - 1) == 0:
        assert expected_clustering(mean, size) == pytest.approx((size - 2) / (mean - 1))


def test_everybody_in_a_group_is_tied_to_everybody_in_it() -> None:
    n, size = 1003, 6  # 167 groups of six and one person over
    layer = group_ties(n, 12, size, seed=1)
    ties = matrix(layer).toarray()
    assert len(layer.groups) == 3
    together = np.zeros((n, n), bool)
    for r, number in enumerate(layer.groups):
        members = np.bincount(number[number >= 0])
        assert set(members.tolist()) <= ({6} if r < 2 else {6, 0})
        assert members.size == (167 if r < 2 else round(0.4 * 167))
        together |= (number[:, None] == number) & (number >= 0)
    np.fill_diagonal(together, False)
    np.testing.assert_array_equal(ties > 0, together)


def test_the_last_group_is_smaller() -> None:
    layer = group_ties(20, 5, 6, seed=1)
    assert np.sort(np.bincount(layer.groups[0])).tolist() == [2, 6, 6, 6]
    assert np.sort(layer.degrees()).tolist() == [1, 1] + [5] * 18


def test_the_given_share_of_groups_stays_within_one_segment() -> None:
    n, size, share = 40_000, 8, 0.5
    segment = quarters(n)
    layer = group_ties(n, 21, size, seed=1, segment=segment, homophily=share)
    for number in layer.groups:
        groups = number.max() + 1
        alone = sum(
            (np.bincount(number[segment == s], minlength=groups) == size).sum() for s in range(3)
        )
        assert alone / groups == pytest.approx(share + 0.5 * (0.5**8 + 2 * 0.25**8), abs=0.01)


def test_groups_of_members_are_numbered_among_all_people() -> None:
    members = np.arange(0, 90, 3)
    layer = group_ties(90, 4, 5, seed=1, members=members)
    (number,) = layer.groups
    assert number.shape == (90,)
    assert (number[members] >= 0).all()
    assert (number >= 0).sum() == 30


@pytest.mark.parametrize("homophily", [0.0, 0.35, 1.0])
def test_blocks_hold_the_share_of_ties_of_the_mixed_engine(homophily: float) -> None:
    n, c = 40_000, 10
    block = quarters(n)
    layer = block_ties(n, c, block=block, homophily=homophily, seed=1)
    person = np.repeat(np.arange(n), layer.degrees())
    own = block[person] == block[layer.contact]
    for b, share in enumerate((0.5, 0.25, 0.25)):
        mine = block[person] == b
        expected = homophily + (1 - homophily) * share
        # Ties within a block stand in two of its rows.
        sd = sqrt(2 * expected * (1 - expected) / mine.sum())
        assert abs(own[mine].mean() - expected) <= 4 * sd
        mean, people = mine.sum() / (n * share), n * share
        assert abs(mean - c) < 4 * sqrt(2 * c / people)
    assert abs(layer.degrees().var() - c) / sqrt(2 * c * c / n) < 4


@pytest.mark.parametrize(
    ("histogram", "mean"),
    [
        (regular(7), 7),
        (regular(2.3), 2.3),
        (poisson(4.5), 4.5),
        (poisson(0.0), 0),
        (poisson(800), 800),
        (power_law(10, 2.5), 10),
        (power_law(30, 1.9, largest=300), 30),
        (lognormal(190, 99), 190),
        (lognormal(20, 20), 20),
        (degree_histogram("lognormal", 12, median=8), 12),
    ],
)
def test_histograms_have_their_mean(histogram: DegreeHistogram, mean: float) -> None:
    assert histogram.mean == pytest.approx(mean, rel=1e-9)
    n = 100_000
    sequence = degree_sequence(histogram, n, seed=1)
    assert sequence.mean() == pytest.approx(mean, rel=0.002)
    np.testing.assert_array_equal(
        np.sort(sequence), np.repeat(histogram.degrees, histogram.counts(n))
    )


def test_histograms_have_the_shape_of_their_law() -> None:
    assert poisson(9).variance == pytest.approx(9, rel=1e-9)
    facebook = lognormal(190, 99)
    middle = np.searchsorted(np.cumsum(facebook.probability), 0.5)
    assert facebook.degrees[middle] == 99
    law = power_law(10, 2.5)
    k, p = law.degrees.astype(float), law.probability
    np.testing.assert_allclose(p[1:] / p[1], (k[1:] / k[1]) ** -2.5)
    assert 0 < p[0] / p[1] <= (k[0] / k[1]) ** -2.5


def test_a_sequence_is_spread_over_people() -> None:
    sequence = degree_sequence(poisson(10), 50_000, seed=1).astype(float)
    assert abs(np.corrcoef(sequence, np.arange(50_000))[0, 1]) < 4 / sqrt(50_000)
    assert abs(np.corrcoef(sequence[1:], sequence[:-1])[0, 1]) < 4 / sqrt(50_000)
    other = degree_sequence(poisson(10), 50_000, seed=1, layer="other").astype(float)
    assert abs(np.corrcoef(sequence, other)[0, 1]) < 4 / sqrt(50_000)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_ties(10, 9, seed=1), "below 9 among 10 people; it is 9"),
        (lambda: random_ties(10, -1, seed=1), "at least 0"),
        (lambda: random_ties(10, float("nan"), seed=1), "mean_degree must be a number, not nan"),
        (lambda: random_ties(0, 1, seed=1), "people must be 1 to 2147483647, not 0"),
        (lambda: random_ties(2**31, 1, seed=1), "not 2147483648"),
        (lambda: random_ties(9, 1, seed=1, members=[]), "one person at least|list of integers"),
        (lambda: random_ties(9, 1, seed=1, members=[1, 1, 2]), "sorted, different"),
        (lambda: random_ties(9, 1, seed=1, members=[1, 9]), "within 0 to 8"),
        (lambda: random_ties(9, 1, seed=1, members=[0.5]), "list of integers"),
        (lambda: configuration_ties([1, -1], seed=1), "the first is -1 of person 1"),
        (lambda: configuration_ties([1, 2], seed=1), "2 contacts are more than there are others"),
        (lambda: configuration_ties([1, 1], people=3, seed=1), "2 degrees for 3 people"),
        (lambda: configuration_ties([0.5], seed=1), "degrees must be a list of integers"),
        (lambda: configuration_ties(poisson(2), seed=1), "people is needed"),
        (lambda: regular_ties(5, 3, seed=1), "the product is odd"),
        (lambda: regular_ties(5, 5, seed=1), "degree must be 0 to 4 among 5 people, not 5"),
        (lambda: small_world_ties(9, 3, 0.1, seed=1), "degree must be even"),
        (lambda: small_world_ties(9, 10, 0.1, seed=1), "0 to 8 among 9"),
        (lambda: small_world_ties(9, 2, 1.1, seed=1), "rewiring is a share"),
        (lambda: group_ties(9, 9, 3, seed=1), "below 9 among 9 people; it is 9"),
        (lambda: group_ties(9, 3, 1, seed=1), "group_size must be 2 to 9, not 1"),
        (lambda: group_ties(9, 3, 3, seed=1, homophily=0.1), "given together"),
        (lambda: group_ties(2, 1, 2, seed=1, segment=[0], homophily=1), "segment must be one int"),
        (lambda: group_ties(2, 1, 2, seed=1, segment=[0, 0], homophily=2), "homophily is a share"),
        (lambda: block_ties(2, 1, block=[0, -1], homophily=0, seed=1), "block cannot be negative"),
        (lambda: block_ties(2, 1, block=[0, 1], homophily=0.5, seed=1), "block 0 has 1 people"),
        (lambda: block_ties(2, 1, block=[0, 1], homophily=-1, seed=1), "homophily is a share"),
        (lambda: degree_histogram("star", 3), "no degree distribution 'star'"),
        (lambda: poisson(-1), "mean degree must be 0 to 2.1475e"),
        (lambda: power_law(1.1, 2.5), "mean degree must be 1.9"),
        (lambda: lognormal(10, 11), "at most the mean"),
        (lambda: lognormal(900, 10, 1000), "no spread gives mean 900"),
        (lambda: DegreeHistogram(np.array([1, 2]), np.array([0.5, 0.6])), "add up to 1"),
        (lambda: DegreeHistogram(np.array([2, 1]), np.array([0.5, 0.5])), "ascend"),
        (lambda: DegreeHistogram(np.array([1]), np.array([0.5, 0.5])), "one probability for each"),
    ],
)
def test_impossible_input_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
