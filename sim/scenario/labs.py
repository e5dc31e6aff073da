"""Labs, their model tiers, releases and policies; developers."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.base import Date, Id, IdsOrAll, Part, Title
from sim.scenario.frozen import FrozenDict
from sim.scenario.quantity import MetricSpec, Quantity, Spec, default

__all__ = [
    "Developers",
    "DevelopersStart",
    "Lab",
    "Level",
    "Model",
    "Policy",
    "Release",
    "Review",
    "Rule",
    "Then",
    "When",
]

Level = Literal["closed", "staged", "hosted", "api", "finetune-api", "weights", "open"]


class Release(Part):
    """A release of a tier at a level; with `every`, again and again (up to and with `until`)."""

    date: Date
    level: Level
    every: Annotated[Quantity, Spec("release.every")] | None = None
    until: Date | None = None
    new_version: bool = Field(
        True, strict=True, description="false: the level changes, the model stays the same."
    )


class Model(Part):
    """A tier of a lab's models. `level` and `api_price` hold on the start date."""

    title: Title | None = None
    behind: Annotated[Quantity, Spec("model.behind")] = default("model.behind")
    level: Level = "closed"
    api_price: Annotated[Quantity, Spec("model.api_price")] = default("model.api_price")
    releases: tuple[Release, ...] = ()


class Review(Part):
    """The dates at which a policy's rules are looked at: from `from` (or the start), every ..."""

    every: Annotated[Quantity, Spec("review.every")]
    from_: Date | None = Field(None, alias="from")


class When(Part):
    """The condition of a rule. `of` names a lab; without it, the lab whose policy it is."""

    metric: Literal["lag", "quality", "mau", "share", "developer_share", "hhi"]
    of: Id | None = None
    op: Literal[">", ">=", "<", "<="]
    value: Annotated[Quantity, MetricSpec("rule", "metric")]


class Then(Part):
    """What a rule does: the tier goes to the level."""

    tier: Id
    level: Level


class Rule(Part):
    """When the condition holds at a review, the tier changes its level; `once`: only once."""

    when: When
    then: Then
    once: bool = Field(True, strict=True)


class Policy(Part):
    """Rules, evaluated at dated reviews."""

    review: Review
    rules: tuple[Rule, ...]


class Lab(Part):
    """A lab. `uses_open` says whose open models feed it."""

    title: Title | None = None
    quality: Annotated[Quantity, Spec("lab.quality")]
    growth: Annotated[Quantity, Spec("lab.growth")] = default("lab.growth")
    uses_open: IdsOrAll = "all"
    models: FrozenDict[Id, Model]
    policy: Policy | None = None


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


class Developers(Part):
    """The developers who could build on models."""

    people: Annotated[Quantity, Spec("developers.people")]
    at_start: DevelopersStart | None = None
