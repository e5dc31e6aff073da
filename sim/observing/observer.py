"""What an observer of a run is: it looks, and changes nothing.

With any observers and without, a run takes the same course, bit for bit. So an observer may be left
out where nobody asks for what it sees, and most of the time of a run can be saved with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from sim.engines.population import Population
from sim.market.actor import Row
from sim.market.market import Market
from sim.people.world import World
from sim.rates.consumer_states import ConsumerStates
from sim.rates.consumers import ConsumerHazards
from sim.record.plan import Plan
from sim.scenario import Scenario
from sim.usage.meter import UsageMeter


@dataclass(frozen=True)
class View:
    """What there is to look at in a run. `parameters` are those of the day."""

    scenario: Scenario
    world: World
    states: ConsumerStates
    market: Market
    hazards: ConsumerHazards
    consumers: Population
    meter: UsageMeter
    parameters: Mapping[str, float]

    @property
    def people(self) -> NDArray[Any]:
        """Consumers by state and class, (states, classes)."""
        return self.consumers.people

    @property
    def dt(self) -> float:
        """Days of a tick."""
        return float(self.scenario.tick)


@dataclass(frozen=True)
class Tick:
    """One tick that has just been played: people (states, classes) as it began on `day`, and flows
    (transitions, classes)."""

    day: float
    before: NDArray[Any]
    flows: NDArray[Any]


class Observer:
    """Looks at a run. Whatever it does not override sees nothing.

    `state` is a dataclass of plain values and arrays that holds all that it has seen and will need;
    it is written into checkpoints. None where an observer only ever looks at the present.
    """

    name: ClassVar[str] = ""
    """Names it among the observers of a run."""
    gives: ClassVar[tuple[str, ...]] = ()
    """The metrics of its rows; none named where they are those of whatever there is."""
    state: Any = None

    def __init__(self, view: View) -> None:
        """To be overridden: an observer keeps of the view what it looks at."""

    @classmethod
    def of(cls, view: View, plan: Plan) -> "Observer | None":
        """The observer of a run; None where the plan does not ask for what it sees."""
        asked = plan.market is None or not cls.gives or bool(set(cls.gives) & set(plan.market))
        return cls(view) if asked else None

    @property
    def bytes(self) -> int:
        """Memory that it takes for people simulated one by one."""
        return 0

    def follow(self, tick: Tick) -> None:
        """Take in a tick."""

    def look(self, day: float, *, last: bool) -> None:
        """Take in a whole day, after its events and before people move."""

    def rows(self, day: float) -> Iterable[Row]:
        """Rows for the market table on a day that is recorded: the same entities and metrics every
        time."""
        return ()

    def moving(self) -> Mapping[str, NDArray[Any]]:
        """Arrays that move beside `state`, one or more for each person simulated: written where
        they are and not copied."""
        return {}

    def resume(self, moving: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what was `moving` in an observer of the same run."""

    def tables(self) -> Mapping[str, Any]:
        """Further tables (pyarrow) by name, of what was seen so far."""
        return {}
