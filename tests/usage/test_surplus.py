"""Consumer surplus against the closed form of the logit and against the area under its demand."""

from math import exp, log
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from sim.observing.surplus import log_attraction, surplus, surplus_robust
from sim.running.run import Run
from sim.running.simulation import simulate
from tests.model.small import pool

B, U0 = 0.05, 2.0


def one_class(*utilities: float, available: float = 1.0) -> Any:
    utility = np.array(utilities)[:, None]
    return log_attraction(utility, np.full(utility.shape, available), U0)


def test_two_goods() -> None:
    """Utilities one above and one below having none: ln(1 + e + 1/e) / .05 = 28.15 USD."""
    value = surplus(one_class(U0 + 1.0, U0 - 1.0), B)
    assert value == pytest.approx(log(1.0 + exp(1.0) + exp(-1.0)) / 0.05)
    assert value == pytest.approx(28.152, abs=1e-3)


def test_it_is_the_area_under_the_demand_for_any_feature() -> None:
    log_s = one_class(U0 + 1.0, U0 - 1.0)
    s = exp(1.0) + exp(-1.0)

    def demand(rise: float) -> float:
        return s * exp(-B * rise) / (1.0 + s * exp(-B * rise))

    assert surplus(log_s, B) == pytest.approx(quad(demand, 0.0, 2000.0, limit=500)[0], rel=1e-6)
    for ceiling in (1.0, 20.0, 100.0):
        area = quad(demand, 0.0, ceiling)[0]
        assert surplus_robust(log_s, B, ceiling) == pytest.approx(area, rel=1e-9)


def test_a_price_takes_from_it_what_its_buyers_pay() -> None:
    """Its slope in one price is minus the probability to choose that feature."""
    before, after = (surplus(one_class(U0 + 1.0 - B * p, U0 - 1.0), B) for p in (-5e-4, 5e-4))
    chosen = exp(1.0) / (1.0 + exp(1.0) + exp(-1.0))
    assert (after - before) / 1e-3 == pytest.approx(-chosen, rel=1e-6)


def test_who_is_offered_nothing_has_nothing() -> None:
    log_s = one_class(U0 + 1.0, available=0.0)
    assert surplus(log_s, B) == 0.0
    assert surplus_robust(log_s, B, 20.0) == 0.0


def test_a_keen_taste_counts_without_end_in_the_one_and_up_to_the_ceiling_in_the_other() -> None:
    log_s = one_class(U0 + 50.0)
    assert surplus(log_s, B) == pytest.approx(1000.0)
    assert surplus_robust(log_s, B, 20.0) == pytest.approx(20.0)


def test_copies_of_a_good_feature_add_less_to_the_robust_variant() -> None:
    alone, ten = one_class(U0 + 3.0), one_class(*[U0 + 3.0] * 10)
    assert surplus(ten, B) / surplus(alone, B) > 1.7
    assert surplus_robust(ten, B, 20.0) / surplus_robust(alone, B, 20.0) < 1.1


FEATURES: dict[str, dict[str, Any]] = {
    "paid": {"standalone": {"pull": "1 per year"}, "price": "10 USD per month"},
    "late": {"standalone": {"pull": "1 per year", "launch": "2000-01-11"}},
}


def run(**more: Any) -> Run:
    return Run.of(simulate(pool(FEATURES, visibility="0 per day", duration="20 d", **more)))


def test_in_a_run_it_is_people_times_the_closed_form_by_segment_and_in_total() -> None:
    """Quality 0: utility is -.02 for a second of delay, and -.5 more for 10 USD at .05 each."""
    two = {"north": {"people": "400 k"}, "south": {"people": "600 k"}}
    frame = run(segments=two).surplus().set_index(["entity", "day"])["surplus"]
    first = log(1.0 + exp(-0.52 - U0)) / 0.05
    both = log(1.0 + exp(-0.52 - U0) + exp(-0.02 - U0)) / 0.05
    for day, each in ((0, first), (15, both)):
        assert frame["market", day] == pytest.approx(1e6 * each, rel=1e-9)
        assert frame["south", day] == pytest.approx(0.6 * frame["market", day], rel=1e-9)
        assert frame["north", day] + frame["south", day] == pytest.approx(frame["market", day])


def test_a_run_gives_its_change_against_the_start() -> None:
    frame = run().surplus()
    market = frame[frame.entity == "market"].set_index("day")
    assert market.surplus_change[0] == 0.0
    gain = market.surplus[20] - market.surplus[0]
    assert gain > 0.0
    assert market.surplus_change[20] == pytest.approx(gain)
    assert (market.surplus_robust <= market.surplus).all()
    assert (market.surplus_robust <= 1e6 * 20.0).all()


def test_without_a_price_coefficient_there_is_none() -> None:
    frame = run(parameters={"b_price": 0})
    assert not frame.market.metric.isin(["surplus", "surplus_robust"]).any()
    assert len(frame.surplus()) == 0


def test_who_has_opted_out_has_none() -> None:
    frame = run(parameters={"opt_out": "0.001 per day"}).surplus()
    market = frame[frame.entity == "market"].set_index("day").surplus
    assert market[9] / market[0] == pytest.approx(exp(-0.009), rel=1e-4)
