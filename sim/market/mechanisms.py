"""The mechanisms of the product, in the order in which they act, and what one from outside is."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from sim.market.actor import Actor
from sim.market.changes.actor import Changes
from sim.market.developers.actor import Developers
from sim.market.enterprise.actor import EnterpriseActor
from sim.market.guarded import Guarded, MechanismError, speaking_of
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
from sim.scenario import Given, Scenario, Section
from sim.scenario.model import scenario_with

__all__ = ["ACTORS", "MECHANISMS", "Mechanism", "MechanismError", "openers", "sections_of"]

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
    """A mechanism from outside, passed in Python: `sim.run(scenario, mechanisms=[Mine(...)])`.

    It acts after those of the product and is treated as they are. Its values are those of its
    `Section`: on top of what the scenario says under its name, if that says anything. It may serve
    many runs: what moves in one of them belongs to the actor that `open` returns.

    Metrics for rules are declared with `sim.declare_metric(..., section=name)` and measured by the
    actor. Raises `sim.ScenarioError` for a value that the section cannot have.
    """

    name: ClassVar[str] = ""
    """Names it, its actor, and its section at the top of a scenario."""
    Section: ClassVar[type[Section]] = Section
    """What it can be told; nothing, unless it says so."""
    figures: ClassVar[Sequence[Any]] = ()
    """Its pictures, records `sim.figures.Figure`: drawn with those of the run."""

    def __init__(self, **values: Any) -> None:
        self.given = Given(self.Section, values, f"{type(self).__name__}(...)")

    def open(self, market: Market, section: Any) -> Actor | None:
        """The actor for a market, by what the scenario's `section` says; None where there is
        nothing to do."""
        raise NotImplementedError(f"{type(self).__name__}.open")


def sections_of(mechanisms: Sequence[Mechanism]) -> dict[str, Given]:
    """What mechanisms bring to a scenario, for `sim.load(..., sections=)`. Raises MechanismError
    for what is none and for names that are taken."""
    found: dict[str, Given] = {}
    for each in mechanisms:
        if isinstance(each, type):
            raise MechanismError(f"{each.__name__} is a class; pass {each.__name__}(...)")
        if not isinstance(each, Mechanism):
            raise MechanismError(f"a {type(each).__name__} is not a sim.Mechanism")
        if each.name in found:
            raise MechanismError(f"mechanism `{each.name}`: there are two of this name")
        if any(actor.name == each.name for actor in ACTORS):
            raise MechanismError(f"mechanism `{each.name}`: uptake has one of this name")
        found[each.name] = each.given
        try:
            scenario_with({each.name: each.Section})
        except (TypeError, ValueError) as error:
            raise MechanismError(f"mechanism `{each.name}`: {error}") from error
    return found


def openers(scenario: Scenario, mechanisms: Sequence[Mechanism]) -> tuple[Opener, ...]:
    """What opens the mechanisms of a run. Raises MechanismError unless the mechanisms from outside
    are those that the scenario has sections of."""
    brought, extra = sections_of(mechanisms), scenario.extra
    if lacking := sorted(extra.keys() - brought.keys()):
        raise MechanismError(
            f"the scenario has the section `{lacking[0]}`, but the mechanism is not there; pass it "
            "in `mechanisms=[...]`"
        )
    if unknown := sorted(brought.keys() - extra.keys()):
        raise MechanismError(
            f"mechanism `{unknown[0]}`: the scenario was loaded without it; `sim.run` loads it with"
        )
    return (*MECHANISMS, *(partial(_opened, each) for each in mechanisms))


def _opened(mechanism: Mechanism, market: Market) -> Actor | None:
    name, scenario = mechanism.name, market.scenario
    with scenario.placing(name), speaking_of(name, "open"):
        actor = mechanism.open(market, scenario.extra[name])
    return None if actor is None else Guarded(name, actor, market)
