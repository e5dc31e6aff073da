"""Keyed draws of accounts: uniforms of many named entities at once, and what is made of them."""

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import WORTH_COMPILING, KeyedUniforms
from sim.draws.normal import natural_log, normal_quantile
from sim.draws.philox import U64

F64 = NDArray[np.float64]


def uniforms(seed: int, purpose: str, ids: U64, index: int) -> F64:
    """Uniforms in (0, 1) of every entity at one index, in the shape of `ids`.

    Drawn in parts that are too small for the compiler: a run needs few of them in all, and loading
    it takes longer than drawing them.
    """
    flat = ids.ravel()
    parts = [
        KeyedUniforms(seed, purpose, flat[at : at + WORTH_COMPILING - 1]).at(index)
        for at in range(0, flat.size, WORTH_COMPILING - 1)
    ]
    return np.concatenate(parts).reshape(ids.shape) if parts else np.empty(ids.shape)


def exponential(u: F64) -> F64:
    """Exponential of mean 1."""
    return -natural_log(u)


def lognormal(u: F64, spread: F64) -> F64:
    """Lognormal of median 1; `spread` is the standard deviation of its logarithm."""
    drawn: F64 = np.exp(spread * normal_quantile(u))
    return drawn


def gumbel(u: F64) -> F64:
    """Standard Gumbel: the largest of utility plus such noise is a choice by logit."""
    return -natural_log(-natural_log(u))
