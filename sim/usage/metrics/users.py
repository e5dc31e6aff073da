"""Users of a month, a week and a day.

The first two count those who left within the window too, and nobody twice over.
"""

import numpy as np

from sim.usage.metrics.metric import F64, Look, Metric, Space, weighed
from sim.usage.metrics.people import counts, everybody


def in_month(space: Space) -> F64:
    """Chance to use a feature within a month."""
    return np.asarray(1.0 - (1.0 - space.activity) ** space.month)


def in_week(space: Space) -> F64:
    """Chance to use a feature within a week."""
    return np.asarray(1.0 - (1.0 - space.activity) ** space.week)


def on_day(space: Space) -> F64:
    """Chance to use a feature on a day."""
    return space.activity


def _monthly(look: Look) -> F64:
    users = look.add_leavers(look.weigh(in_month), look.space.month)
    return np.asarray(np.minimum(users, everybody(look)))


def _weekly(look: Look) -> F64:
    users = look.add_leavers(look.weigh(in_week), look.space.week)
    return np.asarray(np.minimum(users, everybody(look)))


MAU = Metric("mau", "people", "Users of the last month, of 28 days.", _monthly, (in_month, counts))
WAU = Metric("wau", "people", "Users of the last week.", _weekly, (in_week, counts))
DAU = weighed("dau", "people", "Users of the day.", on_day)
