"""Cascades against closed forms of percolation and of threshold models on random graphs.

Draws are keyed, so each test sees the same numbers on every machine: a bound of four standard
errors says how likely a right model would have been to fail when the test was written.
"""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom, poisson

from sim.contagion.independent import cascade_sizes, independent_cascade
from sim.contagion.thresholds import linear_threshold
from sim.ties.configuration import configuration_ties, regular_ties
from sim.ties.random import random_ties

PEOPLE = 100_000


def largest_root(f):
    """The root of f below 1, the fixed point that every generating function has."""
    return brentq(f, 0.0, 1.0 - 1e-6, xtol=1e-14)


def z_of_share(count, trials, expected):
    return (count / trials - expected) / np.sqrt(expected * (1.0 - expected) / trials)


# --- independent cascade = bond percolation ---

# A tie that is tried at all is tried once by whoever is active first, so who is reached is the
# cluster of the seeds where each tie is open with probability T (Grassberger 1983; Newman 2002,
# Physical Review E 66, 016128). A random graph of mean degree c, thinned so, is one of mean c T:
# nobody in the giant cluster is the event that no neighbour is, 1 - S = exp(-c T S).
GIANT = 1.0 - largest_root(lambda v: v - np.exp(-2.0 * (1.0 - v)))


def test_giant_share_of_a_random_graph_of_mean_degree_4_at_one_half():
    """MODEL, row 6. The variance of the giant's size is S (1 - S) / (1 - cT (1 - S))**2 a person
    (Stepanov 1970): a standard deviation of .0021 of 100,000 people, so .00068 of the mean of 10
    graphs."""
    assert pytest.approx(0.79681, abs=5e-6) == GIANT
    shares = []
    for graph in range(10):
        layer = random_ties(PEOPLE, 4, seed=graph)
        for person in range(20):  # the first who takes off: 4 of 5 do
            size = independent_cascade(layer, [person], 0.5, seed=graph, parents=False).size
            if size > PEOPLE / 2:
                break
            assert size < PEOPLE / 100  # nothing in between
        shares.append(size / PEOPLE)
    sd = np.sqrt(GIANT * (1.0 - GIANT) / PEOPLE) / (1.0 - 2.0 * (1.0 - GIANT))
    assert abs(np.mean(shares) - GIANT) < 4.0 * sd / np.sqrt(10)
    assert 0.4 < np.std(shares, ddof=1) / sd < 1.8  # chi-square of 9, 1 in 1,000 either way


def test_a_cascade_takes_off_as_often_as_its_giant_is_large():
    layer = random_ties(PEOPLE, 4, seed=1)
    seeds = np.random.default_rng(1).integers(0, PEOPLE, (400, 1))
    sizes = cascade_sizes(layer, seeds, 0.5, seed=2, runs=400)
    off = sizes > PEOPLE / 2
    assert abs(z_of_share(off.sum(), 400, GIANT)) < 4.0
    assert sizes[~off].max() < 200
    assert sizes[off].mean() / PEOPLE == pytest.approx(GIANT, abs=4 * 0.0021)  # of one graph


def test_below_the_threshold_the_mean_outbreak_is_one_over_one_minus_c_t():
    """A branching process with Poisson(cT) children: mean 1 / (1 - cT) = 5 at T = .2 and variance
    cT / (1 - cT)**3 = 100 (Borel's distribution)."""
    sizes = []
    for graph in range(4):
        layer = random_ties(PEOPLE, 4, seed=graph)
        seeds = np.random.default_rng(graph).integers(0, PEOPLE, (10_000, 1))
        sizes.append(cascade_sizes(layer, seeds, 0.2, seed=graph, runs=10_000))
    sizes = np.concatenate(sizes)
    assert abs(sizes.mean() - 5.0) / (10.0 / np.sqrt(sizes.size)) < 4.0
    # Nobody but the seed, and the seed with one other: exp(-cT), and cT exp(-2cT).
    for size, expected in ((1, np.exp(-0.8)), (2, 0.8 * np.exp(-1.6))):
        assert abs(z_of_share((sizes == size).sum(), sizes.size, expected)) < 4.0


def test_giant_share_where_degrees_differ():
    """The configuration model (Newman 2002). Let v be the probability that a tie does not lead to
    the giant cluster: it is closed, or open and none of the other ties of who is behind it, k - 1
    of them with probability k p_k / c, leads there: v = 1 - T + T sum k p_k v**(k - 1) / c. A
    person is outside with probability v**k: S = 1 - sum p_k v**k."""
    degree, share, chance = np.array([1, 3, 30]), np.array([0.5, 0.4, 0.1]), 0.1
    mean = degree @ share
    ahead = degree * share / mean
    v = largest_root(lambda v: v - 1.0 + chance - chance * ahead @ v ** (degree - 1))
    giant = 1.0 - share @ v**degree
    # One degree for all would not even have a giant: .1 * 4.7 < 1.
    assert giant > 0.15
    sizes, off = [], []
    for graph in range(8):
        people = np.random.default_rng(graph).permutation(
            np.repeat(degree, np.rint(share * PEOPLE).astype(int))
        )
        layer = configuration_ties(people, seed=graph)
        found = cascade_sizes(layer, np.arange(60)[:, None], chance, seed=graph, runs=60)
        off.append((found > PEOPLE / 10).sum())
        sizes.append(found[found > PEOPLE / 10].mean() / PEOPLE)
    assert abs(z_of_share(sum(off), 480, giant)) < 4.0
    error = np.std(sizes, ddof=1) / np.sqrt(8)
    assert error < 5e-4
    assert abs(np.mean(sizes) - giant) < 5.0 * error  # Student's t of 7: 1 in 600


