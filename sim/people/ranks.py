"""Sticky ramps: who is reached by a share is decided by a person's rank, the same at every visit.

A person has a rank in [0, 1) for each feature with a ramp, independent of everything else. A wave
of share s reaches the ranks below s; the holdout group has the highest ranks and is never reached.
People who lie between the same two shares of a ramp are alike, so a class is split at the shares
that the ramp's waves name, and only where a platform that carries the feature is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, product

from sim.scenario.features import Feature


@dataclass(frozen=True)
class RankCell:
    """One cell of ranks: for every feature [low, high) and whether it is held out."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    held: tuple[bool, ...]
    labels: tuple[str, ...]
    """For class names: one text for each feature that splits this class."""

    @property
    def width(self) -> float:
        """Share of the class's people in the cell."""
        share = 1.0
        for low, high in zip(self.low, self.high, strict=True):
            share *= high - low
        return share


def rank_cells(given: Mapping[str, Feature], segment: str, platforms: list[str]) -> list[RankCell]:
    """The cells into which holders of `platforms` in a segment fall; one cell without ramps."""
    features = list(given.items())
    edges = [
        _edges(f, segment) if any(p in f.placements for p in platforms) else [0.0, 1.0]
        for _, f in features
    ]
    cells = []
    for spans in product(*(pairwise(e) for e in edges)):
        split = [
            (name, feature, low, high)
            for (name, feature), e, (low, high) in zip(features, edges, spans, strict=True)
            if len(e) > 2
        ]
        held = {name for name, feature, low, _ in split if low >= _top(feature)}
        cells.append(
            RankCell(
                low=tuple(low for low, _ in spans),
                high=tuple(high for _, high in spans),
                held=tuple(name in held for name, _ in features),
                labels=tuple(f"{name} {low:g}-{high:g}" for name, _, low, high in split),
            )
        )
    return cells


def _top(feature: Feature) -> float:
    """The rank at which the holdout group begins; 1 where nobody is held out."""
    return 1.0 if feature.ramp is None else 1.0 - float(feature.ramp.holdout)


def _edges(feature: Feature, segment: str) -> list[float]:
    """Ranks at which people of a segment begin to be treated differently."""
    if feature.ramp is None:
        return [0.0, 1.0]
    shares = {
        float(wave.share)
        for wave in feature.rollout or ()
        if wave.action == "wave" and (wave.segments == "all" or segment in wave.segments)
    }
    if feature.at_start is not None:
        shares.add(float(feature.at_start.rollout))
    top = _top(feature)
    reached = {min(share, top) for share in shares | {top}}
    return [0.0, *sorted(share for share in reached if 0.0 < share < 1.0), 1.0]
