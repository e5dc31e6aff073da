"""The mechanisms of the product, in the order in which they act, and what one from outside is."""

from typing import ClassVar, Final

from sim.market.actor import Actor
from sim.market.changes.actor import Changes
from sim.market.developers.actor import Developers
from sim.market.enterprise.actor import EnterpriseActor
from sim.market.labs.actor import Labs
from sim.market.market import Market, Opener
from sim.market.policy.actor import Policies
from sim.market.pricing.actor import Prices
from sim.market.quality.actor import QualityRace
from sim.market.regulation.actor import Regulators
from sim.market.releases.actor import Releases
from sim.market.research.actor import ResearchBets
from sim.market.revenue.actor import RevenueActor
from sim.market.rollout.actor import Rollouts
from sim.market.safety.actor import Safety

__all__ = ["ACTORS", "MECHANISMS", "Mechanism"]

#: The mechanisms by class. `of` makes one for a market, or nothing where its scenario does not ask
#: for it.
ACTORS: Final[tuple[type[Actor], ...]] = (
    Changes,
    Releases,
    Rollouts,
    Prices,
    Developers,
    Labs,
    Safety,
    Regulators,
    EnterpriseActor,
    RevenueActor,
    QualityRace,
    ResearchBets,
    Policies,
)
MECHANISMS: Final[tuple[Opener, ...]] = tuple(actor.of for actor in ACTORS)


class Mechanism:
    """A mechanism from outside, passed in Python: `sim.run(scenario, mechanisms=[mine])`.

    It acts after those of the product and is treated as they are. It may serve many runs: what
    moves in one of them belongs to the actor that `open` returns.
    """

    name: ClassVar[str] = ""
    """Names it and its actor; also its section of the scenario, where it has one."""

    def open(self, market: Market) -> Actor | None:
        """The actor for a market, its `name` being this one's; None where there is nothing to
        do."""
        raise NotImplementedError(f"{type(self).__name__}.open")
