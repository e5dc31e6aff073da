"""Units, ranges and defaults of the quantities that a scenario file itself describes."""

from sim.parameters.record import Parameter as P

__all__ = ["PARAMETERS"]

_GIVEN = "the scenario gives it"
_NEUTRAL = "neutral default"
_ASSUMED = "modelling assumption, to be swept"

_TIME = (
    P("scenario.duration", "days", None, 0.01, 36525.0, "A", _GIVEN,
      "How long the simulated time is."),
    P("scenario.tick", "days", 1.0, 0.01, 366.0, "A",
      "a day: people visit, and are counted, by the day",
      "Step in which the population moves."),
    P("release.every", "days", None, 1.0, 36525.0, "A", _GIVEN,
      "Time after which a release is repeated."),
)  # fmt: skip

_PEOPLE = (
    P("segment.people", "people", None, 1.0, 1e11, "A", _GIVEN,
      "People in the segment."),
    P("segment.receptivity", "number", 1.0, 0.0, 10.0, "A", _NEUTRAL,
      "How readily the segment takes up features, next to the average of 1."),
    P("segment.trust", "number", 1.0, 0.0, 2.0, "A", _NEUTRAL,
      "Baseline trust in features, next to the normal level of 1."),
    P("type.share", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of people of this type; the shares of all types add up to 100 %."),
    P("type.appeal", "number", 0.0, -10.0, 10.0, "A", _NEUTRAL,
      "Utility that people of this type add to every feature."),
    P("type.stickiness", "number", 1.0, 0.01, 100.0, "A", _NEUTRAL,
      "How slowly people of this type leave: churn is divided by it."),
    P("platform.users", "people", None, 0.0, 1e11, "A", _GIVEN,
      "Monthly users of the platform."),
    P("platform.visits", "share", None, 0.0, 1.0, "A", "by the platform's kind",
      "Share of the platform's users who visit it on a day."),
    P("platform.visibility", "per day", None, 0.0, 0.1, "A", "by the platform's kind",
      "Uptake rate through friends if all of them use the feature."),
    P("ties.mean_degree", "number", None, 1.0, 1000.0, "A", "by the platform's kind",
      "Mean number of contacts who influence a person."),
    P("ties.clustering", "share", 0.0, 0.0, 1.0, "A", _NEUTRAL,
      "Share of a person's pairs of contacts who are tied to each other."),
    P("ties.median_share", "share", 0.52, 0.05, 1.0, "D",
      "Facebook friendships: median 99, mean 190 (Ugander, Karrer, Backstrom & Marlow 2011)",
      "Median over mean number of contacts, where their distribution is lognormal."),
    P("ties.exponent", "number", 2.5, 2.01, 6.0, "A",
      _ASSUMED + "; exponents between 2 and 3 are common for social networks (Newman 2003)",
      "Exponent of a power law of contacts."),
    P("ties.largest_degree", "number", 5000.0, 1.0, 30_000.0, "S",
      "Facebook caps friends at 5,000 (Ugander, Karrer, Backstrom & Marlow 2011)",
      "Most contacts that anybody has, where their distribution has a long tail."),
    P("overlap.people", "people", None, 0.0, 1e11, "A", _GIVEN,
      "People who use both platforms."),
    P("overlap.share", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Share of the users of one platform who also use the other."),
)  # fmt: skip

_FEATURES = (
    P("placement.strength", "share", None, 0.0, 1.0, "A", "by the surface",
      "Share of visit-days on which a person meets the feature."),
    P("placement.integration", "number", None, 0.0, 1.0, "A", "by the surface",
      "How far the feature is part of the platform."),
    P("standalone.pull", "per day", None, 0.0, 1.0, "A", _GIVEN,
      "Rate at which marketing and word of mouth outside platforms bring people to the feature."),
    P("rollout.share", "share", 1.0, 0.0, 1.0, "A", "all people, when a wave gives no share",
      "Share of people whom a wave reaches, counted together with earlier waves."),
    P("ramp.holdout", "share", 0.0, 0.0, 0.5, "A", "nobody unless given",
      "Share of people who are never offered the feature, to measure its effect against."),
    P("feature.price", "USD per month", 0.0, 0.0, 10_000.0, "A", "free unless a price is given",
      "Price of the feature."),
    P("feature.latency", "seconds", 1.0, 0.0, 600.0, "A", _ASSUMED,
      "Time the feature takes to answer."),
    P("feature.acceptance", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Fixed acceptance of the feature, in place of the one that follows from its utility."),
    P("at_start.mau", "people", None, 0.0, 1e11, "A", _GIVEN,
      "Monthly users on the start date."),
    P("at_start.dau_mau", "share", None, 0.0, 1.0, "A", _GIVEN,
      "Daily users as a share of monthly users on the start date."),
    P("at_start.rollout", "share", 0.0, 0.0, 1.0, "A", "nobody unless given",
      "Share of people whom the rollout has reached on the start date."),
    P("at_start.ever", "people", None, 0.0, 1e11, "A", _GIVEN,
      "People who had ever tried the feature by the start date."),
)  # fmt: skip

_LABS = (
    P("lab.quality", "frontier-months", None, 0.0, 1200.0, "A", _GIVEN,
      "Quality of the lab's best model on the start date."),
    P("lab.growth", "frontier-months per month", 1.0, 0.0, 20.0, "D",
      "definition: the frontier moves 1 frontier-month a month",
      "Quality the lab gains by its own research."),
    P("model.behind", "frontier-months", 0.0, 0.0, 1200.0, "A", _NEUTRAL,
      "How far the tier stays behind the lab's best model."),
    P("model.api_price", "USD per million tokens", 5.0, 0.0, 10_000.0, "A",
      _ASSUMED + "; published list prices of large models in 2024 and 2025 were 2.5 to 7.5",
      "Price of the tier's API on the start date."),
)  # fmt: skip

PARAMETERS = _TIME + _PEOPLE + _FEATURES + _LABS
