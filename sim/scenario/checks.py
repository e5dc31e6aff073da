"""What types cannot say: references, sums, dates and sizes that must fit together.

Comparisons are written so that they fail for a quantity that is not a number: such a value was
reported before and must not be reported again.
"""

import math

from sim import units
from sim.scenario.checker import Checker
from sim.scenario.frozen import FrozenDict
from sim.scenario.model import Scenario
from sim.scenario.nodes import Node, Path
from sim.scenario.overlapping import overlaps
from sim.scenario.people import Platform
from sim.scenario.policy_checks import policies
from sim.scenario.problems import Problem
from sim.scenario.quantity import Quantity
from sim.scenario.research_checks import research
from sim.scenario.timing import dates
from sim.ties.networks import kind_of, made_by

__all__ = ["MAX_FEATURES", "MAX_PLATFORMS", "check"]

# A person's state must fit a byte: 1 + 3 J + 3 J (J - 1) + J + 1 states are 202 for J = 8 features.
MAX_FEATURES = 8
# Classes grow with the sets of platforms a person can hold, 2^P.
MAX_PLATFORMS = 8
# Ties name people by whole numbers of 32 bits, one of them the sign. Without ties there is no such
# end: memory alone decides, and is looked at when a run begins (`sim.people.footprint`).
MAX_TIED = 2**31 - 1

_SLACK = 1e-6  # of shares that add up to one, and of people counted twice over
_KINDS = ("messaging", "social", "photo")


def check(
    scenario: Scenario,
    tree: Node,
    *,
    original: Node | None = None,
    unknown: frozenset[str] = frozenset(),
) -> list[Problem]:
    """Everything that does not fit together.

    For a scenario with parts left out because they were wrong, `original` is the tree before that
    (what it names is defined, though not well), and `unknown` are the top-level keys whose values
    are stand-ins or incomplete.
    """
    checker = Checker(scenario, tree, original or tree, unknown)
    for part in _CORE:
        part(checker)
    for name, section in scenario.sections.items():
        section.check(checker, (name,))
    dates(checker, scenario)
    return checker.problems


def _people_text(number: float) -> str:
    return units.human(number, "people", 4)


def total(value: Quantity | FrozenDict[str, Quantity]) -> float:
    """People over all segments."""
    return float(sum(value.values())) if isinstance(value, dict) else float(value)


def _sizes(c: Checker) -> None:
    s = c.scenario
    for group, most in (("features", MAX_FEATURES), ("platforms", MAX_PLATFORMS)):
        if len(getattr(s, group)) > most:
            c.report((group,), f"{len(getattr(s, group))} {group}", f"at most {most}", key=True)
    for group in ("segments", "features", "types"):
        if not getattr(s, group) and group not in c.unknown:
            c.report((group,), f"there are no {group}", "at least one", key=True)
    if s.tick > s.duration:
        c.report(("tick",), f"a tick of {s.tick.text} in a duration of {s.duration.text}")


def _people(c: Checker) -> None:
    shares = [float(kind.share) for kind in c.scenario.types.values()]
    if "types" not in c.unknown and shares and abs(sum(shares) - 1) > _SLACK:
        said = units.human(sum(shares), "share", 6)
        c.report(("types",), f"the shares of the types add up to {said}", "100 %", key=True)


def _platforms(c: Checker) -> None:
    networks = {platform.ties.network for platform in c.scenario.platforms.values()} - {"none"}
    simulated = math.nan if "people" in c.unknown else c.scenario.people.size(c.everyone)
    if c.scenario.engine == "agents" and networks and simulated > MAX_TIED:
        c.report(
            ("people",),
            f"{_people_text(simulated)} people one by one, with ties",
            f"at most {MAX_TIED:,} people where a platform has a `network`",
        )
    if c.scenario.influence.count == "groups" and not networks:
        c.report(
            ("influence", "count"),
            "groups among contacts need to know who is tied to whom, and no platform does",
            "a `network` in the `ties` of a platform, or `count: contacts`",
        )
    segments = c.scenario.segments
    everyone = c.everyone
    for name, platform in c.scenario.platforms.items():
        at: Path = ("platforms", name)
        c.keys((*at, "users"), platform.users, "segments")
        c.keys((*at, "visits"), platform.visits, "segments")
        _kind(c, at, platform)
        _ties(c, (*at, "ties"), platform)
        if isinstance(platform.users, dict):
            for where, users in platform.users.items():
                if where in segments and users > segments[where].people * (1 + _SLACK):
                    people = segments[where].people
                    c.report(
                        (*at, "users", where),
                        f"{users.text} users in `{where}`, which has {people.text} people",
                        f"at most {people.text}",
                    )
        elif platform.users > everyone * (1 + _SLACK):
            c.report(
                (*at, "users"),
                f"{platform.users.text} users, but all segments have {_people_text(everyone)} "
                "people",
                f"at most {_people_text(everyone)}",
            )