# --- linear threshold ---


def equilibrium(start, degree_share, reach):
    """Gleeson & Cahalane 2007, Physical Review E 75, 056103: the share in the end.

    q is the chance that a contact is active without the help of who looks at it: a seed, or one
    whose other k - 1 contacts, m of them active, are enough: reach(m, k). Who looks has k.
    """
    degree = np.arange(degree_share.size)
    ahead = degree * degree_share / (degree @ degree_share)

    def share(q, weight, others):
        total = 0.0
        for k in degree[weight > 1e-15]:
            m = np.arange(k - others + 1)
            total += weight[k] * binom.pmf(m, k - others, q) @ reach(m, max(k, 1))
        return start + (1.0 - start) * total

    q = max(start, 1e-4)
    for _ in range(100_000):
        now = share(q, ahead, 1)
        if abs(now - q) < 1e-13:
            break
        q = now
    return share(q, degree_share, 0)


def test_uniform_thresholds_on_a_random_regular_graph():
    """Uniform thresholds make the fixed point linear: q = r + (1 - r) q (d - 1) / d and
    share = r + (1 - r) q. A tenth as seeds among people with 6 contacts: q = .4 and .46."""
    six = np.eye(7)[6]
    assert equilibrium(0.1, six, lambda m, k: m / k) == pytest.approx(0.46, abs=1e-9)
    shares = []
    for graph in range(5):
        layer = regular_ties(PEOPLE, 6, seed=graph)
        for run in range(8 * graph, 8 * graph + 8):
            seeds = np.random.default_rng(run).choice(PEOPLE, PEOPLE // 10, replace=False)
            shares.append(linear_threshold(layer, seeds, seed=run).size / PEOPLE)
    error = np.std(shares, ddof=1) / np.sqrt(40)
    assert error < 1.2e-3
    assert abs(np.mean(shares) - 0.46) < 4.0 * error


def watts(mean, threshold=0.18):
    """(frequency, size) of global cascades from one seed (Watts 2002, PNAS 99, 5766).

    With k of at most 1 / threshold one active contact is enough. u is the chance that a tie does
    not lead to the giant cluster of such people: who is behind it is not one of them, or none of
    its other ties leads there. A seed with k ties sets it off with probability 1 - u**k.
    """
    degree = np.arange(80)
    share = poisson.pmf(degree, mean)
    easy = degree * share / mean * (degree * threshold <= 1.0)
    if (degree - 1.0) @ easy <= 1.0:  # the cascade condition: sum k (k - 1) p_k over those > mean
        return 0.0, 0.0
    u = largest_root(lambda u: u - 1.0 + easy.sum() - easy[1:] @ u ** (degree[1:] - 1.0))
    size = equilibrium(0.0, share, lambda m, k: (m / k >= threshold).astype(float))
    return 1.0 - share @ u ** degree.astype(float), size


def test_the_cascade_window_is_from_1_to_5_76_at_a_threshold_of_18_percent():
    edges = [brentq(lambda z: z * poisson.cdf(3, z) - 1.0, *at) for at in ((0.9, 1.5), (4, 8))]
    assert edges == pytest.approx([1.02, 5.764], abs=5e-3)
    assert all((watts(z)[0] > 0) == (edges[0] < z < edges[1]) for z in (0.9, 1.1, 5.7, 5.8))


@pytest.mark.parametrize(
    ("mean", "runs"), [(0.9, 60), (1.5, 120), (4.0, 120), (5.2, 200), (6.5, 120)]
)
def test_global_cascades_from_one_seed(mean, runs):
    """In the window they come as often and get as large as the closed forms say; outside none."""
    frequency, size = watts(mean)
    layer = random_ties(PEOPLE, mean, seed=3)
    sizes = np.array([linear_threshold(layer, [p], thresholds=0.18).size for p in range(runs)])
    off = sizes > PEOPLE / 20
    if frequency == 0.0:
        assert not off.any()
        assert sizes.max() < PEOPLE / 200
        return
    assert abs(z_of_share(off.sum(), runs, frequency)) < 4.0
    assert sizes[off].mean() / PEOPLE == pytest.approx(size, abs=0.01)
