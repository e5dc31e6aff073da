"""Developers: what they build on at the start, and whom they follow."""

from typing import Annotated, Literal

from pydantic import Field

from sim import units
from sim.parameters.metrics import declare_metric
from sim.parameters.record import Parameter as P
from sim.parameters.registry import declare, declare_globals
from sim.scenario.base import DUPLICATES, SELF_TIES, Id, Part, RefuseOrDrop
from sim.scenario.checker import Checker
from sim.scenario.frozen import FrozenDict
from sim.scenario.nodes import Path
from sim.scenario.quantity import Quantity, Spec, default
from sim.scenario.section import Section

__all__ = ["DeveloperTies", "Developers", "DevelopersStart"]

_SLACK = 1e-6

_GIVEN = "the scenario gives it"
_ASSUMED = "modelling assumption, to be swept"
_GITHUB = "mutual follows of 37,700 developers on GitHub (Rozemberczki, Allen & Sarkar 2019)"
_META = "meta-analyses of Bass models; Sultan, Farley & Lehmann 1990: mean of 213 applications"

_ENTRY = (
    P("dev_p", "per year", 0.03, 0.001, 0.05, "S", _META,
      "Rate at which developers start building by themselves.", off=0.0),
    P("dev_q", "per year", 0.38, 0.2, 1.2, "S", _META,
      "Rate at which developers start building because others do, if all others did.", off=0.0),
    P("dev_reconsider", "per day", 0.0027, 0.0, 0.05, "A",
      _ASSUMED + ": about once a year",
      "Rate at which a developer reconsiders the model family."),
    P("dev_multi_home", "per year", 0.3, 0.0, 10.0, "A", _ASSUMED,
      "Rate at which a developer adds a second family."),
    P("dev_drop", "per year", 1.0, 0.0, 10.0, "A", _ASSUMED,
      "Rate at which a developer drops the second family."),
    P("dev_leave", "per year", 0.05, 0.0, 2.0, "A", _ASSUMED,
      "Rate at which a developer stops building."),
)  # fmt: skip

_CHOICE = (
    P("dev_b_quality", "number", 2.0, 0.0, 5.0, "A", _ASSUMED,
      "Weight of perceived quality in a developer's choice of family."),
    P("dev_b_customise", "number", 0.5, 0.0, 5.0, "A", _ASSUMED,
      "Weight of being able to change the model."),
    P("dev_b_reach", "number", 0.2, 0.0, 5.0, "A", _ASSUMED,
      "Weight of ln(1 + reachable monthly users)."),
    P("dev_b_variety", "number", 0.15, 0.0, 5.0, "A", _ASSUMED,
      "Weight of ln(1 + derivatives of the family)."),
    P("dev_b_cost", "number", 0.3, 0.0, 5.0, "A", _ASSUMED,
      "Weight of ln(cost a month) against a family."),
    P("dev_b_licence", "number", 0.5, 0.0, 5.0, "A", _ASSUMED,
      "Weight of licence friction against a family."),
    P("dev_tokens", "million tokens", 100.0, 0.001, 1e6, "A", _ASSUMED,
      "Tokens a developer uses in a month."),
    P("self_host_fixed", "USD per month", 500.0, 0.0, 1e6, "A", _ASSUMED,
      "Fixed cost of hosting an open model oneself."),
    P("self_host_marginal", "USD per million tokens", 0.1, 0.0, 100.0, "A", _ASSUMED,
      "Cost of tokens on an open model hosted oneself."),
)  # fmt: skip

_APPS = (
    P("app_entry", "per month", 2e-4, 0.0, 0.1, "A", _ASSUMED,
      "Apps that one developer starts, at 100 million users and no openness."),
    P("app_openness", "number", 4.0, 0.0, 4.0, "S",
      "study of handheld systems: granting access raises the rate of new devices up to 5-fold",
      "Extra app entry at full access: entry times 1 + app_openness x access."),
    P("app_crowding", "number", 1.0, 0.0, 5.0, "A", _ASSUMED,
      "How strongly crowding slows entry: times exp(-app_crowding V / app_capacity)."),
    P("app_capacity", "apps", 1e5, 100.0, 1e8, "A", _ASSUMED,
      "Number of apps at which crowding is felt."),
    P("app_exit", "per month", 0.035, 0.02, 0.05, "A", _ASSUMED,
      "Rate at which apps are given up.", off=0.0),
    P("app_period", "days", 30.0, 1.0, 366.0, "A", _ASSUMED,
      "Time between two cohorts of new apps.",
      fixed="the dates of all cohorts follow from it"),
    P("app_portability", "share", 0.3, 0.0, 1.0, "A", _ASSUMED,
      "Share of an open family's apps that other labs' features can use too."),
    P("derivative_rate", "per month", 0.01, 0.0, 1.0, "A", _ASSUMED,
      "Derivatives that one developer on an open family publishes."),
    P("derivative_new_base", "share", 0.1, 0.001, 0.99, "A",
      "Simon-Yule process; " + _ASSUMED,
      "Share of derivatives that start a new line instead of building on an existing one."),
    P("derivative_inequality", "share", 0.0, 0.0, 1.0, "A",
      "0 is the Simon-Yule process; " + _ASSUMED,
      "How unequal lines are at equal size: fitness is uniform from 1 less this to 1.",
      fixed="the lines there are have drawn their fitness by it"),
    P("derivative_apps", "share", 0.0, 0.0, 0.1, "A", "off by default; " + _ASSUMED,
      "Part of an app that one derivative adds to the variety around features."),
)  # fmt: skip