def _kind(c: Checker, at: Path, platform: Platform) -> None:
    if platform.kind in _KINDS:
        return
    given = {
        "visits": platform.visits,
        "visibility": platform.visibility,
        "ties.mean_degree": platform.ties.mean_degree,
    }
    missing = [key for key, value in given.items() if value is None]
    if missing:
        c.report(
            (*at, "kind"),
            f"kind `{platform.kind}` has no defaults, and {', '.join(missing)} not given",
            f"one of {', '.join(_KINDS)}, or a platform that gives all of {', '.join(given)}",
            units.nearest(platform.kind, _KINDS),
        )


def _ties(c: Checker, at: Path, platform: Platform) -> None:
    """A network must be able to have what is said of its ties."""
    ties = platform.ties
    c.edge_list(at, ties.network, ties.file)
    if ties.network == "none":
        return
    takes = kind_of(ties.network).takes
    if ties.clustering > 0.0 and "clustering" not in takes:
        c.report(
            (*at, "network"),
            f"`{ties.network}` ties have no clustering, and {ties.clustering.text} are asked for",
            f"{' or '.join(made_by('clustering'))}, or `clustering: 0`",
        )
    if ties.distribution != "poisson" and "distribution" not in takes:
        c.report(
            (*at, "network"),
            f"the number of contacts in `{ties.network}` ties is not {ties.distribution}",
            f"{' or '.join(made_by('distribution'))}, or `distribution: poisson`",
        )


def _features(c: Checker) -> None:
    for name, feature in c.scenario.features.items():
        at: Path = ("features", name)
        if c.refer((*at, "lab"), feature.lab, "labs") and feature.lab in c.scenario.labs:
            tiers = _tiers(c, feature.lab)
            c.known((*at, "tier"), feature.tier, tiers, f"tier of {feature.lab}")
        for platform in feature.placements:
            c.refer((*at, "placements", platform), platform, "platforms", key=True)
        if feature.standalone is not None:
            c.keys((*at, "standalone", "pull"), feature.standalone.pull, "segments")
            c.listed((*at, "standalone", "segments"), feature.standalone.segments, "segments")
        for index, wave in enumerate(feature.rollout or ()):
            here = (*at, "rollout", index)
            c.listed((*here, "segments"), wave.segments, "segments")
            c.listed((*here, "platforms"), wave.platforms, "platforms")
            if isinstance(wave.platforms, tuple):
                for i, platform in enumerate(wave.platforms):
                    if platform in c.ids["platforms"] and platform not in feature.placements:
                        c.report(
                            (*here, "platforms", i),
                            f"`{name}` is not placed on `{platform}`",
                            f"a platform among {', '.join(feature.placements)}"
                            if feature.placements
                            else "a placement of the feature there",
                        )
        _start(c, name)


def _tiers(c: Checker, lab: str) -> list[str]:
    return list(dict.fromkeys([*c.scenario.labs[lab].models, *c.written(("labs", lab, "models"))]))


def _start(c: Checker, name: str) -> None:
    start = c.scenario.features[name].at_start
    if start is None:
        return
    at: Path = ("features", name, "at_start")
    segments, platforms = c.scenario.segments, c.scenario.platforms
    c.keys((*at, "mau"), start.mau, "segments")
    everyone = c.everyone
    mau = total(start.mau)
    if mau > everyone * (1 + _SLACK):
        said = f"{_people_text(mau)} monthly users, but there are {_people_text(everyone)} people"
        c.report((*at, "mau"), said, f"at most {_people_text(everyone)}")
    elif isinstance(start.mau, dict):
        for where, users in start.mau.items():
            if where in segments and users > segments[where].people * (1 + _SLACK):
                people = segments[where].people.text
                said = f"{users.text} monthly users in `{where}`, which has {people} people"
                c.report((*at, "mau", where), said, f"at most {people}")
    for platform, users in (start.platforms or {}).items():
        here = (*at, "platforms", platform)
        if not c.refer(here, platform, "platforms", key=True) or platform not in platforms:
            continue
        most = min(total(platforms[platform].users), mau)
        if users > most * (1 + _SLACK):
            said = (
                f"{users.text} monthly users on `{platform}`, which has "
                f"{_people_text(total(platforms[platform].users))} users, "
                f"and {_people_text(mau)} monthly users of the feature in all"
            )
            c.report(here, said, f"at most {_people_text(most)}")
    if start.ever is not None and start.ever < mau * (1 - _SLACK):
        said = f"{start.ever.text} ever tried it, but {_people_text(mau)} use it monthly"
        c.report((*at, "ever"), said, f"at least {_people_text(mau)}")


def _labs(c: Checker) -> None:
    for name, lab in c.scenario.labs.items():
        at: Path = ("labs", name)
        if isinstance(lab.uses_open, tuple):
            for index, other in enumerate(lab.uses_open):
                c.refer((*at, "uses_open", index), other, "labs")


#: What the core of a scenario must fit. A section has its own check.
_CORE = (_sizes, _people, _platforms, _features, _labs, overlaps, policies, research)
