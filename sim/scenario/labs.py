"""Labs, their model tiers and what they do for quality; developers."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from sim.scenario.base import (
    DUPLICATES,
    ONE_OR_EACH,
    SELF_TIES,
    Id,
    IdsOrAll,
    Part,
    RefuseOrDrop,
    Title,
)
from sim.scenario.frozen import FrozenDict
from sim.scenario.policy import Policy, Review, Rule, Then, When
from sim.scenario.quantity import EACH, ONE, Quantity, Spec, default
from sim.scenario.releases import Level, Release, StagedPath, Substitution, Turn
from sim.scenario.research import Distillation, Investment, Research

__all__ = [
    "DeveloperTies",
    "Developers",
    "DevelopersStart",
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


class DevelopersStart(Part):
    """What developers build on at the start; the families' shares add up to 100 % of builders.

    Without `apps` they start where entry and exit balance; without `derivatives` there are none.
    """

    building: Annotated[Quantity, Spec("developers.building")]
    families: FrozenDict[Id, Annotated[Quantity, Spec("developers.family")]] = FrozenDict()
    multi_home: Annotated[Quantity, Spec("developers.multi_home")] = default(
        "developers.multi_home"
    )
    apps: FrozenDict[Id, Annotated[Quantity, Spec("developers.apps")]] | None = None
    derivatives: FrozenDict[Id, Annotated[Quantity, Spec("developers.derivatives")]] | None = None


class DeveloperTies(Part):
    """Who follows whom among developers: they start building because those they follow build.

    The `agents` engine simulates up to `simulated` developers one by one, or everybody in `file`;
    each stands for as many as make up all. Other engines mix well: everybody follows everybody.
    """

    network: Literal["none", "followers", "file"] = Field(
        "followers",
        description="followers (everybody follows about `mean_degree` others, and followers are "
        "spread by a power law), file, or none.",
    )
    mean_degree: Annotated[Quantity, Spec("developers.ties.mean_degree")] = default(
        "developers.ties.mean_degree"
    )
    exponent: Annotated[Quantity, Spec("developers.ties.exponent")] = default(
        "developers.ties.exponent"
    )
    largest_degree: Annotated[Quantity, Spec("developers.ties.largest_degree")] = default(
        "developers.ties.largest_degree"
    )
    simulated: Annotated[Quantity, Spec("developers.ties.simulated")] = default(
        "developers.ties.simulated"
    )
    file: str | None = Field(
        None,
        description="Edge list (CSV or Parquet with columns `follower` and `followed`, or GraphML "
        "with edges from the followed), for network: file.",
    )
    mutual: bool = Field(
        False,
        strict=True,
        description="Whether those in a tie of `file` follow each other, so that any two columns "
        "will do.",
    )
    self_ties: RefuseOrDrop = Field("refuse", description=SELF_TIES)
    duplicates: RefuseOrDrop = Field("refuse", description=DUPLICATES)


class Developers(Part):
    """The developers who could build on models; with `ties`, because those they follow do."""

    people: Annotated[Quantity, Spec("developers.people")]
    at_start: DevelopersStart | None = None
    ties: DeveloperTies | None = None
