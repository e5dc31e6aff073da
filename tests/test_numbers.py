"""A number is the same number whichever type it has."""

from typing import Any

import numpy as np
import pytest

from sim.numbers import checked_seed, whole_number

FIVES = [5, np.int64(5), np.uint8(5), np.array(5), 5.0, np.float32(5), np.array(5.0)]


@pytest.mark.parametrize("five", FIVES)
def test_five_is_five_in_every_type(five: Any) -> None:
    found = whole_number(five, "people", 1, 10)
    assert type(found) is int
    assert found == 5


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (True, TypeError, r"n must be a whole number, not True \(a bool\)"),
        (np.True_, TypeError, "n must be a whole number"),
        ("5", TypeError, r"n must be a whole number, not '5' \(a str\)"),
        (None, TypeError, "n must be a whole number"),
        ([5], TypeError, "n must be a whole number"),
        (np.array([5]), TypeError, "n must be a whole number"),
        (5j, TypeError, "n must be a whole number"),
        (2.5, ValueError, r"n must be a whole number, not 2\.5"),
        (float("nan"), ValueError, "n must be a whole number, not nan"),
        (float("inf"), ValueError, "n must be a whole number, not inf"),
        (2.0**60, ValueError, "n must be a whole number"),
        (0, ValueError, "n must be 1 to 10, not 0"),
        (np.int64(11), ValueError, "n must be 1 to 10, not 11"),
    ],
)
def test_what_counts_nothing_is_refused_with_a_text(
    value: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        whole_number(value, "n", 1, 10)


def test_seeds_are_the_keys_of_the_generator_and_nothing_else() -> None:
    assert checked_seed(np.uint64(2**64 - 1)) == 2**64 - 1
    assert checked_seed(0) == 0
    for outside in (-1, 2**64):
        with pytest.raises(ValueError, match=r"seed must be 0 to 2\*\*64 - 1"):
            checked_seed(outside)
    for other in (True, 1.0, "1", None):
        with pytest.raises(TypeError, match="seed must be a whole number"):
            checked_seed(other)  # type: ignore[arg-type]