_TIES = (
    P("developers.ties.mean_degree", "number", 15.0, 0.1, 1000.0, "D",
      _GITHUB + ": 15.3 on average; one-way follows left out",
      "Mean number of developers whom a developer follows."),
    P("developers.ties.exponent", "number", 2.5, 2.01, 6.0, "D",
      "greatest likelihood above 50 ties in " + _GITHUB + "; the shape: followers per user on "
      "GitHub (Lima, Rossi & Musolesi 2014)",
      "Exponent of the power law of followers."),
    P("developers.ties.largest_degree", "number", 10_000.0, 1.0, 1e6, "D",
      _GITHUB + ": at most 9,458",
      "Most followers that any simulated developer has."),
    P("developers.ties.simulated", "people", 1e6, 1.0, 1e9, "A",
      "a choice of precision: shares are drawn to .0005, in some 150 MB",
      "Developers simulated one by one, at most; each stands for as many as make up all."),
)  # fmt: skip

_FIELDS = (
    P("developers.people", "people", None, 0.0, 1e10, "A", _GIVEN,
      "Developers who could build on models."),
    P("developers.building", "share", 0.0, 0.0, 1.0, "A", _GIVEN,
      "Share of developers who build on some family on the start date."),
    P("developers.family", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of building developers whose first family is this lab's."),
    P("developers.multi_home", "share", 0.3, 0.0, 1.0, "A", _ASSUMED,
      "Share of building developers who use a second family on the start date."),
    P("developers.apps", "number", None, 0.0, 1e9, "A", _GIVEN,
      "Apps built on the lab's family on the start date."),
    P("developers.derivatives", "number", None, 0.0, 1e9, "A", _GIVEN,
      "Models derived from the lab's open family by the start date."),
)  # fmt: skip

declare_globals(*_ENTRY, *_CHOICE, *_APPS)
declare(*_FIELDS, *_TIES)
declare_metric(
    "developer_share", "lab", "share", 1.0, "Share of building developers", section="developers"
)


class DevelopersStart(Part):
    """What developers build on at the start; the families' shares add up to 100 % of builders.

    Without `apps` they start where entry and exit balance; without `derivatives` there are none.
    """

    building: Annotated[Quantity, Spec("developers.building")]
    families: FrozenDict[Id, Annotated[Quantity, Spec("developers.family")]] = FrozenDict()
    multi_home: Annotated[Quantity, Spec("developers.multi_home")] = default(
        "developers.multi_home"
    )
    apps: FrozenDict[Id, Annotated[Quantity, Spec("developers.apps")]] | None = None
    derivatives: FrozenDict[Id, Annotated[Quantity, Spec("developers.derivatives")]] | None = None


class DeveloperTies(Part):
    """Who follows whom among developers: they start building because those they follow build.

    The `agents` engine simulates up to `simulated` developers one by one, or everybody in `file`;
    each stands for as many as make up all. Other engines mix well: everybody follows everybody.
    """

    network: Literal["none", "followers", "file"] = Field(
        "followers",
        description="followers (everybody follows about `mean_degree` others, and followers are "
        "spread by a power law), file, or none.",
    )
    mean_degree: Annotated[Quantity, Spec("developers.ties.mean_degree")] = default(
        "developers.ties.mean_degree"
    )
    exponent: Annotated[Quantity, Spec("developers.ties.exponent")] = default(
        "developers.ties.exponent"
    )
    largest_degree: Annotated[Quantity, Spec("developers.ties.largest_degree")] = default(
        "developers.ties.largest_degree"
    )
    simulated: Annotated[Quantity, Spec("developers.ties.simulated")] = default(
        "developers.ties.simulated"
    )
    file: str | None = Field(
        None,
        description="Edge list (CSV or Parquet with columns `follower` and `followed`, or GraphML "
        "with edges from the followed), for network: file.",
    )
    mutual: bool = Field(
        False,
        strict=True,
        description="Whether those in a tie of `file` follow each other, so that any two columns "
        "will do.",
    )
    self_ties: RefuseOrDrop = Field("refuse", description=SELF_TIES)
    duplicates: RefuseOrDrop = Field("refuse", description=DUPLICATES)


class Developers(Section):
    """The developers who could build on models; with `ties`, because those they follow do."""

    people: Annotated[Quantity, Spec("developers.people")]
    at_start: DevelopersStart | None = None
    ties: DeveloperTies | None = None

    def check(self, c: Checker, at: Path) -> None:
        """Report shares that do not add up, and ties that nobody can have."""
        if self.at_start is not None:
            _start(c, (*at, "at_start"), self.at_start)
        if self.ties is not None and "developers" not in c.unknown:
            _ties(c, (*at, "ties"), self.ties, self.people)


def _start(c: Checker, at: Path, start: DevelopersStart) -> None:
    c.keys((*at, "families"), start.families, "labs")
    shares = float(sum(start.families.values()))
    if "developers" in c.unknown:
        return
    if start.families and abs(shares - 1) > _SLACK:
        said = units.human(shares, "share", 6)
        c.report((*at, "families"), f"the shares add up to {said}", "100 %", key=True)
    elif not start.families and start.building > 0:
        said = f"{start.building.text} of developers build, on no family"
        c.report((*at, "building"), said, "`families` beside it, with shares that add up to 100 %")


def _ties(c: Checker, at: Path, ties: DeveloperTies, people: float) -> None:
    c.edge_list(at, ties.network, ties.file)
    if ties.mutual and ties.network != "file":
        c.report(
            (*at, "mutual"),
            f"`{ties.network}` ties are not mutual",
            "`network: file`, or `mutual: false`",
        )
    others = round(min(people, ties.simulated)) - 1
    if ties.network == "followers" and ties.mean_degree >= max(others, 1):
        c.report(
            (*at, "mean_degree"),
            f"a developer follows {ties.mean_degree.text} of {max(others, 0):,} others",
            "fewer than there are, of the developers simulated",
        )
