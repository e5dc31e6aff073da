"""Labs, their model tiers and what they do for quality."""

from typing import Annotated

from pydantic import Tag

from sim.scenario.base import ONE_OR_EACH, Id, IdsOrAll, Part, Title
from sim.scenario.frozen import FrozenDict
from sim.scenario.policy import Policy, Review, Rule, Then, When
from sim.scenario.quantity import EACH, ONE, Quantity, Spec, default
from sim.scenario.releases import Level, Release, StagedPath, Substitution, Turn
from sim.scenario.research import Distillation, Investment, Research

__all__ = [
    "Distillation",
    "Investment",
    "Lab",
    "Level",
    "Model",
    "Policy",
    "Release",
    "Research",
    "Review",
    "Rule",
    "StagedPath",
    "Substitution",
    "Then",
    "Turn",
    "When",
]


class Model(Part):
    """A tier of a lab's models. `level` and `api_price` hold on the start date.

    With `substitution` (or a release with a `path`) an old version fades when a new one ships;
    without, it is gone at once. Weights that are out stay in any case.
    """

    title: Title | None = None
    behind: Annotated[Quantity, Spec("model.behind")] = default("model.behind")
    level: Level = "closed"
    api_price: Annotated[Quantity, Spec("model.api_price")] = default("model.api_price")
    releases: tuple[Release, ...] = ()
    turn: Turn | None = None
    substitution: Substitution | None = None


class Lab(Part):
    """A lab. `uses_open` says whose open models feed it."""

    title: Title | None = None
    quality: Annotated[Quantity, Spec("lab.quality")]
    growth: Annotated[Quantity, Spec("lab.growth")] = default("lab.growth")
    uses_open: IdsOrAll = "all"
    models: FrozenDict[Id, Model]
    policy: Policy | None = None
    investment: Investment | None = None
    research: (
        Annotated[
            Annotated[Research, Tag(ONE)] | Annotated[tuple[Research, ...], Tag(EACH)], ONE_OR_EACH
        ]
        | None
    ) = None
    distillation: Distillation | None = None

    @property
    def bets(self) -> tuple[Research, ...]:
        """The research bets, in the order of the file."""
        if self.research is None:
            return ()
        return self.research if isinstance(self.research, tuple) else (self.research,)
