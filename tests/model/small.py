"""Small scenarios for closed forms: one pool of people in contact through one platform."""

from typing import Any

from sim.record.plan import Plan
from sim.scenario import Scenario, load

#: Everything that is not the textbook mechanism, switched off.
PLAIN = {
    "churn_trial": 0,
    "churn_casual": 0,
    "churn_habitual": 0,
    "progress_trial": 0,
    "progress_casual": 0,
    "decay_habitual": 0,
    "opt_out": 0,
    "mu": 0,
    "omega": 0,
    "rho0": 0,
    "rho1": 0,
    "chi": 0,
    "kappa": 0,
    "activity_trial": 1,
    "activity_casual": 1,
    "activity_habitual": 1,
    "activity_secondary": 1,
}


def pool(
    features: dict[str, dict[str, Any]],
    *,
    visibility: str,
    people: str = "1 M",
    duration: str = "20 years",
    tick: str = "1 d",
    engine: str = "expected",
    seed: int = 1,
    parameters: dict[str, Any] | None = None,
    **more: Any,
) -> Scenario:
    """A scenario with one segment, one platform everybody is on, and the given features of one
    lab."""
    common = {"lab": "maker", "tier": "product", "acceptance": 1}
    document = {
        "name": "pool",
        "start": "2000-01-01",
        "duration": duration,
        "tick": tick,
        "seed": seed,
        "engine": engine,
        "segments": {"everybody": {"people": people}},
        "platforms": {
            "contacts": {"kind": "social", "users": people, "visibility": visibility, "visits": 1}
        },
        "labs": {
            "maker": {"quality": "0 frontier-months", "models": {"product": {"level": "hosted"}}}
        },
        "features": {name: common | feature for name, feature in features.items()},
        "parameters": PLAIN | (parameters or {}),
        **more,
    }
    return load(document)


def reading(*metrics: str, every: float = 1.0) -> Plan:
    """Only these consumer metrics of everybody, and nothing of the market: what a closed form gives
    is one series, and noting all others takes longer than the run."""
    return Plan(
        every=every,
        metrics=metrics,
        platforms=("all",),
        segments=("all",),
        market=(),
        tables=(),
    )


def series(outcome: Any, metric: str, feature: str = "all", **where: str) -> Any:
    """(day, value) of one series of the adoption table, as numpy arrays."""
    frame = outcome.tables["adoption"].to_pandas()
    chosen = (
        (frame.metric == metric)
        & (frame.feature == feature)
        & (frame.platform == where.get("platform", "all"))
        & (frame.segment == where.get("segment", "all"))
    )
    part = frame[chosen].sort_values("day")
    return part.day.to_numpy(float), part.value.to_numpy()
