"""How much misuse each model version is exposed to: capability, reach, monitoring and guards.

Choices made here where the formula is silent:

- Own channel of a tier: the quality that its products have. Its reach is the monthly users of
  the features it runs, in billions, and where outsiders build on it without having the weights,
  access times the developers on the family over `incident_developers`.
- Wild channel: the best version whose weights are out. Its reach is access times the same
  developers. Without developers in the scenario nobody is in the wild.
- Monitoring is that of the level; a lab's own products are watched as hosted ones where the level
  gives the weights away.
- A guard is `guard` in the own channel, less while incidents are not yet patched; on weights that
  are out it decays within days of their release, and is gone on those out at the start.
- Substitutes of a version in the wild: other tiers' and labs' weights, and earlier ones of the same
  tier. Of a version in the own channel: all weights that are out, its own among them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.market.labs.labs import NEVER
from sim.market.labs.levels import BUILT_ON_FROM, IRREVOCABLE_FROM
from sim.market.market import Market
from sim.market.safety.incidents import marginal_share

F64 = NDArray[np.float64]

OWN, WILD = "own", "wild"
CHANNELS = (OWN, WILD)


@dataclass
class Exposed:
    """Of each tier, (tiers,)."""

    holes: F64
    """Incidents of its own channel that are not patched yet."""
    opened: F64
    """The day on which its weights last got better."""
    earlier: F64
    """The best of its weights before that."""
    out: F64
    """The best of its weights by now."""


class Exposure:
    """Hazards of every tier in both channels. Arrays are (2 tiers,): own first, then wild."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._p = market.parameters
        labs = list(market.labs)
        self.tiers = [(lab, tier) for lab in labs for tier in market.labs[lab].tiers]
        self.entities = [(*names, channel) for channel in CHANNELS for names in self.tiers]
        self._lab_of = np.array([labs.index(lab) for lab, *_ in self.entities], np.int64)
        self._state = [market.labs[lab].tiers[tier] for lab, tier in self.tiers]
        self.state = Exposed(
            holes=np.zeros(len(self.tiers)),
            opened=np.full(len(self.tiers), -np.inf),
            earlier=np.full(len(self.tiers), NEVER),
            out=np.array([tier.irrevocable for tier in self._state]),
        )
        self._seen: object = None

    def hazard(self, day: float) -> F64:
        """Incidents a year now."""
        self._refresh(day)
        market, p = self._market, self._p
        tiers = len(self.tiers)
        reach = np.zeros(len(self.entities))
        reach[:tiers] = self._runs @ market.mau / 1e9
        if market.ecosystem is not None:
            building = market.ecosystem.developers() / p["incident_developers"]
            reach += self._access * building[self._lab_of]
        guard = np.empty(len(self.entities))
        guard[:tiers] = (1.0 - p["guard_hole"]) ** self.state.holes
        guard[tiers:] = np.exp((self.state.opened - day) / p["guard_life"])
        rate: F64 = self._scale * reach ** p["incident_eta"]
        rate *= 1.0 - p["guard"] * self._monitor * guard
        return rate

    @property
    def marginal(self) -> F64:
        """The marginal share of the hazard last given."""
        return self._marginal

    def _refresh(self, day: float) -> None:
        """Work out anew what only changes at a release or a change of level."""
        seen = (
            [(t.used, t.irrevocable, t.level.name) for t in self._state],
            [self._p[name] for name in ("incident_capability", "incident_rate", "incident_gamma")],
        )
        if seen == self._seen:
            return
        self._seen = seen
        used = np.array([t.used for t in self._state])
        out = np.array([t.irrevocable for t in self._state])
        newly = out > self.state.out
        self.state.earlier[newly] = self.state.out[newly]
        self.state.opened[newly] = day
        self.state.out = out
        capability = np.concatenate([used, out])
        relative = np.maximum(capability, 0.0) / self._p["incident_capability"]
        grown = self._p["incident_rate"] * relative ** self._p["incident_gamma"]
        self._scale = np.where(capability > NEVER, grown, 0.0)
        self._marginal = marginal_share(capability, self._substitutes())
        self._monitor, self._access = self._levels()
        self._runs = self._who_runs(used)

    def _substitutes(self) -> F64:
        anything = np.full(len(self.tiers), self.state.out.max(initial=NEVER))
        others = [np.delete(self.state.out, i).max(initial=NEVER) for i in range(len(self.tiers))]
        return np.concatenate([anything, np.maximum(np.array(others), self.state.earlier)])

    def _levels(self) -> tuple[F64, F64]:
        """Monitoring, and access of those who build, in both channels."""
        p = self._p
        monitor, access = np.zeros((2, len(self.tiers))), np.zeros((2, len(self.tiers)))
        for i, tier in enumerate(self._state):
            level, out = tier.level, tier.irrevocable_level
            weights_out = level.number >= IRREVOCABLE_FROM
            monitor[0, i] = p["level.hosted.monitor"] if weights_out else level.monitor
            if BUILT_ON_FROM <= level.number < IRREVOCABLE_FROM:
                access[0, i] = level.access
            if out is not None:
                monitor[1, i], access[1, i] = out.monitor, out.access
        return monitor.ravel(), access.ravel()

    def _who_runs(self, used: F64) -> F64:
        """(tiers, features): 1 where the tier runs the feature; while the feature's own tier is not
        out, the lab's best that is."""
        features = self._market.scenario.features.values()
        runs = np.zeros((len(self.tiers), len(features)))
        for j, feature in enumerate(features):
            i = self.tiers.index((feature.lab, feature.tier))
            if used[i] == NEVER:
                own = [k for k, (lab, _) in enumerate(self.tiers) if lab == feature.lab]
                i = max(own, key=lambda k: used[k])
            runs[i, j] = float(used[i] > NEVER)
        return runs
