"""Segments, types of people, platforms and their overlaps."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.base import Id, Part, Title
from sim.scenario.frozen import FrozenDict
from sim.scenario.quantity import BySegment, Quantity, Spec, default

__all__ = ["Influence", "Overlap", "PersonType", "Platform", "Segment", "Ties"]


class Segment(Part):
    """People of one region or group."""

    title: Title | None = None
    people: Annotated[Quantity, Spec("segment.people")]
    receptivity: Annotated[Quantity, Spec("segment.receptivity")] = default("segment.receptivity")
    trust: Annotated[Quantity, Spec("segment.trust")] = default("segment.trust")
    regime: str = Field("none", description="Regulatory regime, by name.")


class PersonType(Part):
    """A share of people with the same taste for features and the same stickiness."""

    share: Annotated[Quantity, Spec("type.share")]
    appeal: Annotated[Quantity, Spec("type.appeal")] = default("type.appeal")
    stickiness: Annotated[Quantity, Spec("type.stickiness")] = default("type.stickiness")


class Ties(Part):
    """The contacts of a platform's users. Without a mean degree the platform's kind gives it."""

    mean_degree: Annotated[Quantity, Spec("ties.mean_degree")] | None = None
    distribution: Literal["poisson", "regular", "power-law", "lognormal"] = "poisson"
    clustering: Annotated[Quantity, Spec("ties.clustering")] = default("ties.clustering")


class Platform(Part):
    """A platform; `users` in all, or by segment (a segment not named has none).

    Where `visits`, `visibility` or the mean degree are not given, the parameters `visits.<kind>`,
    `visibility.<kind>` and `ties.<kind>.mean_degree` hold.
    """

    title: Title | None = None
    kind: Id = Field(
        description="messaging, social or photo; another kind must give visits, visibility and "
        "ties.mean_degree."
    )
    users: Annotated[Quantity | FrozenDict[str, Quantity], BySegment("platform.users")]
    visits: Annotated[Quantity | FrozenDict[str, Quantity], BySegment("platform.visits")] | None = (
        None
    )
    visibility: Annotated[Quantity, Spec("platform.visibility")] | None = None
    ties: Ties = Ties()


class Overlap(Part):
    """Two platforms and the people on both.

    Either `platforms` (two of them) with `people`, or `of`, `also` and `share`: that share of the
    users of one also uses the other.
    """

    platforms: tuple[Id, ...] | None = None
    people: Annotated[Quantity, Spec("overlap.people")] | None = None
    of: Id | None = None
    also: Id | None = None
    share: Annotated[Quantity, Spec("overlap.share")] | None = None


class Influence(Part):
    """How uptake depends on the active share among a person's contacts."""

    form: Literal["linear", "saturating", "hill", "threshold"] = "linear"
