"""Numbers and dates as figures print them, and the sentences that their titles are made of."""

import math
from collections.abc import Sequence
from datetime import date

from sim.record.record import Record
from sim.record.tables import Series
from sim.units import human

# Spelt out here because strftime would follow the machine's language.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FULL_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT_RUN_DAYS = 92
# Round numbers of people worth passing, each times a power of ten.
_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)


def people(value: float, digits: int = 3) -> str:
    """`1.62 B`, `483 M`, `0`; the number and its letter are not torn apart at a line's end."""
    return human(value, "people", digits).replace(" ", "\N{NO-BREAK SPACE}")


def percent(value: float) -> str:
    """A share as `37 %`, with a decimal below 10 %."""
    size = 100 * value
    if size == 0 or size >= 9.95:
        text = f"{size:.0f}"
    elif size >= 0.095:
        text = f"{size:.1f}"
    else:
        text = "<0.1"
    return f"{text}\N{NO-BREAK SPACE}%"


def months(value: float) -> str:
    """Frontier-months to a tenth."""
    return f"{value:.1f}"


def when(record: Record, day: float) -> str:
    """`in May 2027`, or `on 8 May 2026` in a run of up to three months."""
    moment = record.date(day)
    if record.days <= _SHORT_RUN_DAYS:
        return f"on {moment.day} {_FULL_MONTHS[moment.month - 1]} {moment.year}"
    return f"in {_FULL_MONTHS[moment.month - 1]} {moment.year}"


def by_end(record: Record) -> str:
    """`by April 2028`: the end of the run."""
    return "by " + when(record, record.days).split(" ", 1)[1]


def short_date(moment: date, *, with_day: bool) -> str:
    """`8 May 2026` or `May 2026`."""
    text = f"{MONTHS[moment.month - 1]} {moment.year}"
    return f"{moment.day} {text}" if with_day else text


def milestone(series: Series) -> tuple[float, float] | None:
    """The highest round number of people that the series rises through, and the day it does."""
    if not len(series):
        return None
    top = float(series.value.max())
    if not top >= 1.0:
        return None
    power = math.floor(math.log10(top))
    levels = [step * 10.0**p for p in (power - 1, power) for step in _ROUND]
    passed = [level for level in levels if series.value[0] < level <= top]
    if not passed:
        return None
    day = series.first_day_at(passed[-1])
    return None if day is None else (passed[-1], day)


def growth_sentence(record: Record, subject: str, series: Series) -> str:
    """What became of a number of monthly users, as one sentence without a full stop."""
    first, last, top = float(series.value[0]), series.last, float(series.value.max())
    end = by_end(record)
    if last < 0.97 * top:
        peak = float(series.day[series.value.argmax()])
        if peak == 0.0:
            return f"{subject} falls from {people(first)} to {people(last)} monthly users {end}"
        return (
            f"{subject} peaks at {people(top)} monthly users {when(record, peak)}, "
            f"then falls to {people(last)}"
        )
    passed = milestone(series)
    if passed is not None:
        level, day = passed
        return f"{subject} passes {people(level)} monthly users {when(record, day)}"
    if last > 1.03 * first:
        return f"{subject} grows from {people(first)} to {people(last)} monthly users {end}"
    return f"{subject} stays at about {people(last)} monthly users"


def listing(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
