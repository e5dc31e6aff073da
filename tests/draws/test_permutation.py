"""Keyed permutations against the law of uniformly random ones.

Seeds are fixed, so a test passes always or never; bounds are at the 1e-4 level or beyond four
standard errors.
"""

from collections import Counter
from functools import cache
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.draws import permutation
from sim.draws.grid import Grid
from sim.draws.permutation import KeyedPermutation, permute_all, unpermute_all

LEVEL = 1e-4
SIZES = [1, 2, 3, 4, 5, 7, 10, 64, 100, 4096, 4097, 99_999, 100_000]


def whole(size: int, seed: int, purpose: str = "test") -> np.ndarray:
    return KeyedPermutation(size, seed, purpose).of(np.arange(size))


@pytest.mark.parametrize("size", SIZES)
def test_every_element_is_hit_once_and_the_inverse_undoes_it(size):
    shuffled = KeyedPermutation(size, 3, "test")
    elements = np.arange(size)
    image = shuffled.of(elements)
    assert np.array_equal(np.sort(image), elements)
    assert np.array_equal(shuffled.inverse(image), elements)


@pytest.mark.parametrize("size", [10**6, 10**9 + 7, 2**40 - 1, 2**40])
def test_large_sizes_are_inverted_without_being_listed(size):
    shuffled = KeyedPermutation(size, 3, "test")
    some = np.random.default_rng(1).integers(0, size, 100_000)
    some[:2] = 0, size - 1
    image = shuffled.of(some)
    assert image.min() >= 0
    assert image.max() < size
    assert np.array_equal(shuffled.inverse(image), some)


def test_single_elements_and_any_shape():
    shuffled = KeyedPermutation(1000, 3, "test")
    assert shuffled.inverse(shuffled.of(17)) == 17
    table = np.arange(12).reshape(3, 4)
    assert shuffled.of(table).shape == (3, 4)
    assert shuffled.of(table)[2, 1] == shuffled.of(9)
    assert shuffled.of(np.arange(24, dtype=np.int32)[::2])[3] == shuffled.of(6)
    assert shuffled.of([]).shape == (0,)


def test_refusals():
    for size in (0, -1, 2**40 + 1):
        with pytest.raises(ValueError, match="elements"):
            KeyedPermutation(size, 1, "test")
    for element in (-1, 10):
        with pytest.raises(ValueError, match=r"\[0, 10\)"):
            KeyedPermutation(10, 1, "test").of(element)


def test_seed_purpose_and_names_each_give_another_permutation():
    base = KeyedPermutation(10_000, 1, "test", "a").of(np.arange(10_000))
    for other in (
        KeyedPermutation(10_000, 2, "test", "a"),
        KeyedPermutation(10_000, 1 + 2**32, "test", "a"),
        KeyedPermutation(10_000, 1, "toast", "a"),
        KeyedPermutation(10_000, 1, "test", "b"),
    ):
        # As often equal as two random permutations: Poisson(1).
        assert (other.of(np.arange(10_000)) == base).sum() < 8


def test_numbers_do_not_change():
    """A stored run has to come out the same next year."""
    assert whole(10, 1).tolist() == FIRST_TEN
    assert KeyedPermutation(10**9, 1, "test").of([0, 1, 10**9 - 1]).tolist() == OF_A_BILLION


@pytest.mark.parametrize("size", [*SIZES, 10**9, 2**40])
def test_compiled_twins_give_the_same_bits(size):
    compiled = pytest.importorskip("sim.draws.permutation_compiled")
    grid = KeyedPermutation(size, 5, "test").grid
    elements = np.random.default_rng(2).integers(0, size, 5000)
    clear, fast = np.empty_like(elements), np.empty_like(elements)
    permute_all(elements, grid, clear)
    compiled.permute_all(elements, grid, fast)
    assert np.array_equal(clear, fast)
    assert [compiled.permute(x, grid) for x in elements[:100].tolist()] == clear[:100].tolist()
    unpermute_all(clear, grid, fast)
    assert np.array_equal(fast, elements)
    compiled.unpermute_all(clear, grid, clear)
    assert np.array_equal(clear, elements)
    assert [compiled.unpermute(y, grid) for y in fast[:9].tolist()] == [
        int(KeyedPermutation(size, 5, "test").inverse(y)) for y in fast[:9]
    ]


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_all_permutations_of_few_elements_are_equally_likely(size):
    """Over 24,000 seeds, whose keys are those of every small size."""
    seeds = 24_000
    grid = KeyedPermutation(size, 0, "small").grid
    table = seed_keys(seeds, grid.keys.size)
    out = np.empty(size, np.int64)
    found = Counter()
    for keys in table:
        mapped(grid._replace(keys=keys), out)
        found[tuple(out.tolist())] += 1
    counts = [found[p] for p in permutations(range(size))]
    assert len(counts) == factorial(size)
    assert stats.chisquare(counts).pvalue > LEVEL


