"""Computed ties against the law of the configuration model.

Seeds are fixed, so a test passes always or never; bounds are at the 1e-4 level or four standard
errors.
"""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.ties import computed
from sim.ties.computed import ComputedLayer, computed_ties, find_partners, find_stubs, runs_of
from sim.ties.degrees import DegreeHistogram, degree_histogram, degree_sequence

I64 = NDArray[np.int64]

PEOPLE = 100_000
LEVEL = 1e-4
#: Everybody has this degree in the counts of short cycles.
DEGREE = 4
GROUPS = [(7, 5_000), (5_000, 5_001), (20_000, 90_000), (99_000, PEOPLE)]


def everybody(layer: ComputedLayer) -> tuple[I64, I64]:
    """Both ends of all ties, each tie in both directions."""
    rows = layer.contacts(np.arange(layer.people))
    own = np.repeat(np.arange(layer.people), np.diff(rows.offsets))
    return own, rows.contacts.astype(np.int64)


def layers() -> dict[str, ComputedLayer]:
    return {
        "regular": computed_ties(PEOPLE, 10, seed=1),
        "odd": computed_ties(1001, 3, seed=1),
        "poisson": computed_ties(PEOPLE, 6.5, distribution="poisson", seed=1),
        "power law": computed_ties(PEOPLE, 8, distribution="power_law", exponent=2.5, seed=1),
        "runs": computed_ties(PEOPLE, 5, distribution="poisson", runs=GROUPS, seed=1),
        "scattered": computed_ties(PEOPLE, 5, members=np.arange(3, PEOPLE, 7), seed=1),
        "no ties": computed_ties(10, 0, seed=1),
        "one tie": ComputedLayer(3, np.array([0, 1]), np.array([1, 2]), seed=1),
        "alone": computed_ties(1, 0, seed=1),
    }


@pytest.mark.parametrize("name", layers())
def test_ties_are_mutual_and_degrees_exact(name: str) -> None:
    layer = layers()[name]
    own, contact = everybody(layer)
    assert np.array_equal(np.bincount(own, minlength=layer.people), layer.degrees())
    there = np.sort(own * layer.people + contact)
    assert np.array_equal(there, np.sort(contact * layer.people + own))
    assert own.size == layer.ties
    assert layer.degrees().max() == layer.largest_degree == layer.largest_audience
    assert np.count_nonzero(layer.degrees()) == layer.tied_people


@pytest.mark.parametrize("name", layers())
def test_compiled_twins_give_the_same_bits(name: str) -> None:
    compiled = pytest.importorskip("sim.ties.computed_compiled")
    layer = layers()[name]
    ids = np.random.default_rng(1).integers(0, layer.people, 3000)
    first, degree = np.empty_like(ids), np.empty_like(ids)
    find_stubs(ids, layer.plan, first, degree)
    other, more = np.empty_like(ids), np.empty_like(ids)
    compiled.find_stubs(ids, layer.plan, other, more)
    assert np.array_equal(first, other)
    assert np.array_equal(degree, more)
    offsets = np.concatenate(([0], np.cumsum(degree)))
    clear, fast = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.int32)
    find_partners(first, offsets, layer.plan, clear)
    compiled.find_partners(first, offsets, layer.plan, fast)
    assert np.array_equal(clear, fast)


def test_degrees_are_those_of_a_stored_layer() -> None:
    histogram = degree_histogram("lognormal", 40, median=20)
    layer = computed_ties(PEOPLE, histogram=histogram, seed=5, layer="video")
    sequence = degree_sequence(histogram, PEOPLE, seed=5, layer="video")
    assert np.abs(layer.degrees() - sequence).sum() == sequence.sum() % 2


def test_an_odd_stub_is_dropped_from_one_person() -> None:
    layer = computed_ties(1001, 3, seed=1)
    assert np.bincount(layer.degrees()).tolist() == [0, 0, 1, 1000]


def test_ties_of_members_are_those_of_as_many_people_at_the_members_places() -> None:
    members = np.concatenate([np.arange(*run) for run in GROUPS])
    layer = computed_ties(PEOPLE, 5, distribution="poisson", runs=GROUPS, seed=1)
    dense = computed_ties(members.size, 5, distribution="poisson", seed=1)
    own, contact = everybody(dense)
    assert np.array_equal(everybody(layer), (members[own], members[contact]))
    outside = np.setdiff1d(np.arange(PEOPLE), members)
    assert not layer.degrees(outside).any()
    assert layer.contacts(outside).contacts.size == 0
    same = computed_ties(PEOPLE, 5, distribution="poisson", members=members, seed=1)
    assert np.array_equal(everybody(same), everybody(layer))
    assert runs_of(members).tolist() == [[7, 5_001], [20_000, 90_000], [99_000, PEOPLE]]


