"""Spreading on networks against closed forms. p = .03, q = .38 a year unless said; time in years.

A tick of dt years moves a person with probability 1 - exp(-H dt), which is the chance that the
first of independent clocks rings: one of rate p, one for each contact who has adopted. On graphs
without short cycles that makes a recursion in ticks exact (Volz 2008; Miller 2011 in continuous
time, where it is known as edge-based compartmental model). theta_d is the chance that a tie to
somebody with d contacts has not rung. Whoever is at its far end has j contacts with probability
j p_j / mean, and has not adopted, if none of its other ties and nothing else has rung, with
probability s0 e^(-pt) theta_j^(j-1):

    theta_d(t + dt) = theta_d - (1 - e^(-b_d dt)) (theta_d - sum_j j p_j / mean s0 e^(-pt)
                      theta_j^(j-1))
    share adopted   = 1 - s0 e^(-pt) sum_d p_d theta_d^d

with b_d the hazard that one contact adds and s0 the share not among the seeds. So ticks may be
long, and what is left to allow for is chance: bounds are in standard errors of the mean of some
graphs, with Student's t. Draws are keyed: what passes once passes everywhere.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from sim.contagion.spreading import spread
from sim.engines.agents.population import AgentPopulation
from sim.rates.contagion import Contagion
from sim.rates.table import RateTable, Transitions
from sim.ties.computed import computed_ties
from sim.ties.configuration import configuration_ties, regular_ties
from sim.ties.degrees import degree_histogram
from sim.ties.random import random_ties
from sim.ties.small_world import small_world_ties

P, Q = 0.03, 0.38
PEOPLE = 100_000


def on_a_tree(degrees, *, rate, per, years, dt, external=0.0, seeds=0.0):
    """The recursion above: shares adopted by tick. `degrees` are everybody's, or one for all."""
    degree, count = np.unique(degrees, return_counts=True)
    share = count / count.sum()
    ahead = degree * share / (degree @ share)
    hazard = rate / np.maximum(degree, 1.0) if per == "share" else np.full(degree.size, rate)
    rings = -np.expm1(-hazard * dt)
    theta, apart = np.ones(degree.size), 1.0 - seeds
    adopted = []
    for _ in range(round(years / dt) + 1):
        adopted.append(1.0 - apart * share @ theta**degree)
        theta -= rings * (theta - apart * ahead @ theta ** (degree - 1.0))
        apart *= np.exp(-external * dt)
    return np.array(adopted)


def check(runs, expected, *, precision, bound=5.0):
    """The mean of runs (R, dates) is within `bound` standard errors of `expected` (dates,), and
    those are small. 5 of them with 7 degrees of freedom: 1 in 600."""
    runs = np.array(runs)
    error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    assert error.max() < precision
    assert np.abs((runs.mean(axis=0) - expected) / error).max() < bound


# --- rows 4 and 5 of the model paper ---


def on_a_circle(t):
    """Fibich & Gibori 2010: each of two neighbours who have adopted adds q / 2."""
    return 1.0 - np.exp(-(P + Q) * t + Q * (1.0 - np.exp(-P * t)) / P)


ROWS = [
    (2, (0.24846, 0.55826, 0.78985)),
    (4, (0.28339, 0.69225, 0.92460)),
]


@pytest.mark.parametrize(("degree", "closed"), ROWS)
def test_the_recursion_tends_to_the_closed_forms_as_ticks_get_short(degree, closed):
    """The bias of a tick is linear in it: below .0003 for a day, and halved with a month."""

    def at(dt):
        found = on_a_tree([degree], rate=Q, per="share", years=15, dt=dt, external=P)
        return found[[round(t / dt) for t in (5, 10, 15)]]

    assert np.abs(at(1 / 360) - closed).max() < 3e-4
    bias = [at(dt) - closed for dt in (1 / 12, 1 / 24)]
    assert bias[0] / bias[1] == pytest.approx(2.0, abs=0.05)
    assert 2.0 * at(1 / 720) - at(1 / 360) == pytest.approx(closed, abs=6e-6)
    if degree == 2:
        assert on_a_circle(np.array([5, 10, 15])) == pytest.approx(closed, abs=5e-6)


