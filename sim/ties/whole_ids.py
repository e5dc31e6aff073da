"""Ids in text: which texts are whole numbers, so that a person is the same in every format.

Text is a number only if it is the one way of writing it: `01001` is a name, as is `1e3`. The one
exception is `7.0`, which data frames write for 7 as soon as a cell of the column is missing.
Names are numbers only where all of them are.
"""

import re
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = [
    "EXACT",
    "as_whole",
    "beyond_floats",
    "has_odd_zeros",
    "is_whole",
    "looks_whole",
    "plain_words",
    "to_whole",
    "whole_column",
]

#: Whole numbers up to here are told apart by floats of 16, 32 and 64 bits.
EXACT: Final = {16: 2**11, 32: 2**24, 64: 2**53}

_FORM = r"^(0|-?[1-9][0-9]{0,18})(\.0)?$"
_SHORT = _FORM.replace("18", "17")
_WHOLE = re.compile(_FORM)
_ZERO = np.uint8(ord("0"))


def is_whole(cell: str) -> bool:
    """Whether a cell is a whole number of 64 bits, as everybody writes it."""
    return _WHOLE.fullmatch(cell) is not None and -(2**63) <= as_whole(cell) < 2**63


def as_whole(cell: str) -> int:
    """The number in a cell that is whole."""
    return int(cell.removesuffix(".0"))


def beyond_floats(cell: str) -> bool:
    """Whether a whole cell was a float, and one too large to be sure of the number it stood for."""
    return cell.endswith(".0") and abs(as_whole(cell)) > EXACT[64]


def looks_whole(column: Any) -> Any:
    """Where a column of texts has whole numbers of up to 18 digits, which 64 bits always hold."""
    return pc.match_substring_regex(pc.utf8_trim_whitespace(column), _SHORT)


def to_whole(column: Any) -> Any:
    """A column of texts that are whole numbers as int64. Raises ArrowInvalid beyond 64 bits."""
    text = pc.utf8_trim_whitespace(column)
    return pc.replace_substring_regex(text, r"\.0$", "").cast(pa.int64())


def whole_column(column: Any) -> Any:
    """A column of texts as int64, None where one of them is no whole number, or one that a float
    cannot tell from its neighbours. Missing cells stay missing."""
    text = pc.utf8_trim_whitespace(column)
    if not pc.all(pc.match_substring_regex(text, _FORM)).as_py():
        return column.cast(pa.int64()) if column.null_count == len(column) else None
    floats = pc.ends_with(text, ".0")
    try:
        numbers = to_whole(column)
    except pa.ArrowInvalid:  # beyond 64 bits
        return None
    large = pc.or_(pc.greater(numbers, EXACT[64]), pc.less(numbers, -EXACT[64]))
    return None if pc.any(pc.and_(floats, large)).as_py() else numbers


def plain_words(words: list[str]) -> list[str]:
    """The names of one column; without `.0` where that column held whole numbers as floats."""
    if any(word.endswith(".0") for word in words) and all(is_whole(word) for word in words):
        return [word.removesuffix(".0") for word in words]
    return words


def has_odd_zeros(block: bytes) -> bool:
    """Whether a number may stand in the text as `01` or `-0`, which readers of numbers let pass."""
    text: NDArray[np.uint8] = np.frombuffer(b"\n" + block + b"\n", np.uint8)
    digit = text - _ZERO < 10  # what is below the digits wraps around
    first = np.flatnonzero((text[1:-1] == _ZERO) & ~digit[:-2])
    before, goes_on = text[first], digit[first + 2]
    return bool(np.any(np.where(goes_on, before != ord("."), before == ord("-"))))