def test_ties_do_not_depend_on_threads_order_or_who_else_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = layers()["power law"]
    monkeypatch.setenv("UPTAKE_THREADS", "1")
    whole = layer.contacts(np.arange(PEOPLE))
    monkeypatch.setenv("UPTAKE_THREADS", "3")
    ids = np.random.default_rng(1).integers(0, PEOPLE, 20_000)
    found = layer.contacts(ids)
    assert np.array_equal(np.diff(found.offsets), layer.degrees(ids))
    for k in (0, 1, 777, 8191, 8192, 19_999):
        row = found.contacts[found.offsets[k] : found.offsets[k + 1]]
        there = whole.contacts[whole.offsets[ids[k]] : whole.offsets[ids[k] + 1]]
        assert np.array_equal(row, there)
        assert np.array_equal(layer.contacts(ids[k : k + 1]).contacts, row)
    backward = layer.contacts(ids[::-1].astype(np.int32))
    assert backward.contacts.sum(dtype=np.int64) == found.contacts.sum(dtype=np.int64)
    assert np.array_equal(layer.degrees(ids[::-1]), layer.degrees(ids)[::-1])


def test_a_person_with_more_stubs_than_a_block_of_the_kernel() -> None:
    layer = ComputedLayer(PEOPLE, np.array([1, 9_999]), np.array([PEOPLE - 3, 3]), seed=1)
    own, contact = everybody(layer)
    hubs = np.flatnonzero(layer.degrees() > 1)
    rows = layer.contacts(hubs)
    for k, hub in enumerate(hubs):
        row = np.sort(rows.contacts[rows.offsets[k] : rows.offsets[k + 1]])
        assert np.array_equal(row, np.sort(own[contact == hub]))


def test_seeds_and_names_of_layers_give_independent_ties() -> None:
    base = computed_ties(PEOPLE, DEGREE, seed=1)
    tied = set(pair_keys(base).tolist())
    for other in (
        computed_ties(PEOPLE, DEGREE, seed=2),
        computed_ties(PEOPLE, DEGREE, seed=1, layer="video"),
    ):
        # Poisson with mean DEGREE**2 / 2 shared ties.
        assert len(tied & set(pair_keys(other).tolist())) < DEGREE**2 / 2 + 4 * DEGREE


def test_nothing_of_the_size_of_the_population_is_held() -> None:
    layer = computed_ties(2_000_000_000, 190, distribution="lognormal", median=99, seed=1)
    assert layer.bytes < 300_000
    assert abs(layer.mean_degree * layer.tied_people / layer.people - 190) < 0.01
    ids = np.array([0, 1_999_999_999, 123_456_789])
    rows = layer.contacts(ids)
    contacts = rows.contacts[: rows.offsets[1]]
    assert contacts.min() >= 0
    back = layer.contacts(contacts)
    assert np.count_nonzero(back.contacts == 0) >= contacts.size


def test_refusals() -> None:
    with pytest.raises(ValueError, match="either"):
        computed_ties(10, seed=1)
    with pytest.raises(ValueError, match="not as both"):
        computed_ties(10, 2, seed=1, members=[1, 2], runs=[(1, 3)])
    with pytest.raises(ValueError, match="sorted"):
        computed_ties(10, 1, seed=1, members=[2, 1, 5])
    with pytest.raises(ValueError, match="disjoint"):
        computed_ties(10, 1, seed=1, runs=[(0, 4), (3, 6)])
    with pytest.raises(ValueError, match="lie in"):
        computed_ties(10, 1, seed=1, runs=[(0, 4), (5, 11)])
    with pytest.raises(ValueError, match="others"):
        computed_ties(10, 10, seed=1)
    with pytest.raises(ValueError, match="members"):
        ComputedLayer(10, np.array([2]), np.array([9]), seed=1)


def test_short_cycles_are_poisson() -> None:
    """Self-ties, double ties, triangles and squares of regular networks: cycles of length k are
    independent Poisson variables with means (d - 1)**k / (2 k) (Bollobas 1980)."""
    networks = 40
    found = np.array([short_cycles(seed) for seed in range(networks)])
    k = np.arange(1, 5)
    mean = (DEGREE - 1.0) ** k / (2 * k)
    z = (found.mean(axis=0) - mean) / np.sqrt(mean / networks)
    assert np.abs(z).max() < 4
    ratio = ((found - mean) ** 2).mean(axis=0) / mean
    # The kurtosis of a Poisson variable is 3 + 1 / mean.
    assert (np.abs(ratio - 1) < 4 * np.sqrt((2 + 1 / mean) / networks)).all()


def test_the_giant_component_is_that_of_a_random_graph() -> None:
    """Poisson degrees with mean 2: a share S with 1 - S = exp(-2 S) hangs together. The variance is
    that of Stepanov 1970 for G(n, c / n), larger than that of fixed degrees."""
    people, mean = 300_000, 2.0
    layer = computed_ties(people, mean, distribution="poisson", seed=3)
    own, contact = everybody(layer)
    graph = coo_array((np.ones(own.size, np.int8), (own, contact)), shape=(people, people))
    share = np.bincount(connected_components(graph, directed=False)[1]).max() / people
    expected = brentq(lambda s: 1 - s - np.exp(-mean * s), 0.1, 1.0)
    spread = np.sqrt(expected * (1 - expected) / people) / (1 - mean * (1 - expected))
    assert abs(share - expected) < 4 * spread


