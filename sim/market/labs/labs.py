"""Labs, their model tiers and the quality race.

Quality is measured in frontier-months: one month of today's frontier pace is one, so a lag is a
difference of states. With g the lab's own pace, c its community weight, C the developers on it in
millions,

    dQ/dt = g + kappa_c c C^xi + max over sources of s (Q_source - Q)+ + distilled     per month

A source is another lab's tier (its present state of the art, Q - behind, at the spillover of the
tier's level) or weights released in the past, which no later decision can call back. With one
source this is the follower's law whose steady lag is (g_leader - g) / s.

A lab that distils adds min(rate (K - Q)+, most), K being the best version that one of its sources
serves through an API. Its own pace g is its growth, times its effort for quality next to the usual
one, less what research bets take.

A new version takes the place of the one before. Where a tier fades, the old version's API is used
less and less (by exp(-t / api) after t days) and the lab's own products move to the new version in
the mean time `products`; elsewhere both happen at once. Weights that are out stay as they are.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.market.labs.levels import BUILT_ON_FROM, IRREVOCABLE_FROM, ORDER, Level
from sim.units import DAYS_PER_MONTH, DAYS_PER_YEAR

NEVER = float("-inf")
#: A fading version whose use has come down to this share is switched off.
SWITCHED_OFF = 0.1
API_FROM = ORDER.index("api")


@dataclass
class Version:
    """One version of a tier: quality in frontier-months, day of its release, level now.

    `limit` is the most open level that the release schedule may bring it to (None: any), `walking`
    whether it still walks its path, `use` the share of its API's use that is left.
    """

    capability: float
    level: Level
    day: float
    limit: Level | None = None
    walking: bool = True
    use: float = 1.0


class Offer(NamedTuple):
    """What developers can build on: quality, level, share of its use left, day of release."""

    capability: float
    level: Level
    use: float
    released: float


class Fading(NamedTuple):
    """Mean times in days in which a superseded version goes out of use."""

    api: float
    products: float


@dataclass
class Tier:
    """A model tier. Capabilities in frontier-months, prices in USD per million tokens.

    `capability` is that of the latest version (NEVER before the first), `served` the best that
    products may use, `irrevocable` the best whose weights are out: a running maximum.
    """

    name: str
    behind: float
    list_price: float
    level: Level
    capability: float = NEVER
    served: float = NEVER
    irrevocable: float = NEVER
    irrevocable_level: Level | None = None
    released: float = 0.0
    """Day of the latest version."""
    versions: list[Version] = field(default_factory=list)
    """Every version so far, oldest first."""
    standing: Level | None = None
    """The level of new versions, whatever the schedule says."""
    fading: Fading | None = None
    _used: float = NEVER
    _live: list[int] = field(default_factory=list)
    """Superseded versions, by number, that are still in use behind an API or with testers."""

    @property
    def used(self) -> float:
        """Quality that the lab's own products have."""
        return self.served if self.fading is None else self._used

    def ship(self, capability: float, level: Level, day: float) -> None:
        """A new version at a level."""
        if self.fading is not None and self.versions and self.fading.api > 0.0:
            self._live.append(len(self.versions) - 1)
        self.versions.append(Version(capability, level, day, self.standing))
        self.capability = capability
        self.released = day
        self.set_level(level)

    def set_level(self, level: Level) -> None:
        """A new level for the latest version. What was opened before stays open."""
        self.level = level
        if self.versions:
            self._put(self.versions[-1], level)

    def set_level_of(self, number: int, level: Level) -> None:
        """A new level for one version, counted from 0."""
        if number == len(self.versions) - 1:
            self.set_level(level)
        else:
            self._put(self.versions[number], level)

    def _put(self, version: Version, level: Level) -> None:
        version.level = level
        if level.served:
            self.served = max(self.served, version.capability)
            if self._used == NEVER:
                self._used = self.served
        opened = self.irrevocable_level
        if level.irrevocable and (
            version.capability > self.irrevocable
            or (
                version.capability == self.irrevocable
                and (opened is None or level.number > opened.number)
            )
        ):
            self.irrevocable = version.capability
            self.irrevocable_level = level

    def fade(self, days: float) -> None:
        """Let superseded versions go out of use for some days."""
        if self.fading is None:
            return
        if self.served > NEVER:
            self._used = self.served - (self.served - self._used) * _kept(
                days, self.fading.products
            )
        for number in self._live:
            self.versions[number].use *= _kept(days, self.fading.api)
        self._live = [n for n in self._live if self.versions[n].use > SWITCHED_OFF]

    def offers(self) -> Iterator[Offer]:
        """What outsiders may build on: the latest version, fading ones, and weights that are
        out."""
        if self.capability > NEVER and self.level.number >= BUILT_ON_FROM:
            yield Offer(self.capability, self.level, 1.0, self.released)
        if self.irrevocable_level is not None:
            yield Offer(self.irrevocable, self.irrevocable_level, 1.0, self.released)
        yield from self.superseded()

    def superseded(self) -> Sequence[Offer]:
        """Old versions that are still in use, other than by their weights."""
        if not self._live:
            return ()
        versions = (self.versions[number] for number in self._live)
        return [
            Offer(version.capability, version.level, version.use, version.day)
            for version in versions
            if BUILT_ON_FROM <= version.level.number < IRREVOCABLE_FROM
        ]

    def api_price(self, day: float, yearly_fall: float, released: float | None = None) -> float:
        """Price at fixed capability falls by `yearly_fall` times a year from the version's release
        (the latest one's, unless given)."""
        since = day - (self.released if released is None else released)
        return float(self.list_price * yearly_fall ** (-since / DAYS_PER_YEAR))


