"""First passage: on a curve with a known inverse, and on series that never get there."""

from datetime import timedelta
from math import log

import numpy as np
import pandas as pd
import pytest

from sim.running.run import Run
from sim.running.simulation import simulate
from sim.usage.passage import THRESHOLDS, first_passages
from tests.model.small import pool, reading
from tests.record.synthetic import outcome

P, Q, YEAR = 0.03, 0.38, 365.25
PEOPLE = 1_000_000


def test_on_the_bass_curve_it_is_the_inverse_of_the_closed_form() -> None:
    """t(F) = ln((1 + (q/p) F) / (1 - F)) / (p + q): 1.2, 3.4 and 6.2 years for 5, 20 and 46 %.
    The curve of daily ticks runs up to .0004 low, which is 1 or 2 days."""
    run = Run.of(
        simulate(
            pool(
                {"product": {"standalone": {"pull": f"{P} per year"}}},
                visibility=f"{Q} per year",
                duration="7 years",
            ),
            plan=reading("mau", "ever"),
        )
    )
    shares = (0.05, 0.2, 0.46053)
    found = run.first_passage([*(PEOPLE * share for share in shares), 1.5 * PEOPLE])
    own = found[found.feature == "product"].reset_index(drop=True)
    for i, share in enumerate(shares):
        exact = YEAR * log((1.0 + Q / P * share) / (1.0 - share)) / (P + Q)
        assert exact - 1.0 <= own.day[i] <= exact + 3.0
        assert own.date[i] == pd.Timestamp("2000-01-01") + timedelta(days=int(own.day[i]))
    assert own.day[2] / YEAR == pytest.approx(6.1926, abs=0.01)
    assert np.isnan(own.day[3])
    assert pd.isna(own.date[3])
    # With one feature, the users of any feature are its users.
    everything = found[found.feature == "all"].reset_index(drop=True)
    pd.testing.assert_series_equal(own.day, everything.day)


def test_the_first_day_counts_whatever_comes_after() -> None:
    day = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    value = np.array([2.0, np.nan, 5.0, 3.0, 6.0])
    assert first_passages(day, value, (2.0, 2.5, 4.0, 5.0, 5.5, 7.0)) == [0, 2, 2, 2, 4, None]
    assert first_passages(np.empty(0), np.empty(0), (1.0,)) == [None]


def test_a_run_has_a_row_for_every_feature_and_threshold() -> None:
    run = Run.of(outcome(days=365))
    found = run.first_passage()
    assert len(found) == (len(run.record.features) + 1) * len(THRESHOLDS)
    assert THRESHOLDS == (1e6, 1e7, 5e7, 1e8, 2.5e8, 5e8, 1e9, 2e9)
    assert str(found.dtypes["date"]).startswith("datetime64")
    days = found.pivot(index="feature", columns="threshold", values="day")
    for row in run.summary_rows():
        assert days[1e8][row.feature] == pytest.approx(row.days_to_100m, nan_ok=True)
        assert days[1e9][row.feature] == pytest.approx(row.days_to_1b, nan_ok=True)
    assert days[5e8]["meta-ai"] == 0.0
    assert np.isnan(days[1e9]["claude"])
