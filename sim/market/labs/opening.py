"""The market on the start date: labs and base fields as the scenario gives them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.market.labs.labs import Distilling, Fading, Lab, Tier
from sim.market.labs.levels import Level
from sim.rates.fields import Fields
from sim.scenario import Scenario
from sim.scenario.labs import Model
from sim.scenario.releases import Substitution


def open_labs(scenario: Scenario, levels: Mapping[str, Level]) -> dict[str, Lab]:
    """Labs and tiers as they stand on the start date."""
    labs = {}
    for name, given in scenario.labs.items():
        lab = Lab(name, float(given.quality), float(given.growth))
        for tier_name, model in given.models.items():
            tier = Tier(tier_name, float(model.behind), float(model.api_price), levels["closed"])
            tier.fading = _fading(model)
            if model.level != "closed":
                tier.ship(lab.quality - tier.behind, levels[model.level], 0.0)
            lab.tiers[tier_name] = tier
        if (how := given.distillation) is not None:
            of = None if how.of == "all" else frozenset(how.of)
            lab.distilling = Distilling(of, float(how.rate), float(how.most))
        labs[name] = lab
    return labs


def _fading(model: Model) -> Fading | None:
    """How old versions of a tier fade; None where they are gone at once."""
    given = model.substitution
    if given is None and all(release.path is None for release in model.releases):
        return None
    given = given or Substitution()
    return Fading(float(given.api), float(given.products))


def open_fields(s: Scenario) -> Fields:
    """Fields as they stand on the start date."""
    fields = Fields.zeros(len(s.features), len(s.platforms), len(s.segments))
    platforms, segments = list(s.platforms), list(s.segments)
    for j, feature in enumerate(s.features.values()):
        for name, placement in feature.placements.items():
            p, surface = platforms.index(name), placement.surface
            strength, fit = placement.strength, placement.integration
            fields.strength[j, p] = _or(strength, s.parameters[f"surface.{surface}.strength"])
            fields.integration[j, p] = _or(fit, s.parameters[f"surface.{surface}.integration"])
            fields.is_default[j, p] = float(surface == "default")
            started = feature.at_start.rollout if feature.at_start is not None else 0.0
            fields.rollout[j, p] = float(started) if feature.rollout is not None else 1.0
        standalone = feature.standalone
        if standalone is not None and (standalone.launch is None or standalone.launch <= s.start):
            launch(s, fields, j)
        fields.price[j] = feature.price
        fields.latency[j] = feature.latency
        fields.trust[j] = [float(s.segments[g].trust) for g in segments]
    return fields


def launch(
    scenario: Scenario, fields: Fields, j: int, where: NDArray[np.bool_] | None = None
) -> None:
    """Offer the standalone app of feature j where the scenario says; only in some segments if
    `where` (G,) is given."""
    standalone = tuple(scenario.features.values())[j].standalone
    assert standalone is not None
    for g, segment in enumerate(scenario.segments):
        if where is not None and not where[g]:
            continue
        if standalone.segments == "all" or segment in standalone.segments:
            pull = standalone.pull
            fields.pull[j, g] = pull.get(segment, 0.0) if isinstance(pull, dict) else pull
            fields.standalone[j, g] = 1.0


def _or(given: float | None, default: float) -> float:
    return float(default if given is None else given)