def ring(people, seed):
    return small_world_ties(people, 2, 0.0, seed=seed)


def four_regular(people, seed):
    return regular_ties(people, 4, seed=seed)


def four_computed(people, seed):
    return computed_ties(people, 4.0, seed=seed)


@pytest.mark.parametrize(
    ("make", "degree", "closed"),
    [(ring, *ROWS[0]), (four_regular, *ROWS[1]), (four_computed, *ROWS[1])],
)
def test_bass_on_a_circle_and_on_random_4_regular_graphs(make, degree, closed):
    """One run of 100,000 people in ticks of five days. On 16 circles a standard deviation of .0029
    (clusters grow or do not), on 4-regular graphs less; .0013 for the ticks."""
    out = spread(make(PEOPLE, 1), rate=Q, per="share", external=P, days=15.0, dt=1 / 73, seed=3)
    share = out.share[[round(t * 73) for t in (5, 10, 15)]]
    assert np.abs(share - closed).max() < 4.0 * 0.0029 + 0.0013


@pytest.mark.parametrize(("make", "degree"), [(ring, 2), (four_regular, 4), (four_computed, 4)])
def test_bass_on_regular_graphs_tick_for_tick(make, degree):
    """Eight graphs, quarterly ticks, against the recursion in quarters."""
    dates, dt = [8, 20, 40, 60], 0.25
    runs = [
        spread(make(PEOPLE, g), rate=Q, per="share", external=P, days=15.0, dt=dt, seed=g).share
        for g in range(8)
    ]
    exact = on_a_tree([degree], rate=Q, per="share", years=15, dt=dt, external=P)
    check([run[dates] for run in runs], exact[dates], precision=1.5e-3)


# --- degrees that differ ---


def lognormal_degrees(seed):
    histogram = degree_histogram("lognormal", 12.0, median=6.0, largest=300)
    return configuration_ties(histogram, seed=seed, people=PEOPLE)


def power_law_degrees(seed):
    histogram = degree_histogram("power_law", 8.0, exponent=2.8, largest=300)
    return configuration_ties(histogram, seed=seed, people=PEOPLE)


def computed_power_law(seed):
    histogram = degree_histogram("power_law", 8.0, exponent=2.8, largest=300)
    return computed_ties(PEOPLE, histogram=histogram, seed=seed)


def poisson_degrees(seed):
    return random_ties(PEOPLE, 6.0, seed=seed)


@pytest.mark.parametrize("per", ["contact", "share"])
@pytest.mark.parametrize(
    "make", [poisson_degrees, lognormal_degrees, power_law_degrees, computed_power_law]
)
def test_one_in_twenty_infects_a_random_graph(make, per):
    """Susceptible -> infected from seeds of one in twenty, without any other cause: the whole
    curve, for eight graphs, against the recursion for the degrees of each."""
    dates, dt = [4, 8, 12, 20, 30], 0.5
    rate = 0.05 if per == "contact" else 0.5
    runs = []
    for g in range(8):
        layer = make(g)
        out = spread(layer, rate=rate, per=per, seeds=5000, days=15.0, dt=dt, seed=g)
        exact = on_a_tree(layer.degrees(), rate=rate, per=per, years=15, dt=dt, seeds=0.05)
        runs.append(out.share[dates] - exact[dates])
        assert exact[dates[0]] < 0.2
        assert exact[dates[-1]] > 0.6
    # Few people have most contacts, and when they are reached is luck.
    check(runs, 0.0, precision=6e-3)