@pytest.mark.parametrize(
    "histogram",
    [
        degree_histogram("poisson", 10),
        degree_histogram("power_law", 8, exponent=3.5),
        degree_histogram("lognormal", 30, median=20),
    ],
    ids=["poisson", "power law", "lognormal"],
)
def test_degrees_at_the_two_ends_of_a_tie_are_independent(histogram: DegreeHistogram) -> None:
    """No assortativity: the correlation over E ties is normal with variance 1 / E."""
    for seed in range(3):
        layer = computed_ties(PEOPLE, histogram=histogram, seed=seed)
        own, contact = everybody(layer)
        degree = layer.degrees().astype(float)
        # Logarithms, so that a few hubs do not decide alone.
        r = np.corrcoef(np.log(degree[own]), np.log(degree[contact]))[0, 1]
        assert abs(r) * np.sqrt(own.size / 2) < 4


def test_second_neighbours_are_as_many_as_in_a_random_graph() -> None:
    """A contact of a person of degree 5 has E[k (k - 1)] / E[k] further contacts on average."""
    layer = computed_ties(PEOPLE, 10, distribution="poisson", seed=4)
    degree = layer.degrees().astype(float)
    few = np.flatnonzero(degree == 5)
    further = degree[layer.contacts(few).contacts] - 1
    mean = (degree * (degree - 1)).sum() / degree.sum()
    variance = (degree * (degree - 1) ** 2).sum() / degree.sum() - mean**2
    assert abs(further.mean() - mean) < 4 * np.sqrt(variance / further.size)
    second = np.unique(layer.contacts(layer.contacts(few[:1]).contacts).contacts)
    assert second.size <= further[:5].sum() + 6


def test_ties_do_not_know_ids() -> None:
    """Contacts of neighbouring ids, and how far off they are, are uniform over people."""
    layer = computed_ties(PEOPLE, 10, distribution="poisson", seed=6)
    own, contact = everybody(layer)
    half = own < contact
    blocks = np.bincount(own[half] // 5_000 * 20 + contact[half] // 5_000, minlength=400)
    table = blocks.reshape(20, 20)
    ends = np.bincount(own // 5_000, minlength=20) / own.size
    expected = np.outer(ends, ends) * half.sum() * 2
    upper = np.triu_indices(20, 1)
    assert (
        stats.chisquare(
            np.append(table[upper], np.trace(table)),
            np.append(expected[upper], np.trace(expected) / 2),
            sum_check=False,
        ).pvalue
        > LEVEL
    )
    distance = np.minimum(contact - own, own - contact + PEOPLE)[half]
    near = np.count_nonzero(distance <= 20)
    mean = half.sum() * 40 / PEOPLE
    assert abs(near - mean) < 4 * np.sqrt(mean)


def test_the_guide_of_a_search_covers_every_place() -> None:
    first = np.array([3, 4, 10, 5_000_000])
    steps = computed._steps(first, 9_000_001)
    assert steps.guide.size <= (1 << computed.GUIDE_BITS) + 2
    compiled = pytest.importorskip("sim.ties.computed_compiled")
    places = np.array([0, 2, 3, 4, 9, 10, 4_999_999, 5_000_000, 9_000_000])
    found = [compiled._step_of(x, steps) for x in places.tolist()]
    assert found == [-1, -1, 0, 1, 1, 2, 2, 3, 3]


def pair_keys(layer: ComputedLayer) -> I64:
    own, contact = everybody(layer)
    once = own < contact
    keys: I64 = (own * layer.people + contact)[once]
    return keys


def short_cycles(seed: int) -> list[int]:
    """Self-ties, double ties, triangles and squares in a regular network of PEOPLE."""
    layer = computed_ties(PEOPLE, DEGREE, seed=seed)
    own, contact = everybody(layer)
    selves = int(np.count_nonzero(own == contact)) // 2
    doubles = pairs_of_equals(pair_keys(layer))
    table = contact.reshape(PEOPLE, DEGREE)
    triangles = 0
    paths, middles = [], []
    for a in range(DEGREE):
        for b in range(a + 1, DEGREE):
            one, two = table[:, a], table[:, b]
            proper = (one != two) & (one != np.arange(PEOPLE)) & (two != np.arange(PEOPLE))
            one, two = one[proper], two[proper]
            triangles += int(np.count_nonzero(table[one] == two[:, None]))
            paths.append(np.minimum(one, two) * PEOPLE + np.maximum(one, two))
            middles.append(np.flatnonzero(proper))
    # A square has two pairs of opposite corners, each joined by two paths. Two paths with the same
    # middle come from a double tie.
    path, middle = np.divmod(
        np.sort(np.concatenate(paths) * PEOPLE + np.concatenate(middles)), PEOPLE
    )
    twice = (path[1:] == path[:-1]) & (middle[1:] != middle[:-1])
    return [selves, doubles, triangles // 3, int(np.count_nonzero(twice)) // 2]


def pairs_of_equals(keys: I64) -> int:
    ordered = np.sort(keys)
    # Longer repeats have a chance of O(1 / people).
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))
