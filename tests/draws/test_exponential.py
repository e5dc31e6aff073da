"""exp(x) that rounds alike everywhere, against exact decimals and its compiled twin."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from sim.draws.exponential import LN2_HIGH, LN2_LOW, LOG2_E, LOWEST, SERIES, exponential

RANDOM = np.random.default_rng(1)
POINTS = np.concatenate(
    [
        RANDOM.uniform(-700.0, 700.0, 1500),
        RANDOM.uniform(-2.0, 2.0, 1500),
        10.0 ** RANDOM.uniform(-300.0, 0.0, 300),
        -(10.0 ** RANDOM.uniform(-300.0, 0.0, 300)),
        # Halfway between two multiples of ln 2, where the series is longest.
        (np.arange(-900, 900) + 0.5) * math.log(2.0) * (1.0 + 1e-15),
        (np.arange(-900, 900) + 0.5) * math.log(2.0) * (1.0 - 1e-15),
        [0.0, -0.0, 1.0, -1.0, LOWEST, 5e-324],
    ]
)


def exact(x):
    with localcontext() as context:
        context.prec = 40
        return Decimal(float(x)).exp()


def test_relative_error_is_below_4e_16():
    value = exponential(POINTS)
    worst = max(
        abs(Decimal(float(v)) / exact(x) - 1) for x, v in zip(POINTS[::3], value[::3], strict=True)
    )
    assert worst < 4e-16


def test_known_values():
    assert exponential(np.array([0.0, -0.0])).tolist() == [1.0, 1.0]
    assert exponential(np.array([1.0, -1.0])) == pytest.approx([math.e, 1 / math.e], rel=3e-16)
    assert exponential(np.array([-700.1, -1e308, -np.inf])).tolist() == [0.0, 0.0, 0.0]
    assert exponential(np.array([[1e-300, 5e-324]])).tolist() == [[1.0, 1.0]]
    assert exponential(np.array(LOWEST)) > 0.0


def test_it_never_falls_and_never_exceeds_one_below_zero():
    """What keeps 1 - exp(-x) a share."""
    x = np.sort(-np.abs(np.concatenate([POINTS, -np.linspace(0.0, 3.0, 20_001)])))
    value = exponential(x)
    assert value.max() == 1.0
    assert value.min() >= 0.0
    # Neighbours may differ by rounding alone.
    assert (np.diff(value) >= -2.0 * np.spacing(value[1:])).all()


def test_constants_are_what_they_are_called():
    with localcontext() as context:
        context.prec = 40
        assert abs(Decimal(LN2_HIGH) + Decimal(LN2_LOW) - Decimal(2).ln()) < Decimal("2e-26")
        assert abs(Decimal(LOG2_E) * Decimal(2).ln() - 1) < Decimal("1e-16")
    assert [c * math.factorial(13 - i) for i, c in enumerate(SERIES)] == pytest.approx([1.0] * 14)
    # 33 bits leave room for k of up to 20 bits.
    mantissa, _ = math.frexp(LN2_HIGH)
    assert (mantissa * 2.0**33).is_integer()


def test_the_compiled_twin_gives_the_same_bits():
    compiled = pytest.importorskip("sim.draws.compiled")
    clear = exponential(POINTS)
    twin = np.array([compiled.exponential(float(x)) for x in POINTS])
    assert clear.tobytes() == twin.tobytes()
    assert compiled.exponential(-701.0) == exponential(np.array(-701.0)) == 0.0
