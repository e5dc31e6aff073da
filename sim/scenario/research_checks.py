"""Releases and the quality race: paths that lead somewhere, shares that add up, labs that exist."""

from itertools import pairwise
from typing import get_args

from sim import units
from sim.parameters.market import LEVELS
from sim.scenario.checker import Checker
from sim.scenario.labs import Lab
from sim.scenario.nodes import Path
from sim.scenario.releases import Level, Release, StagedPath

__all__ = ["research"]

_SLACK = 1e-6


def research(c: Checker) -> None:
    """Report releases, investments and distillation that make no sense."""
    for name, lab in c.scenario.labs.items():
        at: Path = ("labs", name)
        for tier, model in lab.models.items():
            for index, release in enumerate(model.releases):
                _release(c, (*at, "models", tier, "releases", index), release)
        _quality(c, at, name, lab)


def _release(c: Checker, at: Path, release: Release) -> None:
    if release.level is not None and release.path is not None:
        c.report((*at, "path"), "a level and a path", "one of the two", key=True)
    elif release.level is None and release.path is None and not {"level", "path"} & c.valued(at):
        levels = ", ".join(get_args(Level))
        c.report((*at, "level"), "missing key", f"one of {levels}; or a `path` of such levels")
    if release.path is not None:
        _path(c, (*at, "path"), release.path)
    if release.new_version:
        return
    for key in ("path", "opens_previous"):
        if getattr(release, key) is not None:
            said = f"`{key}` where no new version comes out"
            c.report((*at, key), said, "`new_version: true`, which is the default", key=True)


def _path(c: Checker, at: Path, path: StagedPath) -> None:
    levels = path.levels
    if len(levels) < 2:
        c.report((*at, "levels"), f"a path of {len(levels)} levels", "two levels or more")
    for i, (a, b) in enumerate(pairwise(levels), start=1):
        if LEVELS.index(b) <= LEVELS.index(a):
            said = f"`{b}` is not more open than `{a}` before it"
            c.report((*at, "levels", i), said, f"levels in the order {', '.join(LEVELS)}")
    if path.lags is not None and len(path.lags) != len(levels) - 1:
        said = f"{len(path.lags)} lags between {len(levels)} levels"
        c.report((*at, "lags"), said, f"{max(len(levels) - 1, 0)}, one between each two")


def _quality(c: Checker, at: Path, name: str, lab: Lab) -> None:
    if (split := lab.investment) is not None:
        total = float(split.quality + split.usability + split.latency)
        if abs(total - 1.0) > _SLACK:
            said = f"the shares of the investment add up to {units.human(total, 'share', 6)}"
            c.report((*at, "investment"), said, "100 %", key=True)
    taken = sum(float(bet.share) for bet in lab.bets)
    if taken > 1.0 + _SLACK:
        said = f"the bets take {units.human(taken, 'share', 6)} of own growth together"
        c.report((*at, "research"), said, "at most 100 %", key=True)
    if lab.distillation is not None and isinstance(lab.distillation.of, tuple):
        here = (*at, "distillation", "of")
        c.listed(here, lab.distillation.of, "labs")
        if name in lab.distillation.of:
            index = lab.distillation.of.index(name)
            c.report((*here, index), f"`{name}` cannot distil its own models", "another lab")
