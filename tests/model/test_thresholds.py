"""A threshold is reached at equality, everywhere and whatever the rounding of products."""

from fractions import Fraction

import numpy as np
import pytest

import sim
from sim import contagion, ties
from sim.engines.agents.kernels import clear_kernels, fastest_kernels
from sim.rates.contagion import Response
from sim.rates.influence import Threshold
from sim.rates.thresholds import contacts_needed


def star(leaves: int) -> ties.StoredLayer:
    """Person 0 among `leaves` others who know nobody else."""
    return ties.from_edges(np.zeros(leaves, int), np.arange(1, leaves + 1), leaves + 1)


@pytest.mark.parametrize("share", ["0.28", "0.07", "0.29", "0.58", "0.1", "1", "0.333"])
def test_the_contacts_needed_are_those_of_exact_arithmetic(share: str) -> None:
    degree = np.arange(1, 5000)
    exact = [max(1, -((-Fraction(share) * int(d)) // 1)) for d in degree]
    np.testing.assert_array_equal(contacts_needed(float(share), degree.astype(float)), exact)


def test_a_third_is_a_third_of_three_and_of_three_thousand() -> None:
    for k, d in ((1, 3), (2, 3), (5, 7), (7, 11)):
        many = np.array([d, 1000.0 * d])
        np.testing.assert_array_equal(contacts_needed(k / d, many), [k, 1000 * k])


@pytest.mark.parametrize(("active", "reached"), [(6, False), (7, True)])
def test_seven_of_twenty_five_are_28_percent(active: int, reached: bool) -> None:
    layer, seeds = star(25), np.arange(1, active + 1)
    watts = contagion.linear_threshold(layer, seeds, thresholds=0.28)
    assert (watts.generation[0] == 1) == reached
    response = Response.threshold(0.28)
    out = sim.spread(layer, rate=1e6, per="share", response=response, seeds=seeds, days=1, seed=1)
    assert (out.adopted_at[0] == 1) == reached
    apart = sim.spread(
        layer, rate=1e6, per="share", response=response, seeds=seeds, days=1, seed=1, groups=True
    )
    assert (apart.adopted_at[0] == 1) == reached
    # Mixed well, all contacts active for sure or not at all: 7 of 25 need 7.
    assert Threshold(0.28)(np.array([1.0]), np.array([25.0]))[0] == 1.0


def test_well_mixed_contacts_are_held_against_the_same_number() -> None:
    # P(at least 7 of 25), each active with 1/2, from the binomial coefficients
    from math import comb

    exact = sum(comb(25, k) for k in range(7, 26)) / 2**25
    mixed = Threshold(0.28)(np.array([0.5]), np.array([25.0]))
    assert mixed[0] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("divisor", [25.0, 12.5])
def test_the_number_of_contacts_is_held_against_the_mean_one(divisor: float) -> None:
    """`of: number`: the mean degree of the layer stands for everybody's own."""
    n, response = np.array([[6], [7], [3], [4]]), Response.threshold(0.28)
    for kernels in (clear_kernels(), fastest_kernels()):
        peer = np.zeros((4, 1))
        kernels.add_peer(
            n, np.full(4, divisor), np.ones((1, 1)), np.zeros(4, int), 0.0, response, peer
        )
        expected = [Fraction(int(k)) / Fraction(divisor) >= Fraction("0.28") for k in n[:, 0]]
        np.testing.assert_array_equal(peer[:, 0] == 1.0, expected)


def test_contacts_in_other_channels_count_their_part_exactly() -> None:
    """29 of 100 contacts are needed: 100 in another channel that count .29 each are as many."""
    n, response = np.array([[0, 100], [0, 99], [28, 4], [28, 3]]), Response.threshold(0.29)
    for kernels in (clear_kernels(), fastest_kernels()):
        peer = np.zeros((4, 2))
        kernels.add_peer(
            n, np.full(4, 100.0), np.ones((1, 2)), np.zeros(4, int), 0.29, response, peer
        )
        np.testing.assert_array_equal(peer[:, 0], [1.0, 0.0, 1.0, 0.0])
