"""The core of a scenario: what every scenario has and every section may refer to."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.base import ANY_TIME, Date, Id, Part, Title
from sim.scenario.features import Feature
from sim.scenario.frozen import FrozenDict
from sim.scenario.labs import Lab
from sim.scenario.people import Influence, Overlap, PersonType, Platform, Segment
from sim.scenario.quantity import Quantity, Spec, default
from sim.scenario.sampling import EVERYBODY, People

__all__ = ["Core"]


class Core(Part):
    """Time, people, platforms, features and labs."""

    name: Id
    title: Title | None = None
    question: Title | None = None
    start: Annotated[Date, ANY_TIME]
    duration: Annotated[Quantity, Spec("scenario.duration")]
    tick: Annotated[Quantity, Spec("scenario.tick")] = default("scenario.tick")
    seed: int = Field(1, strict=True, ge=0, lt=2**64)
    engine: Literal["expected", "cohorts", "agents"] = "cohorts"
    people: People = Field(
        EVERYBODY,
        description="Who is simulated: all, sample 1 : 1000, or a number of people. Each simulated "
        "person stands for as many as it takes to make up its class.",
    )
    segments: FrozenDict[Id, Segment]
    types: FrozenDict[Id, PersonType] = Field(
        default_factory=lambda: FrozenDict(everyone=PersonType.model_validate({"share": 1}))
    )
    platforms: FrozenDict[Id, Platform] = FrozenDict()
    overlaps: tuple[Overlap, ...] = ()
    influence: Influence = Influence()
    features: FrozenDict[Id, Feature]
    labs: FrozenDict[Id, Lab]

    @property
    def days(self) -> float:
        """The simulated time in days."""
        return float(self.duration)

    @property
    def end(self) -> date:
        """The date on which the simulated time ends (the last whole day reached)."""
        return self.start + timedelta(days=self.days)
