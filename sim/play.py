"""`sim.run`: a scenario in, a finished run out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from os import PathLike
from typing import Any

from sim.running.simulation import simulate
from sim.runs import Run
from sim.scenario import Scenario, load


def run(
    scenario: str | PathLike[str] | Mapping[str, Any] | Scenario,
    *,
    seed: int | None = None,
    engine: str | None = None,
    people: float | str | None = None,
    until: date | str | None = None,
    set: Sequence[str] | Mapping[str, Any] = (),
    with_: Sequence[str] = (),
) -> Run:
    """Run a scenario: the name of a shipped one, a file, a mapping, or one that is loaded already.

    The settings are those of `sim.load` and override the file's. Raises `sim.ScenarioError` with
    every problem of the scenario.
    """
    started = datetime.now(UTC)
    settings = {
        "seed": seed,
        "engine": engine,
        "people": people,
        "until": until,
        "set": set,
        "with_": with_,
    }
    if isinstance(scenario, Scenario):
        given = [name for name, value in settings.items() if value not in (None, ())]
        if given:
            raise TypeError(
                f"{', '.join(given)}: settings belong to `sim.load` when a Scenario is passed"
            )
        loaded = scenario
    else:
        loaded = load(scenario, **settings)  # type: ignore[arg-type]
    return Run.of(simulate(loaded), started=started)