@pytest.mark.parametrize("size", [1000, 100_000])
def test_fixed_points_are_poisson_and_cycles_are_as_many_as_expected(size):
    """Means and variances over 1,000 seeds: fixed points 1 and 1; cycles H_n and H_n - H_n(2)
    (Goncharov 1944)."""
    seeds = 1000 if size == 1000 else 100
    fixed, cycles = [], []
    for seed in range(seeds):
        image = whole(size, seed, "cycles")
        fixed.append(np.count_nonzero(image == np.arange(size)))
        graph = coo_array((np.ones(size, np.int8), (np.arange(size), image)), shape=(size, size))
        cycles.append(connected_components(graph, directed=True, connection="weak")[0])
    k = np.arange(1, size + 1)
    harmonic, second = (1 / k).sum(), (1 / k**2).sum()
    assert_moments(fixed, 1.0, 1.0)
    assert_moments(cycles, harmonic, harmonic - second)
    expected = seeds * stats.poisson.pmf(np.arange(4), 1.0)
    observed = np.bincount(np.minimum(fixed, 4), minlength=5)
    assert stats.chisquare(observed, [*expected, seeds - expected.sum()]).pvalue > LEVEL


def test_small_sets_fall_uniformly():
    """The images of {0, ..., 999} among 10**6 places, in 100 cells, over 200 seeds."""
    size, some = 10**6, np.arange(1000)
    found = np.zeros(100)
    scatter = []
    for seed in range(200):
        image = KeyedPermutation(size, seed, "sets").of(some)
        cells = np.bincount(image * 100 // size, minlength=100)
        found += cells
        scatter.append(stats.chisquare(cells).statistic)
    assert stats.chisquare(found).pvalue > LEVEL
    # Each set alone is as scattered as a random one, not less.
    assert_moments(scatter, 99.0, 198.0, kurtosis=3.0 + 12.0 / 99.0)


@pytest.mark.parametrize("step", [1, 2, 1000, 4096, 250_000])
def test_images_of_two_elements_are_independent(step):
    """Differences of images of x and x + step are uniform; 1000 is the number of columns."""
    size = 10**6
    counts, near = np.zeros(100), 0
    for seed in range(20):
        image = whole(size, seed, "pairs")
        difference = (np.roll(image, -step) - image) % size
        counts += np.bincount(difference * 100 // size, minlength=100)
        near += np.count_nonzero((difference == 1) | (difference == size - 1))
    assert stats.chisquare(counts).pvalue > LEVEL
    assert abs(near - 40) < 4 * 40**0.5


@pytest.mark.parametrize("bits", [20, 30])
def test_every_bit_of_an_element_changes_every_bit_of_its_image(bits):
    """Avalanche: in half of the cases, for 2**bits elements, over 25 seeds."""
    size, draws = 1 << bits, 4000
    changed = np.zeros((bits, bits))
    for seed in range(25):
        shuffled = KeyedPermutation(size, seed, "avalanche")
        some = np.random.default_rng(seed).integers(0, size, draws)
        image = shuffled.of(some)
        for i in range(bits):
            difference = image ^ shuffled.of(some ^ (1 << i))
            changed[i] += [np.count_nonzero(difference >> j & 1) for j in range(bits)]
    cases = 25 * draws
    assert np.abs(changed / cases - 0.5).max() < 5 * 0.5 / cases**0.5


def test_threads_change_nothing(monkeypatch):
    shuffled = KeyedPermutation(10**9, 3, "test")
    elements = np.arange(3 * permutation.GRAIN + 17)
    monkeypatch.setenv("UPTAKE_THREADS", "1")
    alone = shuffled.of(elements)
    monkeypatch.setenv("UPTAKE_THREADS", "3")
    assert np.array_equal(shuffled.of(elements), alone)
    assert np.array_equal(shuffled.of(elements[::-1]), alone[::-1])


def mapped(grid: Grid, out: np.ndarray) -> None:
    """All elements; compiled where it can be, since the clear version takes a minute for 24,000
    seeds."""
    permutation.fastest_kernels().permute_all(np.arange(grid.size), grid, out)


@cache
def seed_keys(seeds: int, rounds: int) -> list[np.ndarray]:
    return [permutation.round_keys(seed, "small", (), rounds) for seed in range(seeds)]


def assert_moments(sample, mean: float, variance: float, kurtosis: float = 4.0) -> None:
    """Mean and variance within four standard errors. Poisson(1) has kurtosis 4, cycles less."""
    values = np.asarray(sample, float)
    assert abs(values.mean() - mean) < 4 * (variance / values.size) ** 0.5
    ratio = ((values - mean) ** 2).mean() / variance
    assert abs(ratio - 1.0) < 4 * ((kurtosis - 1.0) / values.size) ** 0.5


FIRST_TEN = [4, 8, 1, 5, 6, 2, 7, 9, 0, 3]
OF_A_BILLION = [886334806, 511381545, 223030248]
