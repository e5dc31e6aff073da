"""Counts of people, users or not; they have the row of all features alone."""

import numpy as np

from sim.usage.metrics.metric import F64, Look, Metric, Space


def counts(space: Space) -> F64:
    """(4, S) who never used anything, lapsed from all they used, opted out, and everybody."""
    states = space.states
    weights = np.zeros((4, len(states)))
    weights[0, states.never] = 1.0
    weights[1, [s.lapsed_from >= 0 for s in states.states]] = 1.0
    weights[2, states.opted_out] = 1.0
    weights[3] = 1.0
    return weights


def everybody(look: Look) -> F64:
    """(groups,)"""
    return np.asarray(look.weigh(counts)[3])


def _count(name: str, meaning: str, row: int) -> Metric:
    return Metric(
        name, "people", meaning, lambda look: look.weigh(counts)[row], (counts,), of_people=True
    )


NEVER = _count("never", "Who never used anything.", 0)
LAPSED_NOW = _count("lapsed_now", "Who used something and use nothing now.", 1)
OPTED_OUT = _count("opted_out", "Who have opted out for good.", 2)
PEOPLE = _count("people", "Everybody.", 3)
