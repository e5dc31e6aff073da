"""The block of distinct hazards of the consumers, from utilities and exposure: formulas in
`sim.rates.consumers`.

Exponentials stand between the two steps, all in one array: they are numpy's, since those of
compiled code may differ in the last digit.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compiler
from sim.rates.hazard_rows import Rates, Rows

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class Kernels(NamedTuple):
    """See below."""

    exponents: Callable[..., Any]
    fill: Callable[..., Any]
    exposure: Callable[..., Any]


def clear_kernels() -> Kernels:
    """In numpy: the oracle."""
    return Kernels(exponents, fill, exposure)


def fastest_kernels() -> Kernels:
    """Compiled, or clear where there is no compiler. Same numbers."""
    if not compiler():
        return clear_kernels()
    from sim.rates import filling_compiled as compiled

    return Kernels(compiled.exponents, compiled.fill, compiled.exposure)


def exposure(external: F64, visible: F64, influence: F64, segment: I64) -> F64:
    """Exposure of people (J, C): external, and what they see of others, visible (J, P, C) times
    influence (J, P, G)."""
    peer: F64 = np.einsum("jpc,jpc->jc", visible, influence[:, :, segment])
    return external + peer


def exponents(utility: F64, default: F64, trust: F64, of_all: F64, rates: Rates) -> F64:
    """What is to be raised to a power of e, (4 J + 1, C): for acceptance, churn and switching of
    each feature, and for opting out of each and of none.

    utility, default surfaces and trust (J, C); trust in all features together (C,).
    """
    level = utility + rates.delta * default
    return np.concatenate(
        [
            rates.threshold - utility,
            -rates.kappa * (utility - rates.reference),
            level - level.max(axis=0, initial=-np.inf),
            rates.trust * (1.0 - trust),
            rates.trust * (1.0 - of_all[None]),
        ]
    )


def fill(
    block: F64,
    accept: F64,
    power: F64,
    rows: Rows,
    rates: Rates,
    exposure: F64,
    available: F64,
    reconsider: F64,
    acute: F64,
    base: F64,
    fixed: F64,
    receptivity: F64,
    stickiness: F64,
) -> None:
    """Fill the block (rows, C) and acceptance (J, C).

    `power` is e to the exponents. exposure, availability, hazard of reconsidering and acute churn
    (J, C); `base` (J,) hazard of returning by oneself, `fixed` (J,) acceptance or NaN; receptivity
    and stickiness (C,).
    """
    features = len(accept)
    raised = power[: 3 * features].reshape(3, features, -1)
    given = ~np.isnan(fixed)
    accept[:] = 1.0 / (1.0 + raised[0])
    accept[given] = fixed[given, None]
    accept *= available > 0.0
    adopting = exposure * accept
    block[rows.uptake : rows.uptake + features] = adopting * receptivity
    block[rows.returning : rows.returning + features] = (
        base[:, None] * available * accept + rates.rho1 * adopting
    )
    for stage, progress in enumerate(rates.progress):
        block[rows.progress + stage : rows.progress + 2 * features : 2] = progress * accept
    keen = raised[1] * (acute / stickiness)
    gone = rates.withdrawal * (available <= 0.0)
    for stage, churn in enumerate(rates.churn):
        block[rows.lapse + stage : rows.lapse + 3 * features : 3] = churn * keen + gone
    switch = _switching(raised[2], available, reconsider, rates)
    block[rows.switch : rows.switch + features * features] = switch
    block[rows.add : rows.add + features] = rates.mu * adopting
    block[rows.opt_out : rows.opt_out + features + 1] = power[3 * features :] * rates.opt_out
    block[rows.decay] = rates.decay
    block[rows.drop] = rates.drop


def _switching(raised: F64, available: F64, reconsider: F64, rates: Rates) -> F64:
    """omega P(k | j): at a reconsideration the person weighs staying against every feature to
    be had, (J J, C)."""
    features, classes = raised.shape
    if features < 2:
        return np.zeros((features * features, classes))
    weight = raised * (available > 0.0)
    away = weight * available * rates.kept
    total = away.sum(axis=0)
    stay = weight + (total - away)
    with np.errstate(invalid="ignore", divide="ignore"):
        chosen = np.where(stay[:, None] > 0.0, away[None] / stay[:, None], 0.0)
    switch = reconsider[:, None] * chosen
    return switch.reshape(features * features, classes)
