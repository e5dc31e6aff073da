"""Networks alone: one thing going from person to person along one layer, without a market.

    from sim import contagion, ties
    layer = ties.random_ties(1_000_000, mean_degree=10, seed=1)
    found = contagion.independent_cascade(layer, seeds=[0], transmission=0.1, seed=1)
    found = contagion.linear_threshold(layer, seeds=range(100), thresholds=0.2)

Cascades count generations; `sim.spread` has days, rates and giving up. Everything is loaded when
first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.contagion.cascade import Cascade as Cascade
    from sim.contagion.independent import cascade_sizes as cascade_sizes
    from sim.contagion.independent import independent_cascade as independent_cascade
    from sim.contagion.thresholds import linear_threshold as linear_threshold

_HOMES = {
    "Cascade": "cascade",
    "cascade_sizes": "independent",
    "independent_cascade": "independent",
    "linear_threshold": "thresholds",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim.contagion' has no attribute {name!r}")
    value = getattr(import_module(f"sim.contagion.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOMES)
