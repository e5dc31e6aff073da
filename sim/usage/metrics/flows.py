"""People who take a feature up, and people who leave it, a day."""

from sim.usage.metrics.metric import Metric

NEW = Metric(
    "new",
    "people per day",
    "Who took the feature up, a day's mean since the last reading.",
    lambda look: look.new(),
    follows=frozenset({"starters"}),
)
LAPSED = Metric(
    "lapsed",
    "people per day",
    "Who left the feature, a day's mean since the last reading.",
    lambda look: look.lapsed(),
)
