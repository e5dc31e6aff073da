"""Counts by inverse CDF against scipy's exact binomial law."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import binom

from sim.draws.binomial import INVERSION_LIMIT, binomial_quantile
from sim.draws.normal import natural_log, normal_quantile
from sim.draws.single import binomial_count, fastest_count


def grid(n):
    return (np.arange(n) + 0.5) / n


def test_normal_quantile_agrees_with_scipy_to_the_last_digits():
    u = np.concatenate(
        [np.logspace(-16, -1, 20_000), grid(50_000), 1.0 - np.logspace(-15, -1, 20_000)]
    )
    expected = ndtri(u)
    assert np.abs(normal_quantile(u) - expected).max() < 4e-15 * np.abs(expected).max()


def test_natural_log_agrees_with_the_library():
    x = np.concatenate([np.logspace(-300, 300, 10_000), np.linspace(0.5, 2.0, 10_000)])
    assert np.allclose(natural_log(x), np.log(x), rtol=4e-16, atol=4e-16)


@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.3), (5, 0.2), (40, 0.3), (100, 0.2), (1000, 0.02), (10**9, 2e-8), (20, 0.95)]
)
def test_small_means_are_the_exact_quantile(n, p):
    assert min(n * p, n * (1 - p)) < INVERSION_LIMIT
    u = grid(20_001)
    drawn = binomial_quantile(u, np.full(u.size, n), np.full(u.size, p))
    assert np.array_equal(drawn, binom.ppf(u, n, p).astype(int))


@pytest.mark.parametrize(
    ("n", "p"),
    [
        (48, 0.5),
        (96, 0.25),
        (96, 0.75),
        (240, 0.1),
        (24_000_000, 1e-6),
        (10_000, 0.01),
        (4000, 0.5),
    ],
)
def test_large_means_have_the_exact_law_within_5e_5_in_total_variation(n, p):
    """Worst at the limit. The grid adds about (number of values) / (grid size) of its own."""
    u = grid(4_000_000)
    parts = np.split(u, 250)  # of a size that stays in the processor's cache
    trials, chance = np.full(parts[0].size, n), np.full(parts[0].size, p)
    drawn = np.concatenate([binomial_quantile(part, trials, chance) for part in parts])
    low, high = drawn.min(), drawn.max()
    share = np.bincount(drawn - low, minlength=high - low + 1) / u.size
    exact = binom.pmf(np.arange(low, high + 1), n, p)
    assert 0.5 * np.abs(share - exact).sum() < 7e-5


def test_billions_have_the_right_mean_and_variance():
    n, p = 3_600_000_000, 0.01
    u = grid(200_000)
    drawn = binomial_quantile(u, np.full(u.size, n), np.full(u.size, p)).astype(float)
    sd = np.sqrt(n * p * (1 - p))
    assert abs(drawn.mean() - n * p) < 1e-3 * sd
    assert abs(drawn.std() / sd - 1.0) < 1e-3


@example(n=154, p=0.125, more=0.25, u=1 - 1e-15)
@settings(max_examples=300, deadline=None)
@given(
    n=st.integers(0, 10**10),
    p=st.floats(0.0, 1.0),
    more=st.floats(0.0, 1.0),
    u=st.floats(1e-15, 1 - 1e-15),
)
def test_a_higher_probability_never_gives_fewer_on_the_same_draw(n, p, more, u):
    """Monotone in p within one regime; where the two regimes meet they may differ by one count."""
    higher = p + (1.0 - p) * more
    a, b = (
        int(binomial_quantile(np.array([u]), np.array([n]), np.array([x]))[0]) for x in (p, higher)
    )
    assert 0 <= a <= n
    assert 0 <= b <= n
    same_regime = (n * p < INVERSION_LIMIT) == (n * higher < INVERSION_LIMIT) and (p <= 0.5) == (
        higher <= 0.5
    )
    assert a <= b + (0 if same_regime and n * p < INVERSION_LIMIT else 1)


def test_edges():
    u = np.array([0.2, 0.9])
    assert binomial_quantile(u, np.array([0, 0]), np.array([0.5, 0.5])).tolist() == [0, 0]
    assert binomial_quantile(u, np.array([7, 7]), np.array([0.0, 1.0])).tolist() == [0, 7]
    assert binomial_quantile(u, np.array([7, 7]), np.array([-0.1, 1.1])).tolist() == [0, 7]


def test_one_count_is_that_of_many_at_once():
    pytest.importorskip("numba")
    random = np.random.default_rng(4)
    levels = np.concatenate([random.random(300), 10.0 ** random.uniform(-16, -10, 20)])
    for u in levels.tolist():
        n = int(10.0 ** random.uniform(0.0, 15.0))
        for p in (0.0, 1.0, min(10.0 ** random.uniform(-2.0, 3.0) / n, 1.0), random.random()):
            assert fastest_count()(u, n, p) == binomial_count(u, n, p)
