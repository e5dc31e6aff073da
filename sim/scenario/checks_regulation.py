"""What the section `regulation` must fit: regimes, dates, and what an action can act on."""

from typing import TYPE_CHECKING

from sim.scenario.nodes import Path
from sim.scenario.regulation import Action

if TYPE_CHECKING:
    from sim.scenario.checks import Checker

__all__ = ["regulation"]

# The keys that say what each action acts on.
_KEYS = {
    "delay": ("features",),
    "choice-screen": ("platforms",),
    "access-order": ("features", "platforms", "surface"),
    "threshold": ("capability", "labs"),
}
_ALL_KEYS = tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))


def regulation(c: "Checker") -> None:
    """Report references to what is not there, dates before the start and actions without effect."""
    section = c.scenario.regulation
    if section is None:
        return
    for name, regulator in section.regulators.items():
        at: Path = ("regulation", "regulators", name)
        _regime(c, at, name, key=True)
        for index, response in enumerate(regulator.responses):
            _action(c, (*at, "responses", index), response)
        if regulator.responses and sum(response.weight for response in regulator.responses) == 0:
            c.report((*at, "responses"), "all weights are 0", "one weight above 0", key=True)
    for index, action in enumerate(section.actions):
        at = ("regulation", "actions", index)
        if "start" not in c.unknown and action.date < c.scenario.start:
            c.report(
                (*at, "date"),
                f"{action.date} is before the start, {c.scenario.start}",
                "a later date; what held at the start goes into placements and levels",
            )
        _regime(c, (*at, "regime"), action.regime)
        _action(c, at, action)


def _regime(c: "Checker", path: Path, name: str, *, key: bool = False) -> None:
    if "segments" in c.unknown:
        return
    regimes = dict.fromkeys(s.regime for s in c.scenario.segments.values() if s.regime != "none")
    if not regimes:
        expected = "a segment with a `regime`"
        c.report(path, f"no segment has the regime `{name}`", expected, key=key)
    else:
        c.known(path, name, regimes, "regime", key=key)


def _action(c: "Checker", at: Path, action: Action) -> None:
    c.listed((*at, "features"), action.features, "features")
    c.listed((*at, "platforms"), action.platforms, "platforms")
    c.listed((*at, "labs"), action.labs, "labs")
    for key in _ALL_KEYS:
        if getattr(action, key) is not None and key not in _KEYS[action.action]:
            fitting = [name for name, keys in _KEYS.items() if key in keys]
            c.report(
                (*at, key),
                f"`{key}` with the action {action.action}",
                f"`{key}` only with {' and '.join(fitting)}",
            )
    if action.action == "threshold" and action.capability is None:
        expected = "`capability`, e.g. `capability: 45 frontier-months`"
        c.report((*at, "action"), "a threshold without a capability", expected)
    if action.action == "access-order" and not c.ids["platforms"]:
        c.report((*at, "action"), "an access order where there are no platforms", "a platform")
    if action.action == "choice-screen" and not c.unknown & {"features", "platforms"}:
        chosen = action.platforms if isinstance(action.platforms, tuple) else c.ids["platforms"]
        placements = [f.placements.get(p) for f in c.scenario.features.values() for p in chosen]
        if not any(placed is not None and placed.surface == "default" for placed in placements):
            c.report(
                (*at, "action"),
                f"a choice screen, but no feature is the default on {', '.join(chosen) or 'any'}",
                "a placement with `surface: default`",
            )
