"""Quantities, durations and dates: text to number and back.

A quantity is a number with an optional scale word and a unit: `3.1 B`, `250 k people`, `5 %`,
`0.38 per year`, `6 months`, `10 USD per month`, `2 USD per million tokens`. Each parameter has one
canonical unit, and `parse` returns the number in that unit. All conversion factors are exact
fractions (a year is 365.25 days, a month a twelfth of it), so a text gives the correctly rounded
float and `exact` prints a text that `parse` reads back bit for bit.

Grammar of a unit: `per` divides by everything up to the next `per`, and `a` (or `an`) binds tighter
than `per`: `USD a month` is USD / month, and `per USD a month` is 1 / (USD / month).
"""

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

__all__ = [
    "DAYS_PER_MONTH",
    "DAYS_PER_YEAR",
    "Unit",
    "UnitError",
    "exact",
    "human",
    "nearest",
    "parse",
    "parse_date",
    "unit",
]

DAYS_PER_YEAR = 365.25  # the Julian year: the calendar's mean to within 0.003 %
DAYS_PER_MONTH = 30.4375  # a twelfth of it

_YEAR = Fraction(1461, 4)
_MONTH = _YEAR / 12
_SECOND = Fraction(1, 86_400)

_SCALES: dict[str, int] = {
    **dict.fromkeys(("k", "K", "thousand"), 10**3),
    **dict.fromkeys(("M", "million", "mn"), 10**6),
    **dict.fromkeys(("B", "billion", "bn"), 10**9),
    **dict.fromkeys(("T", "trillion", "tn"), 10**12),
}

Dimension = tuple[tuple[str, int], ...]

# word -> (dimension, size in the dimension's base); the bases are day, person, app, frontier-month,
# USD and token. Shares and plain numbers have no dimension.
_WORDS: dict[str, tuple[str, Fraction]] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("time", _SECOND / 1000)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), ("time", _SECOND)),
    **dict.fromkeys(("min", "minute", "minutes"), ("time", _SECOND * 60)),
    **dict.fromkeys(("h", "hour", "hours"), ("time", _SECOND * 3600)),
    **dict.fromkeys(("d", "day", "days"), ("time", Fraction(1))),
    **dict.fromkeys(("week", "weeks"), ("time", Fraction(7))),
    **dict.fromkeys(("month", "months"), ("time", _MONTH)),
    **dict.fromkeys(("y", "yr", "year", "years"), ("time", _YEAR)),
    **dict.fromkeys(("people", "person", "users", "user"), ("people", Fraction(1))),
    **dict.fromkeys(("developers", "developer"), ("people", Fraction(1))),
    **dict.fromkeys(("app", "apps"), ("apps", Fraction(1))),
    **dict.fromkeys(("frontier-month", "frontier-months"), ("capability", Fraction(1))),
    **dict.fromkeys(("USD", "usd"), ("money", Fraction(1))),
    **dict.fromkeys(("token", "tokens"), ("tokens", Fraction(1))),
    **dict.fromkeys(("%", "percent"), ("", Fraction(1, 100))),
    **dict.fromkeys(("share", "number"), ("", Fraction(1))),
}

# What a reader calls a unit, and how a value in it is written.
_EXAMPLES: dict[str, tuple[str, str]] = {
    "people": ("a number of people", "250 k"),
    "apps": ("a number of apps", "100 k"),
    "share": ("a share", "5 %"),
    "number": ("a number", "2"),
    "days": ("a duration", "90 d"),
    "seconds": ("a time in seconds", "0.5 s"),
    "per day": ("a rate", "0.005 per day"),
    "per month": ("a rate", "0.1 per month"),
    "per year": ("a rate", "0.38 per year"),
    "per second": ("a rate per second", "0.02 per second"),
    "frontier-months": ("a quality in frontier-months", "24 frontier-months"),
    "frontier-months per month": ("a pace of quality", "1 frontier-month per month"),
    "USD": ("an amount in USD", "20 USD"),
    "USD per month": ("a price a month", "10 USD per month"),
    "USD per million tokens": ("a price of tokens", "5 USD per million tokens"),
    "per USD a month": ("an effect per USD a month", "0.05 per USD a month"),
    "million tokens": ("an amount of tokens", "100 million tokens"),
}

# A bare number is taken in these units. Elsewhere 0.38 could be a day or a year: it is refused.
_BARE = frozenset({"people", "apps", "share", "number"})

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3}(?![\d.]))?")
_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z]+(?:-[A-Za-z]+)*|%)|(?P<slash>/))")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_MAX_TEXT = 100


