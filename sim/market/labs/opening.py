"""The market on the start date: labs and base fields as the scenario gives them."""

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.market.labs.labs import Distilling, Fading, Lab, Tier
from sim.market.labs.levels import Level
from sim.rates.fields import Fields
from sim.scenario.features import Feature, Standalone
from sim.scenario.labs import Lab as Section
from sim.scenario.labs import Model
from sim.scenario.people import Segment
from sim.scenario.releases import Substitution


def open_labs(given_labs: Mapping[str, Section], levels: Mapping[str, Level]) -> dict[str, Lab]:
    """Labs and tiers as they stand on the start date."""
    labs = {}
    for name, given in given_labs.items():
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


def open_fields(
    features: Mapping[str, Feature],
    platforms: Collection[str],
    segments: Mapping[str, Segment],
    parameters: Mapping[str, float],
    start: date,
) -> Fields:
    """Fields as they stand on the start date."""
    fields = Fields.zeros(len(features), len(platforms), len(segments))
    names = list(platforms)
    for j, feature in enumerate(features.values()):
        for name, placement in feature.placements.items():
            p, surface = names.index(name), placement.surface
            strength, fit = placement.strength, placement.integration
            fields.strength[j, p] = _or(strength, parameters[f"surface.{surface}.strength"])
            fields.integration[j, p] = _or(fit, parameters[f"surface.{surface}.integration"])
            fields.is_default[j, p] = float(surface == "default")
            started = feature.at_start.rollout if feature.at_start is not None else 0.0
            fields.rollout[j, p] = float(started) if feature.rollout is not None else 1.0
        app = feature.standalone
        if app is not None and (app.launch is None or app.launch <= start):
            launch(app, segments, fields, j)
        fields.price[j] = feature.price
        fields.latency[j] = feature.latency
        fields.trust[j] = [float(segment.trust) for segment in segments.values()]
    return fields


def launch(
    app: Standalone | None,
    segments: Collection[str],
    fields: Fields,
    j: int,
    where: NDArray[np.bool_] | None = None,
) -> None:
    """Offer the standalone app of feature j where the scenario says; only in some segments if
    `where` (G,) is given."""
    assert app is not None, "only features with an app are launched"
    for g, segment in enumerate(segments):
        if where is not None and not where[g]:
            continue
        if app.segments == "all" or segment in app.segments:
            pull = app.pull
            fields.pull[j, g] = pull.get(segment, 0.0) if isinstance(pull, dict) else pull
            fields.standalone[j, g] = 1.0


def _or(given: float | None, default: float) -> float:
    return float(default if given is None else given)
