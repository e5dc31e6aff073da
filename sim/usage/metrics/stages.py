"""Users by stage of the feature that they use first, and users of a second feature."""

from collections.abc import Callable

from sim.rates.consumer_states import CASUAL, HABITUAL, TRIAL
from sim.usage.metrics.metric import F64, Space, weighed


def in_stage(stage: int) -> Callable[[Space], F64]:
    """1 where a person uses the feature first, in the given stage."""

    def weights(space: Space) -> F64:
        return space.each([s.primary if s.stage == stage else -1 for s in space.states.states])

    return weights


def beside(space: Space) -> F64:
    """1 where a person uses the feature second."""
    return space.each([s.secondary for s in space.states.states])


TRYING = weighed("trial", "people", "Users who try the feature.", in_stage(TRIAL))
NOW_AND_THEN = weighed("casual", "people", "Users of now and then.", in_stage(CASUAL))
BY_HABIT = weighed("habitual", "people", "Users by habit.", in_stage(HABITUAL))
SECONDARY = weighed("secondary", "people", "Users beside another feature.", beside)
