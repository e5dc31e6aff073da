"""Parameters of developers, who they follow, their apps and derivatives."""

from sim.parameters.record import Parameter as P

__all__ = ["GLOBALS", "SECTION"]

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

GLOBALS = _ENTRY + _CHOICE + _APPS
SECTION = _TIES
