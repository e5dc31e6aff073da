"""The mechanisms that a scenario asks for, in the order in which they act."""

from sim.market.actor import Actor
from sim.market.market import Market


def open_actors(market: Market) -> list[Actor]:
    """An actor for each section of the scenario that has one; none where the section is absent."""
    return []
