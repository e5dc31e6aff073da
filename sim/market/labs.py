"""Labs, their model tiers and the quality race.

Quality is measured in frontier-months: one month of today's frontier pace is one, so a lag is a
difference of states. With g the lab's own pace, c its community weight, C the developers on it in
millions,

    dQ/dt = g + kappa_c c C^xi + max over sources of s (Q_source - Q)+         per month

A source is another lab's tier (its present state of the art, Q - behind, at the spillover of the
tier's level) or weights released in the past, which no later decision can call back. With one
source this is the follower's law whose steady lag is (g_leader - g) / s.
"""

from dataclasses import dataclass, field

from sim.market.levels import Level

DAYS_A_MONTH = 30.4375
DAYS_A_YEAR = 365.25
NEVER = float("-inf")


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

    def ship(self, capability: float, level: Level, day: float) -> None:
        """A new version at a level."""
        self.capability = capability
        self.released = day
        self.set_level(level)

    def set_level(self, level: Level) -> None:
        """A new level for the latest version. What was opened before stays open."""
        self.level = level
        if level.served:
            self.served = max(self.served, self.capability)
        if level.irrevocable and self.capability > self.irrevocable:
            self.irrevocable = self.capability
            self.irrevocable_level = level

    def api_price(self, day: float, yearly_fall: float) -> float:
        """Price at fixed capability falls by `yearly_fall` times a year from the version's
        release."""
        return float(self.list_price * yearly_fall ** (-(day - self.released) / DAYS_A_YEAR))


@dataclass
class Lab:
    """A lab's moving state: quality in frontier-months, growth in frontier-months per month."""

    name: str
    quality: float
    growth: float
    tiers: dict[str, Tier] = field(default_factory=dict)

    @property
    def most_open(self) -> Level:
        """The most open level at which anything of the lab is out."""
        offered = [
            t.irrevocable_level or t.level for t in self.tiers.values() if t.capability > NEVER
        ]
        live = [t.level for t in self.tiers.values() if t.capability > NEVER]
        none_out = next(iter(self.tiers.values())).level
        return max([*offered, *live], key=lambda level: level.number, default=none_out)


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
    months = days / DAYS_A_MONTH
    gains = {
        name: (
            lab.growth
            + _community(lab, developers_millions.get(name, 0.0), community_effect, community_power)
            + _spillover(lab, labs)
        )
        * months
        for name, lab in labs.items()
    }
    for name, gain in gains.items():
        labs[name].quality += gain


def _community(lab: Lab, developers: float, effect: float, power: float) -> float:
    weight = lab.most_open.community
    return effect * weight * developers**power if weight > 0.0 and developers > 0.0 else 0.0


def _spillover(lab: Lab, labs: dict[str, Lab]) -> float:
    best = 0.0
    for other in labs.values():
        if other is lab:
            continue
        for tier in other.tiers.values():
            best = max(best, tier.level.spillover * (other.quality - tier.behind - lab.quality))
            if tier.irrevocable_level is not None:
                best = max(
                    best, tier.irrevocable_level.spillover * (tier.irrevocable - lab.quality)
                )
    return best
