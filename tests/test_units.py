"""Quantities and dates: what is read, what is refused, and that printing and reading agree."""

import contextlib
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import units
from sim.scenario import PARAMETERS
from sim.units import UnitError, exact, human, parse, parse_date

ALL_UNITS = sorted({parameter.unit for parameter in PARAMETERS.values()})
FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("3.1 B", "people", 3.1e9),
        ("3.1 billion people", "people", 3.1e9),
        ("250k", "people", 250_000.0),
        ("250 thousand", "people", 250_000.0),
        (".5 M users", "people", 500_000.0),
        ("1e6", "people", 1e6),
        (12, "people", 12.0),
        ("5 %", "share", 0.05),
        ("5%", "share", 0.05),
        ("12.5 percent", "share", 0.125),
        (0.05, "share", 0.05),
        ("0.38 per year", "per year", 0.38),
        ("0.38/year", "per year", 0.38),
        ("0.38 a year", "per year", 0.38),
        ("365.25 per year", "per day", 1.0),
        ("5 % per month", "per month", 0.05),
        ("7 per week", "per day", 1.0),
        ("6 months", "days", 182.625),
        ("1 year", "days", 365.25),
        ("2 weeks", "days", 14.0),
        ("90 d", "days", 90.0),
        ("12 hours", "days", 0.5),
        ("500 ms", "seconds", 0.5),
        ("2 minutes", "seconds", 120.0),
        ("24 frontier-months", "frontier-months", 24.0),
        ("12 frontier-months per year", "frontier-months per month", 1.0),
        ("1 frontier-month per month", "frontier-months per month", 1.0),
        ("10 USD per month", "USD per month", 10.0),
        ("10 USD a month", "USD per month", 10.0),
        ("120 USD per year", "USD per month", 10.0),
        ("5 USD per million tokens", "USD per million tokens", 5.0),
        ("0.005 USD per thousand tokens", "USD per million tokens", 5.0),
        ("100 million tokens", "million tokens", 100.0),
        ("0.1 B tokens", "million tokens", 100.0),
        ("0.05 per USD a month", "per USD a month", 0.05),
        ("0.02 per second", "per second", 0.02),
        ("0", "per day", 0.0),
        (0, "USD per month", 0.0),
        ("-2", "number", -2.0),
    ],
)
def test_a_quantity_is_read_in_its_canonical_unit(
    text: str | float, unit: str, value: float
) -> None:
    assert parse(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        (0.38, "per year", "`0.38` has no unit; expected a rate: write e.g. `0.38 per year`"),
        ("0.38", "per year", "`0.38` has no unit; expected a rate: write e.g. `0.38 per year`"),
        (90, "days", "`90` has no unit; expected a duration: write e.g. `90 d`"),
        ("7 M", "days", "has no unit; expected a duration: write e.g. `7 d`"),
        ("5 %", "days", "`5 %` has the wrong unit; expected a duration, e.g. `90 d`"),
        ("6 months", "frontier-months", "expected a quality in frontier-months"),
        ("6 mnths", "days", "unknown unit `mnths`; expected a duration, e.g. `90 d`; "
         "did you mean `months`?"),
        ("6 m", "days", "unknown unit `m`; expected a duration, e.g. `90 d`; did you mean `month"),
        ("6 m", "people", "did you mean `M`?"),
        ("many", "people", "no number in front; expected a number of people, e.g. `250 k`"),
        ("1,5 B", "people", "write a decimal point"),
        ("1_000", "people", "write a decimal point"),
        ("1.2.3", "people", "write a decimal point"),
        ("5 per", "per day", "ends in `per`"),
        ("5 per per day", "per day", "`per` stands twice"),
        ("5 d d", "days", "two units in a row"),
        ("5 d!", "days", "`!` is not a unit"),
        ("", "share", "not a quantity"),
        (math.nan, "share", "not a finite number"),
        (math.inf, "people", "not a finite number"),
        ("9e999", "number", "too large"),
        (10**400, "number", "too large"),
        (True, "share", "`true` is not a quantity"),
        ("9" * 200, "number", "200 characters"),
    ],
)  # fmt: skip
def test_a_refused_quantity_says_what_is_wrong_and_what_was_expected(
    text: str | float, unit: str, said: str
) -> None:
    with pytest.raises(UnitError) as caught:
        parse(text, unit)
    assert said in str(caught.value)


@given(st.sampled_from(ALL_UNITS), FINITE)
def test_exact_text_reads_back_to_the_same_number(unit: str, value: float) -> None:
    assert parse(exact(value, unit), unit) == value


@given(st.sampled_from(ALL_UNITS), FINITE)
def test_human_text_reads_back_to_within_its_digits(unit: str, value: float) -> None:
    assert parse(human(value, unit, 4), unit) == pytest.approx(value, rel=6e-4, abs=0)


@given(st.text(max_size=120), st.sampled_from(ALL_UNITS))
def test_any_text_is_a_finite_number_or_a_unit_error(text: str, unit: str) -> None:
    with contextlib.suppress(UnitError):
        assert math.isfinite(parse(text, unit))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.1e9, "people", "3.1 B"),
        (250_000.0, "people", "250 k"),
        (1_234_567_890.0, "people", "1.23 B"),
        (999_999.0, "people", "1 M"),
        (12.0, "people", "12"),
        (0.05, "share", "5 %"),
        (1 / 3, "share", "33.3 %"),
        (3 * 30.4375, "days", "3 months"),
        (365.25, "days", "1 year"),
        (90.0, "days", "90 d"),
        (1000.0, "days", "2.74 years"),
        (0.38, "per year", "0.38 per year"),
        (1.0, "frontier-months per month", "1 frontier-month per month"),
        (0.0, "people", "0"),
    ],
)
def test_numbers_are_printed_as_people_write_them(value: float, unit: str, text: str) -> None:
    assert human(value, unit) == text


def test_a_year_is_twelve_months_and_both_are_exact() -> None:
    assert parse("1 year", "days") == units.DAYS_PER_YEAR
    assert parse("12 months", "days") == units.DAYS_PER_YEAR
    assert units.DAYS_PER_MONTH * 12 == units.DAYS_PER_YEAR


def test_a_date_is_iso_and_stands_in_the_calendar() -> None:
    assert parse_date("2026-05-01") == date(2026, 5, 1)
    assert parse_date(date(2026, 5, 1)) == date(2026, 5, 1)
    for text in ("2026-02-30", "01.05.2026", "2026-5-1", "2026-05-01T00:00", "", 20260501, None):
        with pytest.raises(UnitError, match=r"expected a date, e\.g\. `2026-05-01`"):
            parse_date(text)


@given(st.dates())
def test_every_date_reads_back(day: date) -> None:
    assert parse_date(day.isoformat()) == day
