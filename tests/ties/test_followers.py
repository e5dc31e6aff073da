"""Follower graphs against the laws that are published for them."""

from math import sqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.special import zeta

from sim.ties import building
from sim.ties.followers import draws_for, follower_ties, followers_histogram
from sim.ties.layer import StoredLayer
from tests.ties import in_pieces, without_numba


def make(people: int = 2000, mean: float = 15.0, **given: Any) -> StoredLayer:
    return follower_ties(people, mean, **({"exponent": 2.5, "seed": 1} | given))


def matrix(layer: StoredLayer) -> Any:
    """Rows follow columns."""
    ones = np.ones(layer.contact.size, np.int64)
    return csr_array((ones, layer.contact, layer.first), shape=(layer.people, layer.people))


def audience(layer: StoredLayer) -> StoredLayer:
    assert layer.reverse is not None
    return layer.reverse


def followers(layer: StoredLayer) -> NDArray[np.int64]:
    return np.diff(audience(layer).first)


def same(one: StoredLayer, other: StoredLayer) -> bool:
    return all(
        np.array_equal(a.first, b.first) and np.array_equal(a.contact, b.contact)
        for a, b in ((one, other), (audience(one), audience(other)))
    )


def tail_exponent(sizes: NDArray[np.int64], least: int, largest: int) -> tuple[float, float]:
    """Greatest-likelihood exponent of a power law from `least` to `largest`, and its standard
    error (Clauset, Shalizi & Newman 2009)."""
    tail = sizes[sizes >= least]
    logs = np.log(tail).sum()

    def cost(a: float) -> float:
        return float(a * logs + tail.size * np.log(zeta(a, least) - zeta(a, largest + 1)))

    found = minimize_scalar(cost, bounds=(1.2, 6.0), method="bounded").x
    return found, (found - 1.0) / sqrt(tail.size)


@pytest.mark.parametrize("exponent", [2.2, 2.5, 3.0])
def test_followers_are_a_power_law_of_the_given_exponent(exponent: float) -> None:
    layer = make(200_000, exponent=exponent, largest=5000)
    found, error = tail_exponent(followers(layer), 40, 5000)
    assert error < 0.05
    assert found == pytest.approx(exponent, abs=4 * error)


def test_everybody_follows_a_poisson_number_of_others() -> None:
    layer = make(100_000)
    follows = layer.degrees()
    assert follows.mean() == followers(layer).mean() == pytest.approx(15, rel=2e-3)
    # The variance of a sample variance is (2 mean^2 + mean) / n for a Poisson variable.
    assert follows.var() == pytest.approx(15, abs=4 * sqrt((2 * 15**2 + 15) / 100_000))
    # Means hold where the most followed have a tenth of everybody as followers.
    assert make(20_000, exponent=2.1).degrees().mean() == pytest.approx(15, rel=1e-2)


def test_to_be_followed_says_nothing_of_whom_one_follows() -> None:
    layer = make(100_000)
    apart = np.corrcoef(layer.degrees(), followers(layer))[0, 1]
    assert abs(apart) < 4 / sqrt(layer.people)
    ties = matrix(layer)
    pairs = int(ties.multiply(ties.T).sum()) // 2
    # i follows j with the chance f_j / n, so mean^2 / 2 pairs follow each other, whatever n.
    assert pairs == pytest.approx(15**2 / 2, abs=4 * sqrt(15**2 / 2))


def test_audience_is_the_other_direction_sorted_and_simple() -> None:
    layer = make()
    ties = matrix(layer)
    assert ties.max() == 1
    assert ties.diagonal().sum() == 0
    assert (matrix(audience(layer)) != ties.T).nnz == 0
    for rows in (layer, audience(layer)):
        inside = np.ones(rows.contact.size, bool)
        inside[rows.first[:-1][np.diff(rows.first) > 0]] = False
        assert (np.diff(rows.contact, prepend=0)[inside] > 0).all()


@pytest.mark.parametrize(("people", "mean"), [(2, 0.5), (48, 30.0), (3001, 12.0)])
def test_compiled_and_clear_followers_are_equal(
    people: int, mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    compiled = make(people, mean, seed=2**40 + 3)
    without_numba(monkeypatch)
    assert building.fastest_kernels() == building.clear_kernels()
    assert same(compiled, make(people, mean, seed=2**40 + 3))


def test_followers_belong_to_their_seed_and_name() -> None:
    layer = make(500)
    assert same(layer, make(500))
    assert not same(layer, make(500, seed=2))
    assert not same(layer, make(500, seed=1 + 2**32))
    assert not same(layer, make(500, layer="forum"))


def test_threads_and_pieces_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPTAKE_THREADS", "1")
    alone = make(50_000)
    monkeypatch.setenv("UPTAKE_THREADS", "3")
    in_pieces(monkeypatch, 1 << 17)
    assert same(alone, make(50_000))


def test_members_alone_follow_and_are_followed() -> None:
    members = np.arange(1, 1200, 2)
    layer = make(1200, members=members)
    assert layer.people == 1200
    assert layer.degrees()[::2].sum() == followers(layer)[::2].sum() == 0
    assert layer.degrees(members).mean() == pytest.approx(15, rel=0.02)


def test_a_small_mean_leaves_some_without_followers() -> None:
    law = followers_histogram(0.5, 2.5, 100)
    assert law.mean == pytest.approx(0.5)
    assert law.probability[0] > 0.5
    assert law.probability[2] / law.probability[1] == pytest.approx(2**-2.5)
    assert make(100_000, 0.5).degrees().mean() == pytest.approx(0.5, rel=0.02)


def test_nobody_has_more_followers_than_there_are_others() -> None:
    assert followers(make(300, 250.0)).max() <= 299
    assert make(300, 250.0).degrees().mean() == pytest.approx(250, rel=0.01)
    assert make(1, 0.0).ties == make(3, 0.0).ties == 0
    # D draws among n leave (1 - 1 / n)^D of the others out.
    assert draws_for(np.array([500]), 1001)[0] == round(np.log(0.5) / np.log1p(-1 / 1001))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mean": 20.0, "people": 20}, "at least 0 and below 19 among 20 people; it is 20"),
        ({"mean": -1.0}, "at least 0 and below 1999 among 2000 people; it is -1"),
        ({"mean": 15.0, "largest": 10}, "above the most followers that anybody has, 10; it is 15"),
        ({"people": 0}, "people must be 1 to"),
    ],
)
def test_impossible_followers_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**given)
