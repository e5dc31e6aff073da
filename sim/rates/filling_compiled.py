"""Compiled twins of filling the block of hazards, for numba: see `sim.rates.filling`. Equal bit for
bit: same arithmetic in the same order."""

import numpy as np
from numpy.typing import NDArray

from sim.kernels import compile_kernel
from sim.rates.hazard_rows import Rates, Rows

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@compile_kernel
def exposure(external: F64, visible: F64, influence: F64, segment: I64) -> F64:
    """See `sim.rates.filling`."""
    features, platforms, classes = visible.shape
    total, peer = np.empty((features, classes)), np.empty(classes)
    for j in range(features):
        peer[:] = 0.0
        for p in range(platforms):
            for c in range(classes):
                peer[c] += visible[j, p, c] * influence[j, p, segment[c]]
        for c in range(classes):
            total[j, c] = external[j, c] + peer[c]
    return total


@compile_kernel
def exponents(utility: F64, default: F64, trust: F64, of_all: F64, rates: Rates) -> F64:
    """See `sim.rates.filling`."""
    features, classes = utility.shape
    found = np.empty((4 * features + 1, classes))
    highest = np.full(classes, -np.inf)
    for j in range(features):
        for c in range(classes):
            value = utility[j, c]
            level = value + rates.delta * default[j, c]
            found[j, c] = rates.threshold - value
            found[features + j, c] = -rates.kappa * (value - rates.reference)
            found[2 * features + j, c] = level
            highest[c] = max(highest[c], level)
            found[3 * features + j, c] = rates.trust * (1.0 - trust[j, c])
    for j in range(2 * features, 3 * features):
        for c in range(classes):
            found[j, c] -= highest[c]
    for c in range(classes):
        found[4 * features, c] = rates.trust * (1.0 - of_all[c])
    return found


@compile_kernel
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
    """See `sim.rates.filling`."""
    features, classes = accept.shape
    weight, away = np.empty((features, classes)), np.empty((features, classes))
    total = np.zeros(classes)
    for j in range(features):
        given, value = not np.isnan(fixed[j]), fixed[j]
        for c in range(classes):
            had = available[j, c]
            there = 1.0 if had > 0.0 else 0.0
            take = value if given else 1.0 / (1.0 + power[j, c])
            take = take * there
            adopting = exposure[j, c] * take
            accept[j, c] = take
            block[rows.uptake + j, c] = adopting * receptivity[c]
            block[rows.returning + j, c] = base[j] * had * take + rates.rho1 * adopting
            block[rows.progress + 2 * j, c] = rates.progress[0] * take
            block[rows.progress + 2 * j + 1, c] = rates.progress[1] * take
            keen = power[features + j, c] * (acute[j, c] / stickiness[c])
            gone = rates.withdrawal * (1.0 - there)
            block[rows.lapse + 3 * j, c] = rates.churn[0] * keen + gone
            block[rows.lapse + 3 * j + 1, c] = rates.churn[1] * keen + gone
            block[rows.lapse + 3 * j + 2, c] = rates.churn[2] * keen + gone
            block[rows.add + j, c] = rates.mu * adopting
            weight[j, c] = power[2 * features + j, c] * there
            away[j, c] = weight[j, c] * had * rates.kept
            total[c] += away[j, c]
    for j in range(features):
        for k in range(features):
            row = rows.switch + features * j + k
            for c in range(classes):
                stay = weight[j, c] + (total[c] - away[j, c])
                chosen = away[k, c] / stay if stay > 0.0 else 0.0
                block[row, c] = reconsider[j, c] * chosen
    if features == 1:
        block[rows.switch] = 0.0
    for j in range(features + 1):
        for c in range(classes):
            block[rows.opt_out + j, c] = power[3 * features + j, c] * rates.opt_out
    block[rows.decay] = rates.decay
    block[rows.drop] = rates.drop
