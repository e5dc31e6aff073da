"""Numbers as users give them: of Python, of numpy, or in an array without dimensions.

What counts goes through `whole_number`, what measures through `real_number` and every seed through
`checked_seed`, so that they mean the same wherever they are given.
"""

import math
import operator
from typing import Any, Final, SupportsFloat, SupportsIndex

__all__ = ["SEEDS", "checked_seed", "real_number", "whole_number"]

#: Seeds are the 64 bits of the generator's key.
SEEDS: Final = 2**64


def whole_number(
    value: SupportsIndex | SupportsFloat,
    name: str,
    least: int | None = None,
    most: int | None = None,
) -> int:
    """`value` as an int, from `least` to `most`.

    Whatever `operator.index` takes, and floats that are whole numbers, such as `1e6`. Raises
    TypeError for truth values and what is no number, ValueError for fractions and numbers outside.
    """
    number = _index(value)
    if number is None:
        plain = _float(value)
        if plain is None:
            raise TypeError(f"{name} must be a whole number, not {_shown(value)}")
        if not plain.is_integer() or abs(plain) > 2.0**53:
            raise ValueError(f"{name} must be a whole number, not {plain}")
        number = int(plain)
    if (least is not None and number < least) or (most is not None and number > most):
        if most is None:
            raise ValueError(f"{name} must be at least {least}, not {number}")
        if least is None:
            raise ValueError(f"{name} must be at most {most}, not {number}")
        raise ValueError(f"{name} must be {least} to {most}, not {number}")
    return number


def real_number(value: SupportsIndex | SupportsFloat, name: str) -> float:
    """`value` as a float. Raises TypeError for truth values and what is no number, ValueError for
    NaN and whole numbers that no float holds."""
    plain = _float(value)
    if plain is None:
        number = _index(value)
        if number is None:
            raise TypeError(f"{name} must be a number, not {_shown(value)}")
        try:
            plain = float(number)
        except OverflowError:
            raise ValueError(f"{name} is a number of {len(str(number))} digits") from None
    if math.isnan(plain):
        raise ValueError(f"{name} must be a number, not nan")
    return plain


def checked_seed(seed: SupportsIndex) -> int:
    """`seed` as an int. Raises TypeError unless it is one for `operator.index`, and ValueError
    outside 0 to 2**64 - 1, where two seeds would give the same draws."""
    number = _index(seed)
    if number is None:
        raise TypeError(f"seed must be a whole number, not {_shown(seed)}")
    if not 0 <= number < SEEDS:
        raise ValueError(f"seed must be 0 to 2**64 - 1, not {number}")
    return number


def _index(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _float(value: Any) -> float | None:
    """The value of a float of Python or numpy, also in an array without dimensions."""
    kind = getattr(getattr(value, "dtype", None), "kind", "f" if type(value) is float else "")
    if kind != "f" or getattr(value, "ndim", 0):
        return None
    return float(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:40] + '...'} (a {type(value).__name__})"
