"""The scale ladder: one scenario with more and more people simulated, against its expected course.

The engines have one law, so with more people the course of a sample settles on that of everybody,
and what is left shrinks as 1 / sqrt(people). Where people have ties the limit is another one, and
the distance that stays is what the network does.
"""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.record.rungs import Ladder, Rung
from sim.running.simulation import Outcome, simulate
from sim.scenario import Scenario, ScenarioError, load

F64 = NDArray[np.float64]

#: Sizes that are run unless others are asked for.
SIZES = (1e4, 1e5, 1e6)
Progress = Callable[[str], None]


def ladder(
    scenario: str | PathLike[str] | Scenario,
    *,
    sizes: Sequence[float] = SIZES,
    engine: str = "agents",
    progress: Progress | None = None,
    **settings: Any,
) -> Ladder:
    """Run a scenario with each of `sizes` people by `engine`, and everybody by `cohorts` and
    `expected`.

    `settings` are those of `sim.load`. A size that does not fit into memory becomes a row with its
    reason. Raises ScenarioError for a bad scenario, ValueError for sizes below 1 or none.
    """
    if not sizes or min(sizes) < 1:
        raise ValueError("sizes must be at least one number of people, each 1 or more")
    told = progress or (lambda text: None)
    loaded = load(scenario, **settings)
    told("everybody, expected")
    exact = simulate(load(loaded, engine="expected", people="all"))
    aim = _monthly_users(exact)
    everybody = exact.people
    rungs = []
    for size in sorted(dict.fromkeys(sizes)):
        if size > everybody:
            continue
        told(f"{size:,.0f} people, {engine}")
        rungs.append(_rung(loaded, engine, size, aim, everybody))
    told("everybody, cohorts")
    rungs.append(_rung(loaded, "cohorts", None, aim, everybody))
    rungs.append(_measured(exact, "expected", aim, everybody))
    return Ladder(loaded, tuple(rungs))


def _rung(scenario: Scenario, engine: str, size: float | None, aim: F64, everybody: int) -> Rung:
    people = "all" if size is None else float(round(size))
    try:
        outcome = simulate(load(scenario, engine=engine, people=people))
    except ScenarioError as error:
        number = everybody if size is None else round(size)
        nothing = float("nan")
        return Rung(engine, number, nothing, nothing, nothing, nothing, str(error))
    return _measured(outcome, engine, aim, everybody)


def _measured(outcome: Outcome, engine: str, aim: F64, everybody: int) -> Rung:
    users = _monthly_users(outcome)
    seen = aim > 0.0
    error = np.sqrt(np.mean((users[seen] / aim[seen] - 1.0) ** 2)) if seen.any() else 0.0
    share = np.clip(aim[seen] / everybody, 1e-12, 1.0)
    chance = np.sqrt(np.mean((1.0 - share) / (outcome.people * share))) if seen.any() else 0.0
    return Rung(
        engine=engine,
        people=outcome.people,
        mau=float(users[-1, -1]) if users.size else 0.0,
        error=float(error),
        chance=0.0 if engine == "expected" else float(chance),
        seconds=outcome.engine_s,
    )


def _monthly_users(outcome: Outcome) -> F64:
    """MAU (days, features and all of them together) every 30 days and on the last day, from the
    first month on: the start is given, not simulated."""
    frame = outcome.tables["adoption"].to_pandas()
    whole = frame[(frame.metric == "mau") & (frame.platform == "all") & (frame.segment == "all")]
    wide = whole.pivot(index="day", columns="feature", values="value")
    wide = wide[[*(name for name in wide.columns if name != "all"), "all"]]
    days = wide.index.to_numpy(float)
    chosen = ((days % 30 == 0) & (days > 0)) | (days == days.max())
    users: F64 = wide.to_numpy(float)[chosen]
    return users
