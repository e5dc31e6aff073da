"""Rollout: waves per platform and segment, pause and resume, standalone launches.

The state is the share offered now, the base value `rollout` (J, P, G) of the fields. While a
feature is paused in a place, a wave that falls due there waits; it takes effect when that place
resumes. Where a regime delays a feature, what would widen its rollout waits as well. A share below
100 % is a share of visits: everyone may meet the feature, less often.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Rollout:
    """The rollout state of every feature. Platforms and segments are given by index."""

    share: NDArray[np.float64]
    """(J, P, G) as rolled out; the fields' own base value."""
    placed: NDArray[np.bool_]
    """(J, P) where the feature has a placement."""
    paused: NDArray[np.bool_]
    """(J, P, G)"""
    delayed: NDArray[np.bool_]
    """(J, G) where the rollout may not widen."""
    late: set[tuple[int, int]] = field(default_factory=set)
    """(feature, segment) of standalone launches that wait for the end of a delay."""
    waiting: dict[tuple[int, int, int], float] = field(default_factory=dict)
    """Share that a paused or delayed place will have when it may."""

    @classmethod
    def of(cls, share: NDArray[np.float64], placed: NDArray[np.bool_]) -> "Rollout":
        """Nothing is paused or delayed."""
        features, _, segments = share.shape
        return cls(share, placed, np.zeros(share.shape, bool), np.zeros((features, segments), bool))

    def apply(self, action: str, feature: int, data: Mapping[str, Any]) -> None:
        """Carry out one step: `data` has platforms and segments (indices) and, for a wave, the
        share."""
        for p in data["platforms"]:
            if not self.placed[feature, p]:
                continue
            for g in data["segments"]:
                self._apply_at(action, (feature, p, g), data.get("share"))

    def _apply_at(self, action: str, place: tuple[int, int, int], share: float | None) -> None:
        if action == "pause":
            self.paused[place] = True
        elif action == "resume":
            self.paused[place] = False
            self._settle(place)
        elif share is not None:
            self.waiting[place] = share
            self._settle(place)

    def delay(self, delayed: NDArray[np.bool_]) -> None:
        """From now on rollouts may not widen where `delayed` (J, G); elsewhere what waits takes
        effect."""
        self.delayed[:] = delayed
        for place in list(self.waiting):
            self._settle(place)

    def late_in(self, feature: int, data: Mapping[str, Any]) -> list[int]:
        """The segments among those of a step in which a delay keeps it waiting."""
        return [
            g
            for g in data["segments"]
            if self.delayed[feature, g]
            and any((feature, p, g) in self.waiting for p in data["platforms"])
        ]

    def _settle(self, place: tuple[int, int, int]) -> None:
        """What waits in a place takes effect, unless the place is paused or may not widen."""
        if place not in self.waiting or self.paused[place]:
            return
        feature, _, segment = place
        if self.delayed[feature, segment] and self.waiting[place] > self.share[place]:
            return
        self.share[place] = self.waiting.pop(place)
