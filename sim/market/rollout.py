"""Rollout: waves per platform and segment, pause and resume, standalone launches.

The state is the share offered now, `rollout` (J, P, G) in the fields. While a feature is paused in
a place, a wave that falls due there waits; it takes effect when that place resumes. A share below
100 % is a share of visits: everyone may meet the feature, less often.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.rates.fields import Fields


@dataclass
class Rollout:
    """The rollout state of every feature. Platforms and segments are given by index."""

    fields: Fields
    placed: NDArray[np.bool_]
    """(J, P) where the feature has a placement."""
    paused: NDArray[np.bool_] = field(init=False)
    """(J, P, G)"""
    waiting: dict[tuple[int, int, int], float] = field(default_factory=dict)
    """Share that a paused place will have when it resumes."""

    def __post_init__(self) -> None:
        self.paused = np.zeros(self.fields.rollout.shape, bool)

    def apply(self, action: str, feature: int, data: dict[str, Any]) -> None:
        """Carry out one step: `data` has platforms and segments (indices) and, for a wave, the
        share."""
        for p in data["platforms"]:
            if not self.placed[feature, p]:
                continue
            for g in data["segments"]:
                self._apply_at(action, (feature, p, g), data.get("share"))
        self.fields.placement_changed = True

    def _apply_at(self, action: str, place: tuple[int, int, int], share: float | None) -> None:
        if action == "pause":
            self.paused[place] = True
        elif action == "resume":
            self.paused[place] = False
            if place in self.waiting:
                self.fields.rollout[place] = self.waiting.pop(place)
        elif share is not None and self.paused[place]:
            self.waiting[place] = share
        elif share is not None:
            self.fields.rollout[place] = share
