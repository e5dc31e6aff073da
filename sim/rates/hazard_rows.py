"""The distinct hazards of consumers: where each stands in their block, and the numbers that all
people share."""

from typing import NamedTuple

import numpy as np

from sim.rates.consumer_states import STAGES, Move


class Rows(NamedTuple):
    """Where each kind of hazard stands in the block of distinct rows."""

    features: int
    uptake: int
    returning: int
    progress: int
    lapse: int
    switch: int
    add: int
    opt_out: int
    decay: int
    drop: int
    total: int

    @classmethod
    def of(cls, features: int) -> "Rows":
        """For so many features."""
        j = features
        sizes = (j, j, 2 * j, len(STAGES) * j, j * j, j, j + 1, 1, 1)
        starts = np.cumsum([0, *sizes]).tolist()
        return cls(features, *starts)

    def row(self, step_move: Move, j: int, k: int, stage: int) -> int:
        """Row of one transition; opting out of no feature in particular is the last of its rows."""
        match step_move:
            case Move.UPTAKE:
                return self.uptake + k
            case Move.RETURN:
                return self.returning + k
            case Move.PROGRESS:
                return self.progress + 2 * j + stage
            case Move.LAPSE:
                return self.lapse + len(STAGES) * j + stage
            case Move.SWITCH:
                return self.switch + self.features * j + k
            case Move.ADD:
                return self.add + k
            case Move.OPT_OUT:
                return self.opt_out + (j if j >= 0 else self.features)
            case Move.DECAY:
                return self.decay
            case Move.DROP:
                return self.drop


class Rates(NamedTuple):
    """Numbers that all people share."""

    threshold: float
    kappa: float
    reference: float
    delta: float
    trust: float
    rho1: float
    progress: tuple[float, float]
    churn: tuple[float, float, float]
    withdrawal: float
    kept: float
    """exp(-sigma): the weight of an alternative beside staying."""
    mu: float
    opt_out: float
    decay: float
    drop: float