class UnitError(ValueError):
    """A text that is no quantity, duration or date, or has the wrong unit.

    `message` says what is wrong, `expected` what should stand there, `nearest` the nearest known
    word when the unit looks misspelt.
    """

    def __init__(self, message: str, expected: str = "", nearest: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.nearest = nearest

    def __str__(self) -> str:
        text = self.message
        if self.expected:
            text += f"; expected {self.expected}"
        if self.nearest:
            text += f"; did you mean `{self.nearest}`?"
        return text

    def __reduce__(self) -> tuple[type["UnitError"], tuple[str, str, str]]:
        return UnitError, (self.message, self.expected, self.nearest)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its `name`, its `dimension` (sorted base powers) and its `size` in the bases."""

    name: str
    dimension: Dimension
    size: Fraction

    @property
    def bare(self) -> bool:
        """Whether a number without a unit may stand for a quantity in this unit."""
        return self.name in _BARE

    @property
    def kind(self) -> str:
        """What a quantity in this unit is called: "a rate", "a share", ..."""
        return _EXAMPLES.get(self.name, (f"a quantity in {self.name}", ""))[0]

    @property
    def example(self) -> str:
        """A well-written quantity in this unit."""
        return _EXAMPLES.get(self.name, ("", f"1 {self.name}"))[1]

    @property
    def expected(self) -> str:
        """The noun and the example, for error texts."""
        return f"{self.kind}, e.g. `{self.example}`"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word closest to `word` (case aside), or "" when none is close."""
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), candidate)
    hits = difflib.get_close_matches(word.casefold()[:_MAX_TEXT], by_fold, n=1, cutoff=0.6)
    return by_fold[hits[0]] if hits else ""


@lru_cache(maxsize=256)
def unit(name: str) -> Unit:
    """The unit of that name. Raises UnitError when a word in it is unknown."""
    dimension, size = _read_unit(_tokens(name), name)
    return Unit(name, dimension, size)


def parse(value: str | int | float, name: str) -> float:
    """`value` as a finite float in the unit `name`.

    A number or a bare text number is accepted for people, apps, shares and plain numbers, and a
    zero everywhere. Raises UnitError for everything else that is not a quantity of that dimension.
    """
    wanted = unit(name)
    if isinstance(value, bool):
        raise UnitError(f"`{str(value).lower()}` is not a quantity", wanted.expected)
    if isinstance(value, int | float):
        return _bare(value, str(value)[:40], wanted)
    text = value.strip()
    if len(text) > _MAX_TEXT:
        raise UnitError(f"a text of {len(text)} characters is not a quantity", wanted.expected)
    match = _NUMBER.match(text)
    if match is None:
        raise UnitError(f"`{text}` is not a quantity: no number in front", wanted.expected)
    rest = text[match.end() :]
    if rest[:1] in {".", ",", "_"} or rest[:1].isdigit():
        raise UnitError(
            f"`{text}` is not a quantity: write a decimal point and no thousands marks",
            wanted.expected,
        )
    number = Fraction(match.group())
    try:
        tokens = _tokens(rest)
        dimension, size = _read_unit(tokens, text)
    except UnitError as error:
        hint = "months" if error.nearest == "M" and not wanted.bare else error.nearest
        raise UnitError(error.message, error.expected or wanted.expected, hint) from None
    if all(token in _SCALES for token in tokens):  # `3.1 B`, `7`: no unit
        return _bare(_to_float(number * size, text), text, wanted)
    if dimension != wanted.dimension:
        raise UnitError(f"`{text}` has the wrong unit", wanted.expected)
    return _to_float(number * size / wanted.size, text)


def parse_date(value: object) -> date:
    """A `date` or an ISO text (`2026-05-01`) as a date. Raises UnitError."""
    expected = "a date, e.g. `2026-05-01`"
    if type(value) is date:
        return value
    if not isinstance(value, str):
        raise UnitError(f"`{str(value)[:40]}` is not a date", expected)
    text = value.strip()
    if _DATE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise UnitError(f"`{text}` is not in the calendar", expected) from None
    raise UnitError(f"`{text[:40]}` is not a date", expected)


def exact(value: float, name: str) -> str:
    """The shortest pleasant text that `parse(text, name)` reads back as exactly `value`."""
    value = float(value)
    if not math.isfinite(value):
        raise UnitError(f"`{value}` is not a finite number")
    decimal = Decimal(repr(value))
    if name in {"people", "apps"}:
        for word, power in (("B", 9), ("M", 6), ("k", 3)):
            if abs(value) >= 10**power:
                return f"{_plain(decimal.scaleb(-power))} {word}"
        return _plain(decimal)
    if name == "share":
        return f"{_plain(decimal.scaleb(2))} %"
    if name == "number":
        return _plain(decimal)
    if name == "days":
        return _exact_days(value, decimal)
    if name == "seconds":
        return f"{_plain(decimal)} s"
    if name.startswith(("million ", "per ")):
        return f"{_plain(decimal)} {name}"
    return f"{_plain(decimal)} {_singular(name, value)}"


