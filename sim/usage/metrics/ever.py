"""People who ever used a feature."""

from sim.usage.metrics.metric import Metric

EVER = Metric(
    "ever",
    "people",
    "Who ever used the feature: exact for all together, an estimate for one.",
    lambda look: look.ever(),
    follows=frozenset({"ever"}),
)