def test_the_recursion_is_that_of_volz_and_miller_for_a_poisson_number_of_contacts():
    """theta' = -b (theta - s0 psi'(theta) / psi'(1)), adopted 1 - s0 psi(theta), with psi(x) =
    exp(c (x - 1))."""
    mean, b, s0 = 6.0, 0.05, 0.99
    solved = solve_ivp(
        lambda t, th: -b * (th - s0 * np.exp(mean * (th - 1.0))), (0, 20), [1.0],
        rtol=1e-10, atol=1e-12, dense_output=True,
    )  # fmt: skip
    k = np.arange(40)
    weight = np.exp(-mean) * np.cumprod(np.concatenate([[1.0], mean / k[1:]]))
    degrees = np.repeat(k, np.rint(weight * 1e6).astype(int))
    one, half = (
        on_a_tree(degrees, rate=b, per="contact", years=20, dt=dt, seeds=1.0 - s0)
        for dt in (0.04, 0.02)
    )
    for t in (5, 10, 20):
        exact = 1.0 - s0 * np.exp(mean * (solved.sol(t)[0] - 1.0))
        extrapolated = 2.0 * half[round(t / 0.02)] - one[round(t / 0.04)]
        assert extrapolated == pytest.approx(exact, abs=2e-5)


def test_who_has_many_contacts_adopts_first():
    """With per="contact" a person of degree k has adopted with probability 1 - s0 theta^k; by
    group of degrees, within 4.5 binomial standard deviations at 10 years."""
    layer = lognormal_degrees(1)
    degrees = layer.degrees()
    out = spread(layer, rate=0.05, seeds=1000, days=10.0, dt=0.5, seed=4)
    degree, count = np.unique(degrees, return_counts=True)
    share, theta = count / PEOPLE, 1.0
    for _ in range(20):
        susceptible = 0.99 * (degree * share / (degree @ share)) @ theta ** (degree - 1.0)
        theta -= -np.expm1(-0.05 * 0.5) * (theta - susceptible)
    frame = out.by_degree(layer)
    for low, high in ((1, 2), (4, 6), (10, 14), (30, 60)):
        part = frame[(frame.degree >= low) & (frame.degree <= high)]
        chance = 1.0 - 0.99 * theta ** part.degree.to_numpy(float)
        expected, spread_of = part.people @ chance, np.sqrt(part.people @ (chance * (1.0 - chance)))
        # theta itself varies with the luck of the beginning, for everybody alike: 2 % of the rest.
        assert abs(part.adopted.sum() - expected) < 4.5 * spread_of + 0.02 * (
            part.people.sum() - expected
        )


# --- many contacts: well mixed ---


def mixed_bass(years, dt):
    share, found = 0.0, []
    for _ in range(round(years / dt) + 1):
        found.append(share)
        share += (1.0 - share) * -np.expm1(-(P + Q * share) * dt)
    return np.array(found)


@pytest.mark.parametrize("degree", [10, 100])
def test_many_contacts_tend_to_the_well_mixed_curve(degree):
    """A d-regular graph stays below the well-mixed curve by .45 / d at most
    at most by the recursion; the engine follows the recursion."""
    dates, dt = [20, 40, 60], 0.25
    exact = on_a_tree([degree], rate=Q, per="share", years=15, dt=dt, external=P)
    below = (mixed_bass(15, dt) - exact)[1:]
    assert below.min() > -1e-12
    assert below.max() * degree == pytest.approx(0.44, abs=0.02)
    runs = [
        spread(
            regular_ties(30_000, degree, seed=g),
            rate=Q, per="share", external=P, days=15.0, dt=dt, seed=g,
        ).share[dates]
        for g in range(6)
    ]  # fmt: skip
    # Student's t of 5: 6 standard errors are 1 in 500.
    check(runs, exact[dates], precision=3e-3, bound=6.0)