def human(value: float, name: str, digits: int = 3) -> str:
    """`value` rounded for reading: `1.2 B`, `250 k`, `5 %`, `3 months`, `0.38 per year`."""
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    if name == "days":
        whole = _exact_days(value, Decimal(repr(value)))
        if not whole.endswith(" d"):
            return whole
        if abs(value) >= 2 * DAYS_PER_YEAR:
            return _count(value / DAYS_PER_YEAR, "year", digits)
    value = float(f"{value:.{digits}g}")
    if name == "days":  # rounded days stay days: 30.4375 must not come out as a month
        return f"{_plain(Decimal(repr(value)))} d"
    return exact(value, name)


def _count(value: float, word: str, digits: int) -> str:
    rounded = float(f"{value:.{digits}g}")
    return f"{_plain(Decimal(repr(rounded)))} {word}{'' if rounded == 1 else 's'}"


def _exact_days(value: float, decimal: Decimal) -> str:
    for word, size in (("year", _YEAR), ("month", _MONTH)):
        count = Fraction(decimal) / size
        if count >= 1 and count.denominator == 1:
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{_plain(decimal)} d"


def _singular(name: str, value: float) -> str:
    head, _, tail = name.partition(" ")
    if value == 1 and head.endswith("s"):
        head = head[:-1]
    return f"{head} {tail}".strip()


def _plain(decimal: Decimal) -> str:
    """The decimal without an exponent, unless that would need more than 15 zeros."""
    decimal = decimal.normalize()
    if not decimal:
        return "0"
    exponent = decimal.as_tuple().exponent
    assert isinstance(exponent, int)  # finite: checked by the callers
    if exponent > 15 or decimal.adjusted() < -7:
        return str(decimal).replace("E", "e")
    return format(decimal, "f")


def _bare(value: int | float, text: str, wanted: Unit) -> float:
    number = _to_float(value, text)
    if not wanted.bare and number != 0:
        raise _needs_unit(text, wanted)
    return number


def _needs_unit(text: str, wanted: Unit) -> UnitError:
    number = match.group() if (match := _NUMBER.match(text)) else "1"
    words = wanted.example.partition(" ")[2]
    return UnitError(f"`{text}` has no unit", f"{wanted.kind}: write e.g. `{number} {words}`")


def _to_float(number: Fraction | int | float, text: str) -> float:
    try:
        value = float(number)
    except OverflowError:
        raise UnitError(f"`{text[:40]}` is too large a number") from None
    if not math.isfinite(value):
        raise UnitError(f"`{text[:40]}` is not a finite number")
    return value


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise UnitError(f"`{text[at:].strip()}` is not a unit")
        tokens.append("per" if match["slash"] else match["word"])
        at = match.end()
    return tokens


def _read_unit(tokens: list[str], text: str) -> tuple[Dimension, Fraction]:
    """Dimension and size of `[scale] [word] [a word] [per [scale] word [a word]]...`."""
    powers: dict[str, int] = {}
    size = Fraction(1)
    sign, just_divided = 1, False  # `sign` is -1 behind a `per`
    inside = 1  # and `inside` is -1 for the word behind an `a`
    seen_word = False
    for token in tokens:
        if token == "per":
            if just_divided:
                raise UnitError(f"`{text}`: `per` stands twice")
            sign, inside, just_divided, seen_word = -1, 1, True, False
            continue
        if token in {"a", "an"}:
            if just_divided:  # "0.38 per a year" reads as "per year"
                continue
            inside, just_divided, seen_word = -1, True, False
            continue
        power = sign * inside
        if token in _SCALES and not seen_word:
            size *= Fraction(_SCALES[token]) ** power
            just_divided = False
            continue
        if token not in _WORDS:
            raise _unknown_word(token)
        if seen_word:
            raise UnitError(f"`{text}`: two units in a row; join them with `per`")
        dimension, factor = _WORDS[token]
        if dimension:
            powers[dimension] = powers.get(dimension, 0) + power
        size *= factor**power
        seen_word, just_divided, inside = True, False, 1
    if just_divided:
        raise UnitError(f"`{text}` ends in `per`")
    return tuple(sorted((k, v) for k, v in powers.items() if v)), size


def _unknown_word(word: str) -> UnitError:
    # `m` and `b` are too easily minutes, months, millions or bytes to be guessed.
    hints = {"m": "M", "b": "B", "t": "T", "mo": "months", "D": "d", "w": "weeks"}
    hint = hints.get(word) or nearest(word, [*_WORDS, *(s for s in _SCALES if len(s) > 2)])
    return UnitError(f"unknown unit `{word}`", "", hint)