@dataclass(frozen=True)
class Distilling:
    """A lab's distillation: of which labs (None: all), at a rate per month, by at most so many
    frontier-months per month."""

    of: frozenset[str] | None
    rate: float
    most: float


@dataclass
class Lab:
    """A lab's moving state: quality in frontier-months, growth in frontier-months per month.

    `effort` is its effort for quality next to the usual one of 1, `diverted` the share of own
    growth that research bets take now, `distilled` the quality gained by distillation so far.
    """

    name: str
    quality: float
    growth: float
    tiers: dict[str, Tier] = field(default_factory=dict)
    effort: float = 1.0
    diverted: float = 0.0
    distilling: Distilling | None = None
    distilled: float = 0.0

    @property
    def pace(self) -> float:
        """Own growth in effect, in frontier-months per month."""
        return self.growth * self.effort * (1.0 - self.diverted)

    @property
    def most_open(self) -> Level:
        """The most open level at which anything of the lab is out."""
        best: Level | None = None
        # Weights that are out come before what is served, and the first of equals is taken.
        out = [tier for tier in self.tiers.values() if tier.capability > NEVER]
        for tier in out:
            level = tier.irrevocable_level or tier.level
            if best is None or level.number > best.number:
                best = level
        for tier in out:
            if best is None or tier.level.number > best.number:
                best = tier.level
        for tier in self.tiers.values():
            for offer in tier.superseded():
                if best is None or offer.level.number > best.number:
                    best = offer.level
        return next(iter(self.tiers.values())).level if best is None else best


def lags(labs: dict[str, Lab]) -> dict[str, float]:
    """Frontier-months of each lab behind the best one."""
    best = max(lab.quality for lab in labs.values())
    return {name: best - lab.quality for name, lab in labs.items()}


def advance_quality(
    labs: dict[str, Lab],
    developers_millions: dict[str, float],
    *,
    community_effect: float,
    community_power: float,
    days: float,
) -> None:
    """Move every lab's quality by `days`, all from the state at the start of the step."""
    months = days / DAYS_PER_MONTH
    distilled = {name: _distilled(lab, labs, months) for name, lab in labs.items()}
    given = {name: _given_away(lab) for name, lab in labs.items()}
    gains = {
        name: (
            lab.pace
            + _community(lab, developers_millions.get(name, 0.0), community_effect, community_power)
            + _spillover(name, lab.quality, given)
            + distilled[name]
        )
        * months
        for name, lab in labs.items()
    }
    for name, gain in gains.items():
        labs[name].quality += gain
        labs[name].distilled += distilled[name] * months


def _community(lab: Lab, developers: float, effect: float, power: float) -> float:
    weight = lab.most_open.community
    return effect * weight * developers**power if weight > 0.0 and developers > 0.0 else 0.0


def _given_away(lab: Lab) -> list[tuple[float, float]]:
    """What others may take up of a lab: spillover per month, and the quality it leads up to."""
    given = []
    for tier in lab.tiers.values():
        given.append((tier.level.spillover, lab.quality - tier.behind))
        if tier.irrevocable_level is not None:
            given.append((tier.irrevocable_level.spillover, tier.irrevocable))
        given += [(old.level.spillover * old.use, old.capability) for old in tier.superseded()]
    return given


def _spillover(name: str, own: float, given: Mapping[str, list[tuple[float, float]]]) -> float:
    """Frontier-months per month that a lab of this quality gains by the best that others give."""
    best = 0.0
    for other, parts in given.items():
        if other != name:
            for spillover, quality in parts:
                gain = spillover * (quality - own)
                if gain > best:
                    best = gain
    return best


def _distilled(lab: Lab, labs: dict[str, Lab], months: float) -> float:
    """Frontier-months per month that a lab gains by training on others' answers."""
    how = lab.distilling
    if how is None:
        return 0.0
    teachers = [
        offer.capability
        for other in labs.values()
        if other is not lab and (how.of is None or other.name in how.of)
        for tier in other.tiers.values()
        for offer in tier.offers()
        if API_FROM <= offer.level.number < IRREVOCABLE_FROM
    ]
    gap = max(max(teachers, default=NEVER) - lab.quality, 0.0)
    return min(how.rate * gap, how.most, gap / months)


def _kept(days: float, mean: float) -> float:
    """Share that is left after some days of an exponential fading."""
    return math.exp(-days / mean) if mean > 0.0 else 0.0
