"""Releases: levels, dated versions, the staged path a version walks, what becomes of the old."""

from typing import Annotated, Literal

from pydantic import Field

from sim.parameters.record import Parameter as P
from sim.parameters.registry import declare
from sim.scenario.base import ANY_TIME, Date, Instead, Part
from sim.scenario.quantity import Quantity, Spec, default

__all__ = ["Level", "Release", "StagedPath", "Substitution", "Turn"]

declare(
    P("path.lag", "days", 91.3125, 1.0, 3652.5, "S",
      "published staged releases: about 3 months between stages",
      "Time between two stages of a staged release."),
    P("substitution.api", "days", 180.0, 0.0, 3652.5, "A",
      "modelling assumption, to be swept; interfaces are withdrawn some months after notice",
      "Mean time in which the API of a superseded version goes out of use."),
    P("substitution.products", "days", 14.0, 0.0, 3652.5, "A", "modelling assumption, to be swept",
      "Mean time in which the lab's own products move to a new version."),
)  # fmt: skip

_LEVEL_AT_START = Instead("the level at the start is the tier's `level`")

Level = Literal["closed", "staged", "hosted", "api", "finetune-api", "weights", "open"]


class StagedPath(Part):
    """Levels that a version takes one after the other, with a lag between each two.

    `lags` gives each lag by itself, one fewer than there are levels.
    """

    levels: tuple[Level, ...]
    lag: Annotated[Quantity, Spec("path.lag")] = default("path.lag")
    lags: tuple[Annotated[Quantity, Spec("path.lag")], ...] | None = None

    @property
    def steps(self) -> tuple[tuple[float, Level], ...]:
        """(days after the release, level) of every stage, the first at 0."""
        lags = self.lags or (self.lag,) * (len(self.levels) - 1)
        days = [float(sum(lags[:n])) for n in range(len(self.levels))]
        return tuple(zip(days, self.levels, strict=True))


class Release(Part):
    """A release of a tier at a level; with `every`, again and again (up to and with `until`).

    With a `path` in place of the level each new version walks it. `opens_previous` is the level
    that the version before goes to when a new one ships.
    """

    date: Annotated[Date, _LEVEL_AT_START]
    level: Level | None = None
    path: StagedPath | None = None
    every: Annotated[Quantity, Spec("release.every")] | None = None
    until: Annotated[Date | None, ANY_TIME] = None
    new_version: bool = Field(
        True, strict=True, description="false: the level changes, the model stays the same."
    )
    opens_previous: Level | None = None

    @property
    def steps(self) -> tuple[tuple[float, Level], ...]:
        """(days after the release, level): the path's stages, or the one level."""
        if self.path is not None:
            return self.path.steps
        assert self.level is not None, "checked when the scenario was loaded"
        return ((0.0, self.level),)


class Turn(Part):
    """From the date on, new versions are released at the level, whatever `releases` says.

    What is out already stays as it is.
    """

    date: Annotated[Date, _LEVEL_AT_START]
    level: Level


class Substitution(Part):
    """How a new version takes the place of the one before: mean times of an exponential fading.

    `api`: the old version's API goes out of use. `products`: the lab's own products move over.
    """

    api: Annotated[Quantity, Spec("substitution.api")] = default("substitution.api")
    products: Annotated[Quantity, Spec("substitution.products")] = default("substitution.products")
