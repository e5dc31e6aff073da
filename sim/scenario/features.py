"""Features: where they are placed, how they roll out, what they cost, where they start."""

from typing import Annotated, Literal

from sim.scenario.base import Date, Id, IdsOrAll, Instead, Part, Title
from sim.scenario.frozen import FrozenDict
from sim.scenario.quantity import BySegment, Quantity, Spec, default

__all__ = ["Feature", "FeatureStart", "Placement", "PriceChange", "Ramp", "Standalone", "Wave"]

Surface = Literal["default", "search-bar", "menu", "app"]


class Placement(Part):
    """Where a feature stands on one platform. The surface gives what is not given here."""

    surface: Surface
    strength: Annotated[Quantity, Spec("placement.strength")] | None = None
    integration: Annotated[Quantity, Spec("placement.integration")] | None = None


class Standalone(Part):
    """A feature's life outside platforms: its own app or site."""

    pull: Annotated[Quantity | FrozenDict[str, Quantity], BySegment("standalone.pull")]
    segments: IdsOrAll = "all"
    launch: Annotated[
        Date | None, Instead("leave `launch` out if it was launched by the start")
    ] = None


class Wave(Part):
    """One step of a rollout; `share` counts earlier waves in."""

    date: Annotated[
        Date, Instead("what was rolled out by the start goes in `at_start: {rollout: ...}`")
    ]
    share: Annotated[Quantity, Spec("rollout.share")] = default("rollout.share")
    platforms: IdsOrAll = "all"
    segments: IdsOrAll = "all"
    action: Literal["wave", "pause", "resume"] = "wave"


class Ramp(Part):
    """A rollout by person: a share reaches the same people at every visit, more as it grows.

    `holdout` is the share of people who are never offered the feature, so that its effect can be
    measured against them. Without a ramp a share is a share of everybody's visits.
    """

    holdout: Annotated[Quantity, Spec("ramp.holdout")] = default("ramp.holdout")


class PriceChange(Part):
    """A new price from a date on."""

    date: Annotated[Date, Instead("the price at the start is `price`")]
    price: Annotated[Quantity, Spec("feature.price")]


class FeatureStart(Part):
    """A feature's use on the start date."""

    mau: Annotated[Quantity | FrozenDict[str, Quantity], BySegment("at_start.mau")]
    dau_mau: Annotated[Quantity, Spec("at_start.dau_mau")]
    platforms: FrozenDict[Id, Annotated[Quantity, Spec("at_start.mau")]] | None = None
    rollout: Annotated[Quantity, Spec("at_start.rollout")] = default("at_start.rollout")
    ever: Annotated[Quantity, Spec("at_start.ever")] | None = None


class Feature(Part):
    """A feature that people use, run by one tier of one lab's models.

    Without a `rollout` it is everywhere from the start; with one, nowhere before its first wave
    unless `at_start` says so.
    """

    title: Title | None = None
    lab: Id
    tier: Id
    placements: FrozenDict[Id, Placement] = FrozenDict()
    standalone: Standalone | None = None
    rollout: tuple[Wave, ...] | None = None
    ramp: Ramp | None = None
    price: Annotated[Quantity, Spec("feature.price")] = default("feature.price")
    prices: tuple[PriceChange, ...] = ()
    latency: Annotated[Quantity, Spec("feature.latency")] = default("feature.latency")
    acceptance: Annotated[Quantity, Spec("feature.acceptance")] | None = None
    at_start: FeatureStart | None = None