def endemic(q, delta, degree):
    """Share in the long run of (p + q [active contacts] / d) against leaving at delta, by the pair
    approximation (exact up to 1 / d^2): (mean field, pairs)."""
    mean = brentq(lambda n: (P + q * n) * (1.0 - n) - delta * n, 0.0, 1.0)

    def pairs(t, y):
        i, si = y  # [I], [SI] per tie and direction; [II] = i - si, [SS] = 1 - i - si
        s, ss, ii = 1.0 - i, 1.0 - i - si, i - si
        other = (
            q * (degree - 1) / degree * si / s
        )  # hazard from the other contacts of a susceptible
        return [
            P * s + q * si - delta * i,
            (P + other) * ss - (P + other + q / degree) * si - delta * si + delta * ii,
        ]

    return mean, solve_ivp(pairs, (0, 300), [0.7, 0.2], rtol=1e-9, atol=1e-11).y[0, -1]


@pytest.mark.parametrize(("degree", "lower"), [(10, 0.0051), (50, 0.0009)])
def test_leaving_into_the_pool_of_takers_leaves_76_percent(degree, lower):
    """Row 7 on regular graphs: N* = .7616 well mixed, and lower by pairs. 60,000 people on average
    over 80 years, in ticks of .2 years, whose bias is that of the well-mixed balance (1 - N)
    (1 - e^(-(p + qN) dt)) = N (1 - e^(-.1 dt)), .005."""
    delta, dt = 0.1, 0.2
    mean, pairs = endemic(Q, delta, degree)
    assert mean == pytest.approx(0.7616, abs=5e-5)
    assert mean - pairs == pytest.approx(lower, abs=5e-5)
    ticked = brentq(
        lambda n: (1 - n) * np.expm1(-(P + Q * n) * dt) - n * np.expm1(-delta * dt), 0.0, 1.0
    )
    out = spread(
        regular_ties(60_000, degree, seed=1),
        rate=Q, per="share", external=P, leave=delta, seeds=45_000, days=100.0, dt=dt, seed=2,
    )  # fmt: skip
    share = out.share[100:]
    # Correlated over 3 years: 80 years are as good as 13 numbers, of the binomial deviation each.
    alone = np.sqrt(mean * (1.0 - mean) / 60_000)
    assert share.mean() == pytest.approx(pairs + ticked - mean, abs=4.5 * alone / np.sqrt(13))
    assert 0.5 < share.std() / alone < 1.6


def test_two_brands_on_a_network_of_many_contacts():
    """Row 8: p = .01, q within .3, q across .1, the follower enters after five years: .632 against
    .357 after 20. On a 100-regular graph, in monthly ticks, by the well-mixed recursion less about
    1 / d."""
    p, q, chi, dt, people = 0.01, 0.3, 1.0 / 3.0, 1.0 / 12.0, 50_000
    moves = Transitions(("never", "first", "second"), np.array([0, 0]), np.array([1, 2]))
    population = AgentPopulation(
        moves,
        np.array([[people], [0], [0]]),
        seed=5,
        purpose="brands",
        class_names=("everybody",),
        layers=(regular_ties(people, 100, seed=5),),
        active=np.array([[False, True, False], [False, False, True]]),
    )
    mixed = np.zeros(2)
    for tick in range(240):
        entered = np.array([1.0, float(tick >= 60)])
        table = RateTable(
            moves,
            p * entered[:, None],
            Contagion(np.array([0, 1]), entered[:, None], np.full((2, 1, 1), q), chi),
        )
        population.advance(table, dt, tick)
        hazard = (p + q * (mixed + chi * mixed[::-1])) * entered
        total = hazard.sum()
        mixed += (1.0 - mixed.sum()) * -np.expm1(-total * dt) * hazard / total
    assert mixed == pytest.approx([0.632, 0.357], abs=3e-3)
    # A standard deviation of .004 (12 runs), and .003 for the number of contacts.
    assert population.people[1:, 0] / people == pytest.approx(mixed, abs=4 * 0.004 + 0.003)
