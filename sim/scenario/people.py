"""Segments, types of people, platforms and their overlaps."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.scenario.base import DUPLICATES, SELF_TIES, Id, Part, RefuseOrDrop, Title
from sim.scenario.frozen import FrozenDict
from sim.scenario.quantity import BySegment, Quantity, Spec, default
from sim.ties.networks import KINDS

__all__ = ["Influence", "Overlap", "PersonType", "Platform", "Segment", "Ties"]


if TYPE_CHECKING:
    Network = str
else:
    Network = Literal["none", *(kind.name for kind in KINDS)]


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
    """The contacts of a platform's users. Without a mean degree the platform's kind gives it.

    Without a `network` contacts are a representative draw of the platform's users, which every
    engine can do. With one the `agents` engine knows who is tied to whom; other engines mix well.
    """

    mean_degree: Annotated[Quantity, Spec("ties.mean_degree")] | None = None
    network: Network = Field(
        "none",
        description=f"{', '.join(f'{kind.name} ({kind.about})' for kind in KINDS)}, or none.",
    )
    distribution: Literal["poisson", "regular", "power-law", "lognormal"] = "poisson"
    median_share: Annotated[Quantity, Spec("ties.median_share")] = default("ties.median_share")
    exponent: Annotated[Quantity, Spec("ties.exponent")] = default("ties.exponent")
    largest_degree: Annotated[Quantity, Spec("ties.largest_degree")] = default(
        "ties.largest_degree"
    )
    clustering: Annotated[Quantity, Spec("ties.clustering")] = default("ties.clustering")
    file: str | None = Field(
        None, description="Edge list (CSV, Parquet or GraphML), for network: file."
    )
    self_ties: RefuseOrDrop = Field("refuse", description=SELF_TIES)
    duplicates: RefuseOrDrop = Field("refuse", description=DUPLICATES)


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
    ties: Ties = Field(default_factory=lambda: Ties.model_validate({}))


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
    """How uptake depends on the contacts of a person who are active.

    `of: share` looks at their share among the person's own contacts; `of: number` at how many they
    are, so that people with many contacts are reached sooner, with the same effect on average.
    `count: groups` counts unconnected groups among the active contacts (structural diversity) and
    not the contacts; for stored networks of at most 100,000 people.
    """

    form: Literal["linear", "saturating", "hill", "threshold"] = "linear"
    of: Literal["share", "number"] = "share"
    count: Literal["contacts", "groups"] = "contacts"
