"""The mechanisms that a scenario asks for, in the order in which they act."""

from sim.market.actor import Actor
from sim.market.enterprise.actor import EnterpriseActor
from sim.market.enterprise.revenue import RevenueActor
from sim.market.market import Market
from sim.market.policy import Policies
from sim.market.quality import QualityRace, quality_asked
from sim.market.regulation import Regulators
from sim.market.research import ResearchBets
from sim.market.safety import Safety


def open_actors(market: Market) -> list[Actor]:
    """An actor for each section of the scenario that has one; none where the section is absent."""
    actors: list[Actor] = []
    if market.scenario.safety is not None:
        actors.append(Safety(market, market.scenario.safety))
    if market.scenario.regulation is not None:
        actors.append(Regulators(market, market.scenario.regulation))
    enterprise = None
    if market.scenario.enterprise is not None:
        enterprise = EnterpriseActor(market)
        actors.append(enterprise)
    if market.scenario.revenue is not None:
        actors.append(RevenueActor(market, enterprise))
    labs = market.scenario.labs.values()
    if quality_asked(labs):
        actors.append(QualityRace(market))
    if any(lab.bets for lab in labs):
        actors.append(ResearchBets(market))
    if any(lab.policy is not None for lab in labs):
        actors.append(Policies(market))
    return actors
