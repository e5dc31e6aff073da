"""The metrics of consumers, in the order of the table `adoption`. A new one: a file and a line."""

from sim.usage.metrics.ever import EVER
from sim.usage.metrics.flows import LAPSED, NEW
from sim.usage.metrics.metric import Metric
from sim.usage.metrics.people import LAPSED_NOW, NEVER, OPTED_OUT, PEOPLE
from sim.usage.metrics.stages import BY_HABIT, NOW_AND_THEN, SECONDARY, TRYING
from sim.usage.metrics.users import DAU, MAU, WAU

__all__ = ["METRICS", "Metric"]

METRICS: tuple[Metric, ...] = (
    MAU, WAU, DAU,
    NEW, LAPSED,
    EVER,
    TRYING, NOW_AND_THEN, BY_HABIT, SECONDARY,
    NEVER, LAPSED_NOW, OPTED_OUT, PEOPLE,
)  # fmt: skip
